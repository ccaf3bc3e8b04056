"""What a spec may read: files of its project, of its own folder, and of folders that are named.

A spec may be anybody's, as in a pull request, and messages show lines of what it reads.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from convexgen.files.parts import YAML_SUFFIXES, yaml_files
from convexgen.files.reading import read_file, resolved

MOST_BYTES = 16 * 2**20
MOST_BYTES_OF_YAML = 4 * 2**20
"""Its nodes, each with its place, take a hundred times as much memory as their text."""


class Inputs:
    """Reads the files that a spec names."""

    def __init__(self, root: Path, folders: Iterable[Path] = ()) -> None:
        self._root = root
        self._folders = tuple(resolved(folder) for folder in (root, *folders))

    def read(self, name: str) -> bytes:
        """The bytes of a file that a spec names, relative to the root of the project.

        Of a folder, whose name ends in a slash, the names of the YAML files in it, one on each
        line, in their order. Raises OSError, also for what is in none of the folders, whether or
        not it is there.
        """
        path = self._root / name
        try:
            place = self._place(name)
            if name.endswith("/"):
                return _listing(place)
        except ValueError as error:
            raise OSError(errno.EINVAL, "no file has such a name", name) from error
        # Opened by its name, it would tell whether folders are there that a `..` leads back from.
        try:
            return read_file(place, _most(path))
        except OSError as error:
            error.filename = str(path)
            raise

    def may_read(self, name: str) -> bool:
        """Whether a name is that of a place where a spec may read, and something may be or not."""
        try:
            self._place(name)
        except (OSError, ValueError):
            return False
        return True

    def has(self, path: Path) -> bool:
        """Whether a file is in one of the folders, wherever links on its path lead."""
        place = resolved(path)
        return any(place.is_relative_to(folder) for folder in self._folders)

    def _place(self, name: str) -> Path:
        """Where a file is that a spec names. Raises OSError for what it may not read."""
        path = self._root / name
        place = resolved(Path(os.path.normpath(resolved(self._root) / name)))
        within = [place.relative_to(one) for one in self._folders if place.is_relative_to(one)]
        if not within:
            reason = "it is not in the project, nor in a folder that --inputs-from names"
            raise PermissionError(errno.EACCES, reason, str(path))
        # Names that start with a dot are of tools, and what they keep there may be secret.
        if all(any(part.startswith(".") for part in one.parts) for one in within):
            reason = "its name, or that of its folder, starts with a dot"
            raise PermissionError(errno.EACCES, reason, str(path))
        return place


def read_input(path: Path) -> bytes:
    """The bytes of a spec, or of a part of one. Raises OSError, also for what is too large."""
    return read_file(path, _most(path))


def _most(path: Path) -> int:
    return MOST_BYTES_OF_YAML if path.suffix in YAML_SUFFIXES else MOST_BYTES


def _listing(folder: Path) -> bytes:
    found = [path.name for path in yaml_files(folder)]
    for name in found:
        if len(name.splitlines()) != 1:
            raise OSError(errno.EINVAL, f"the name {name!a} in it has lines", str(folder))
    return "".join(f"{name}\n" for name in found).encode()
