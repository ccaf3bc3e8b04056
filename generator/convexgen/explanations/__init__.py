"""Why each code is there, with an example: one Markdown file a code."""
