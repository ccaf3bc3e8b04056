# Copied by convexgen from schema/code/summaries/__init__.py. Do not edit.
# fmt: off
# isort: skip_file

"""Summaries of reports, which come with the spec."""

from .storage import AsyncSummaries, Summaries

__all__ = ["AsyncSummaries", "Summaries"]
