"""How a spec changes from one version to the next, and who breaks by that."""
