"""The text of a spec as a tree of nodes, each with its place."""
