"""The folders above one, and which of them is that of the functions."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS

REPOSITORY = ".git"


def upward(start: Path) -> Iterator[Path]:
    """The folder and those that it is in, up to that of the repository.

    It ends before those of others, as git does, and before those in which everybody may put things,
    such as `/tmp`.
    """
    for folder in (start, *start.parents):
        if folder != start and not is_of_same(folder, start):
            return
        yield folder
        if (folder / REPOSITORY).exists():
            return


def is_of_same(path: Path, start: Path) -> bool:
    """Whether what is at a path is of who a folder is of, or of who runs this, and of nobody else.

    A folder in which everybody may put things is everybody's, unless the one to start from is such
    a folder, too: on a file system that has no modes, as those of Windows in WSL, all are.
    """
    if sys.platform == "win32":
        return True
    try:
        status = path.stat()
        own = start.stat()
    except OSError:
        return False
    is_sticky = bool(status.st_mode & stat.S_ISVTX)
    is_open = bool(status.st_mode & stat.S_IWOTH)
    is_everybodys = is_open and (is_sticky or not own.st_mode & stat.S_IWOTH)
    return status.st_uid in {own.st_uid, os.geteuid()} and not is_everybodys


def root_of_functions(start: Path, functions: str | None) -> Path | None:
    """The nearest folder that has the folder of functions, from a folder upwards."""
    return next((folder for folder in upward(start) if has_functions(folder, functions)), None)


def has_functions(folder: Path, functions: str | None) -> bool:
    """Whether the folder of functions is in it.

    Without a name, what `convex.json` lies in is one too, so that what is wrong with it is said.
    """
    is_there = (folder / (functions or DEFAULT_FUNCTIONS)).is_dir()
    return is_there or (functions is None and (folder / CONVEX_JSON).exists())
