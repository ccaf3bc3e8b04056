"""The resolved model: frozen values, in which every name points at something that exists."""
