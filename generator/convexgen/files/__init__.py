"""Rendered text and the disk: what differs, and how it is written."""
