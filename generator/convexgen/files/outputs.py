"""What is at the places of generated files.

The spec and the manifest name these places, and a checkout has its links: both may be anybody's.
"""

from __future__ import annotations

import os
from pathlib import Path

from convexgen.files.reading import read_file, resolved


class NoPlainFile(Exception):
    """A link, a folder or another thing is at the place of a file: nothing that the tool wrote."""


class Outputs:
    """Reads what is at paths of a project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._here = resolved(root)
        self._inside: dict[Path, bool] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none. Raises NoPlainFile and OSError."""
        place = self._root / path
        if place.is_symlink():
            raise NoPlainFile(path)
        try:
            return read_file(place)
        except FileNotFoundError:
            return None
        except OSError:
            if place.exists() and not place.is_file():
                raise NoPlainFile(path) from None
            raise

    def is_inside(self, path: str) -> bool:
        """Whether a file is in the project, also where a folder on its path is a link."""
        folder = (self._root / path).parent
        if folder not in self._inside:
            self._inside[folder] = resolved(folder).is_relative_to(self._here)
        return self._inside[folder]

    def is_own_file(self, path: str) -> bool:
        """Whether there is a file, in the project, which perhaps cannot be read."""
        # Unlike `Path.is_file`, it raises nothing for names that no file can have.
        return self.is_inside(path) and os.path.isfile(self._root / path)  # noqa: PTH113
