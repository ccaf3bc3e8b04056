"""Places in a text."""

from __future__ import annotations

from typing import NamedTuple


# A spec has several for each of its words: a tuple is made in a quarter of the time that a frozen
# dataclass takes.
class Position(NamedTuple):
    """A place in a text. Lines and columns count from 1, columns in characters."""

    line: int
    column: int


class Span(NamedTuple):
    """A stretch of the text of a file, from its first character to just after its last."""

    start: Position
    end: Position
    file: str
    """What messages call the file."""


def start_of(file: str) -> Span:
    """The beginning of a file."""
    return Span(Position(1, 1), Position(1, 1), file)
