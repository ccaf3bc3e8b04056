"""Facts of the Convex functions."""
