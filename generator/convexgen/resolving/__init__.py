"""The spec resolved to the model: every name found, every query given its index."""
