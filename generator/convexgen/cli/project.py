"""Where a project keeps its spec."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click

from convexgen.files.parts import read_part, yaml_files
from convexgen.packs import PACK, read_pack

SPEC_FOLDER = "schema"
# A spec has a name; its parts need none, and other YAML, such as an OpenAPI document, is no part.
# Told without parsing, since every run looks.
_NAME = re.compile(rb"^name[ \t]*:", re.MULTILINE)
_PART = re.compile(rb"^(?:convexgen|enums|objects|entities|functions|extend)[ \t]*:", re.MULTILINE)


class CannotRun(click.ClickException):
    """A command lacks what it needs; ends it with exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class FoundSpec:
    """A spec, and the files beside it that are parts of it."""

    path: Path
    parts: tuple[Path, ...] = ()

    @property
    def beside(self) -> tuple[str, ...]:
        """The names of the parts, as messages show them."""
        return tuple(map(shown, self.parts))


def find_spec(argument: Path | None, root: Path) -> FoundSpec:
    """The spec that was asked for: a file, or a folder with one file that has a name.

    By default, it is the folder `schema/` under the root.

    Raises CannotRun if there is no such file, or no single one.
    """
    if argument is not None:
        _check(argument)
        if not argument.is_dir():
            return FoundSpec(argument)
    folder = root / SPEC_FOLDER if argument is None else argument
    where = f"{shown(folder)}/"
    found = yaml_files(folder) if folder.is_dir() else []
    parts: list[Path] = []
    if len(found) > 1:
        texts = {path: read_spec(path) for path in found}
        parts = [path for path in found if _PART.search(texts[path])]
        found = [path for path in found if _NAME.search(texts[path])] or parts or found
    if len(found) == 1:
        return FoundSpec(found[0], tuple(path for path in parts if path != found[0]))
    if found:
        names = ", ".join(path.name for path in found)
        raise CannotRun(
            f"There are {len(found)} specs in {where}: {names}. "
            f"Say which one, such as: {where}{found[0].name}"
        )
    lacking = f"no YAML file in {where}" if folder.is_dir() else f"no folder {where}"
    raise CannotRun(
        f"No spec was named, and there is {lacking}. "
        f"Name the file, or put one YAML file into {where}."
    )


def read_spec(path: Path) -> bytes:
    """The bytes of a spec. Raises CannotRun if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error


def read_included(name: str) -> bytes:
    """The bytes of a file that a spec includes, or of a pack, or a listing. Raises OSError."""
    return read_pack(name) if name.startswith(PACK) else read_part(Path(), name)


def shown(path: Path) -> str:
    """The path as messages show it: relative if it is in the current directory, with slashes."""
    here = Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return (path.relative_to(here) if inside else path).as_posix()


def _check(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError as error:
        raise CannotRun(f"There is no file {shown(path)}.") from error
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error
