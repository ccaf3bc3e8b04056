"""Conflict markers, as git writes them where a merge leaves both sides."""

from __future__ import annotations

import re
from enum import Enum, auto

from convexgen.files.line_ends import with_plain_ends

MARKER = re.compile(rb"(?:<{7}|\|{7}|>{7})(?: .*)?|={7}")
"""A whole line that is one."""

_OPENING = re.compile(rb"^<{7}(?: |$)", re.MULTILINE)
_MIDDLE = re.compile(rb"^={7}$", re.MULTILINE)
_CLOSING = re.compile(rb"^>{7}(?: |$)", re.MULTILINE)


class _Side(Enum):
    BOTH = auto()
    OURS = auto()
    BASE = auto()
    THEIRS = auto()


_SIDES = {b"<": _Side.OURS, b"|": _Side.BASE, b"=": _Side.THEIRS, b">": _Side.BOTH}


def has_markers(content: bytes) -> bool:
    """Whether a text has the markers of a conflict."""
    plain = with_plain_ends(content)
    return all(marker.search(plain) for marker in (_OPENING, _MIDDLE, _CLOSING))


def sides(content: bytes) -> tuple[bytes, bytes]:
    """The text as each of the two sides has it, with plain line ends."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    side = _Side.BOTH
    for line in with_plain_ends(content).splitlines(keepends=True):
        if MARKER.fullmatch(line.rstrip(b"\n")):
            side = _SIDES[line[:1]]
            continue
        if side in {_Side.BOTH, _Side.OURS}:
            ours.append(line)
        if side in {_Side.BOTH, _Side.THEIRS}:
            theirs.append(line)
    return b"".join(ours), b"".join(theirs)
