"""What a spec consists of besides its own file."""

from __future__ import annotations

import re
from pathlib import Path

YAML_SUFFIXES = frozenset({".yaml", ".yml"})
# A spec has a name; its parts need none, and other YAML, such as an OpenAPI document, is no part.
# Told without parsing, since every run looks.
_NAME = re.compile(rb"^name[ \t]*:", re.MULTILINE)
_PART = re.compile(rb"^(?:convexgen|enums|objects|entities|functions|extend)[ \t]*:", re.MULTILINE)


def read_part(root: Path, name: str) -> bytes:
    """The bytes of a file that a spec names, relative to the root.

    Of a folder, whose name ends in a slash, the names of the YAML files in it, one on each line, in
    their order. Raises OSError.
    """
    path = root / name
    if not name.endswith("/"):
        return path.read_bytes()
    return "".join(f"{one.name}\n" for one in yaml_files(path)).encode()


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, not of those below it, in the order of their names."""
    return sorted(
        path for path in folder.iterdir() if path.suffix in YAML_SUFFIXES and path.is_file()
    )


def has_name(content: bytes) -> bool:
    """Whether a YAML file says its name, as specs do."""
    return _NAME.search(content) is not None


def is_part(content: bytes) -> bool:
    """Whether a YAML file has what a spec or a part of one has."""
    return _PART.search(content) is not None
