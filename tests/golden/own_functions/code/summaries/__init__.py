"""Summaries of reports, which come with the spec."""

from .storage import AsyncSummaries, Summaries

__all__ = ["AsyncSummaries", "Summaries"]
