"""Many files in few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

MOST_SHOWN: Final = 20
"""How many files a command names one by one, unless it is told to be verbose."""


def files(count: int) -> str:
    """How many files: `1 file`, `2 files`."""
    return "1 file" if count == 1 else f"{count} files"


def counted(paths: Sequence[str]) -> str:
    """How many files are in which folder: `5 files: convex/ 3, generated/python/crm_convex/ 2`."""
    folders = _folders([path.split("/") for path in sorted(paths)], 0)
    return f"{files(len(paths))}: {', '.join(folders)}"


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
