"""Typed Convex backends and clients from one declarative YAML file."""
