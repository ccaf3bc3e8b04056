"""A spec of a Convex project that is there: what its schema exports, said in the language."""
