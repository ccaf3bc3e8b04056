"""Places in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text. Lines and columns count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of the text of a file, from its first character to just after its last."""

    start: Position
    end: Position
    file: str
    """What messages call the file."""


def start_of(file: str) -> Span:
    """The beginning of a file."""
    return Span(Position(1, 1), Position(1, 1), file)
