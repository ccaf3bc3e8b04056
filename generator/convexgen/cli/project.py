"""Where a project keeps its spec."""

from __future__ import annotations

import stat
from pathlib import Path

import click

SPEC_FOLDER = "schema"
_SUFFIXES = frozenset({".yaml", ".yml"})


class CannotRun(click.ClickException):
    """A command lacks what it needs; ends it with exit code 2."""

    exit_code = 2


def find_spec(argument: Path | None, root: Path) -> Path:
    """The spec that was asked for, or the only YAML file in `schema/` under the root.

    Raises CannotRun if there is no such file, or no single one.
    """
    if argument is not None:
        return _check(argument)
    folder = root / SPEC_FOLDER
    found = (
        sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
        if folder.is_dir()
        else []
    )
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise CannotRun(
            f"There are {len(found)} specs in {SPEC_FOLDER}/: {names}. "
            f"Say which one, such as: {SPEC_FOLDER}/{found[0].name}"
        )
    lacking = f"no YAML file in {SPEC_FOLDER}/" if folder.is_dir() else f"no folder {SPEC_FOLDER}/"
    raise CannotRun(
        f"No spec was named, and there is {lacking}. "
        f"Name the file, or put one YAML file into {SPEC_FOLDER}/."
    )


def read_spec(path: Path) -> bytes:
    """The bytes of a spec. Raises CannotRun if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error


def shown(path: Path) -> str:
    """The path as messages show it: relative if it is in the current directory, with slashes."""
    here = Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return (path.relative_to(here) if inside else path).as_posix()


def _check(path: Path) -> Path:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise CannotRun(f"There is no file {shown(path)}.") from error
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise CannotRun(f"{shown(path)} is a folder. Name the YAML file in it.")
    return path
