"""The formatters that lay out what is generated: oxfmt for TypeScript, ruff for Python."""
