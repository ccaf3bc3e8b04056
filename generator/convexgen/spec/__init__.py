"""The surface of the spec language: what may be written where."""
