"""Many files in few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

MOST_SHOWN: Final = 20
"""How many files a command names one by one, unless it is told to be verbose."""


def counted(paths: Sequence[str]) -> str:
    """How many files are in which folder: `5 files: convex/ 3, generated/python/crm_convex/ 2`."""
    files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    return f"{files}: {', '.join(_folders([path.split('/') for path in sorted(paths)], 0))}"


def _folders(paths: Sequence[Sequence[str]], depth: int) -> Iterator[str]:
    """The outermost folders that have files of these in them, not only further folders."""
    for name, group in groupby(paths, lambda path: path[depth]):
        inside = list(group)
        if len(inside[0]) == depth + 1:
            yield name
        elif any(len(path) == depth + 2 for path in inside):
            yield f"{'/'.join(inside[0][: depth + 1])}/ {len(inside)}"
        else:
            yield from _folders(inside, depth + 1)
