# Copied by convexgen from schema/mastra/python/pages.py. Do not edit.
# fmt: off
# isort: skip_file

"""The numbers of Mastra's pages."""

from __future__ import annotations

from typing import Literal

from .._runtime import MISSING

_MAX_NUMBER = 2**53
"""The largest number that functions take: to Mastra, a larger one is as much too large."""


def page_number(given: int | MISSING) -> int | MISSING:
    """A number that the functions take, and refuse where it is out of range, as what is none."""
    return max(-1, min(given, _MAX_NUMBER)) if type(given) is int else given


def per_page_number(given: int | Literal[False] | MISSING) -> int | Literal[False] | MISSING:
    """The same, where false is all."""
    return given if given is False else page_number(given)
