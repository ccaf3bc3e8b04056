"""The view of a module that is the same in every project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LibraryView:
    """What such a module prints of its own."""

    generated: str = ""
    """The way to `_generated/`, as it stands in an import."""
    large: bool = False
    """Whether there are values that may be larger than a document."""
