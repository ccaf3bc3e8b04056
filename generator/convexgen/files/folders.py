"""The folders above one, and which of them is that of the functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS

REPOSITORY = ".git"


def upward(start: Path) -> Iterator[Path]:
    """The folder and those that it is in, up to that of the repository."""
    for folder in (start, *start.parents):
        yield folder
        if (folder / REPOSITORY).exists():
            return


def root_of_functions(start: Path, functions: str | None) -> Path | None:
    """The nearest folder that has the folder of functions, from a folder upwards."""
    return next((folder for folder in upward(start) if has_functions(folder, functions)), None)


def has_functions(folder: Path, functions: str | None) -> bool:
    """Whether the folder of functions is in it.

    Without a name, what `convex.json` lies in is one too, so that what is wrong with it is said.
    """
    is_there = (folder / (functions or DEFAULT_FUNCTIONS)).is_dir()
    return is_there or (functions is None and (folder / CONVEX_JSON).exists())
