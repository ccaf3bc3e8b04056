"""What the templates print: every name, import and line break is decided here."""
