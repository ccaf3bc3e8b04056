"""Calling a part of a spec otherwise, wherever the spec names it."""
