"""Conflicts, as git writes them where a merge leaves both sides, and what resolves them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.files.line_ends import with_plain_ends

_SIZE = 7
"""The length of a marker, unless git is told otherwise."""
_LABEL = re.compile(rb"^([<|>]{7}) .*", re.MULTILINE)

_Lines: TypeAlias = Sequence[bytes]


class _NoConflict(Exception):
    """Markers that are not those of a conflict."""


@dataclass(frozen=True, slots=True)
class _Conflict:
    """The lines of each side, and those that both come from, where the markers tell."""

    ours: _Lines
    base: _Lines | None
    theirs: _Lines

    @property
    def marked(self) -> _Lines:
        """The conflict with its markers, without their labels."""
        base = [] if self.base is None else [b"|" * _SIZE, *self.base]
        rest = [b"=" * _SIZE, *self.theirs, b">" * _SIZE]
        return [b"<" * _SIZE, *self.ours, *base, *rest]

    @property
    def resolutions(self) -> Iterator[_Lines]:
        """The conflict as it stands, and what editors resolve it to: a side, or both."""
        yield self.marked
        yield self.ours
        yield self.theirs
        yield [*self.ours, *self.theirs]
        yield [*self.theirs, *self.ours]


_Part: TypeAlias = bytes | _Conflict
"""A line, or a conflict."""


def has_markers(content: bytes) -> bool:
    """Whether a text has a conflict."""
    return any(isinstance(part, _Conflict) for part in _parts(content, _SIZE) or ())


def sides(content: bytes) -> tuple[bytes, bytes]:
    """The text as each of the two sides has it, with plain line ends."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    for part in _parts(content, _SIZE) or ():
        ours += part.ours if isinstance(part, _Conflict) else [part]
        theirs += part.theirs if isinstance(part, _Conflict) else [part]
    return b"\n".join(ours), b"\n".join(theirs)


def is_resolution(content: bytes, merged: bytes, size: int = _SIZE) -> bool:
    """Whether a text is what a merge gave, with each of its conflicts resolved or as it was.

    The markers in what was merged are of that `size`.
    """
    parts = _parts(merged, size)
    if parts is None:
        return False
    lines = _without_labels(content)
    # All places up to which the parts so far may have come.
    places = {0}
    for part in parts:
        options = list(part.resolutions) if isinstance(part, _Conflict) else [[part]]
        places = {
            place + len(option)
            for place in places
            for option in options
            if lines[place : place + len(option)] == list(option)
        }
    return len(lines) in places


def _without_labels(content: bytes) -> list[bytes]:
    return _LABEL.sub(rb"\1", with_plain_ends(content)).split(b"\n")


def _parts(content: bytes, size: int) -> list[_Part] | None:
    """The lines and conflicts of a text; None where a conflict is not whole."""
    lines = iter(_without_labels(content))
    try:
        return list(_read_parts(lines, size))
    except _NoConflict:
        return None


def _read_parts(lines: Iterator[bytes], size: int) -> Iterator[_Part]:
    for line in lines:
        if _is_marker(line, b"<", size):
            yield _read_conflict(lines, size)
        else:
            yield line


def _read_conflict(lines: Iterator[bytes], size: int) -> _Conflict:
    ours, marker = _read_until(lines, b"|=", size)
    base: _Lines | None = None
    if marker == b"|":
        base, _ = _read_until(lines, b"=", size)
    theirs, _ = _read_until(lines, b">", size)
    return _Conflict(ours, base, theirs)


def _read_until(lines: Iterator[bytes], markers: bytes, size: int) -> tuple[_Lines, bytes]:
    found: list[bytes] = []
    for line in lines:
        if _is_marker(line, markers, size):
            return found, line[:1]
        found.append(line)
    raise _NoConflict


def _is_marker(line: bytes, markers: bytes, size: int) -> bool:
    """Whether a line is one of some markers, with or without a label."""
    first = line[:1]
    if not first or first not in markers or not line.startswith(first * size):
        return False
    return line[size : size + 1] in {b"", b" "}
