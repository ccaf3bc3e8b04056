"""A project and its spec, as a command is told of them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from convexgen.cli.roots import (
    SPEC_FOLDER,
    from_here,
    name_in,
    root_above,
    root_of_spec,
    roots_below,
)
from convexgen.files.convex_json import DEFAULT_FUNCTIONS
from convexgen.files.folders import root_of_functions
from convexgen.files.inputs import Inputs, read_input
from convexgen.files.ownership import recorded_specs
from convexgen.files.parts import has_name, is_part, yaml_files
from convexgen.files.reading import resolved
from convexgen.packs import PACK, read_pack

_START = "`convexgen init` starts a project"


class CannotRun(click.ClickException):
    """A command lacks what it needs; ends it with exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class FoundSpec:
    """A spec in its project, and the files beside it that are parts of it."""

    root: Path
    """The folder of the project."""
    path: Path
    parts: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    """Where files may lie that the spec names, besides the project."""

    @property
    def name(self) -> str:
        """Its path in the project."""
        return name_in(self.root, self.path)

    @property
    def beside(self) -> tuple[str, ...]:
        """The paths of the parts in the project."""
        return tuple(name_in(self.root, part) for part in self.parts)

    def __post_init__(self) -> None:
        """Raises CannotRun for names that cannot stand in messages and in what is generated."""
        for path in (self.path, *self.parts):
            if not path.name.isprintable() or not self.name.isprintable():
                raise CannotRun(f"{path.as_posix()!a} is no name of a spec: give it another.")

    @property
    def inputs(self) -> Inputs:
        """What the spec may read."""
        return Inputs(self.root, self.folders)

    def read_included(self, name: str) -> bytes:
        """The bytes of a file that the spec names, or of a pack, or a listing. Raises OSError."""
        return read_pack(name) if name.startswith(PACK) else self.inputs.read(name)


def spec_name(name: str | None, root: Path) -> str:
    """What a spec is called: as is said, else as the folder of its project."""
    parts = unicodedata.normalize("NFKD", name or root.resolve().name)
    # Of a letter with an accent, the letter.
    letters = "".join(part for part in parts if not unicodedata.combining(part))
    words = re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_").lower()
    return words if words[:1].isalpha() else f"app_{words}".rstrip("_")


def find_spec(
    argument: Path | None, project: Path | None = None, folders: Sequence[Path] = ()
) -> FoundSpec:
    """The spec that was asked for: a file, or a folder with one file that has a name.

    By default, it is that of the project, or of the one that the current folder is in. It may read
    what is in the `folders`, too.

    Raises CannotRun if there is no such file, or no single one.
    """
    if argument is not None:
        path, parts = _named(argument, project)
        own = (path.parent, resolved(path).parent)
        return FoundSpec(project or root_of_spec(path), path, parts, (*own, *folders))
    if project is not None:
        return _of_project(project, folders)
    here = Path.cwd()
    root = None if _has_files(here / SPEC_FOLDER) else root_above(here)
    if root is not None:
        return _of_project(from_here(root), folders)
    below = [] if _has_files(here / SPEC_FOLDER) else roots_below(here)
    if below:
        listed = ", ".join(shown(folder) for folder in below)
        raise CannotRun(
            f"No project is here or above, and below are: {listed}. "
            f"Say which one, such as: --project {shown(below[0])}"
        )
    return _of_project(Path(), folders)


def find_specs(
    argument: Path | None, project: Path | None = None, folders: Sequence[Path] = ()
) -> list[FoundSpec]:
    """The spec that was asked for; of a folder above projects, by default, those of all of them.

    Raises CannotRun as `find_spec` does.
    """
    here = Path.cwd()
    if argument is None and project is None and not _has_files(here / SPEC_FOLDER):
        below = [] if root_above(here) else roots_below(here)
        if below:
            return [_of_project(from_here(folder), folders) for folder in below]
    return [find_spec(argument, project, folders)]


def specs_of(root: Path, folders: Sequence[Path] = ()) -> list[FoundSpec]:
    """Those of a project, which may be none.

    Raises CannotRun if there are several in its folder, and none was generated yet.
    """
    folder = root / SPEC_FOLDER
    recorded = recorded_specs(root, folders)
    if len(recorded) > 1:
        return [find_spec(root / name, root, folders) for name in recorded]
    return [_of_project(root, folders)] if recorded or _has_files(folder) else []


def find_functions(project: Path | None, functions: str | None) -> Path:
    """The project with a folder of functions: the one named, or the one of the current folder.

    Without a name, the folder is the one that `convex.json` names. Raises CannotRun if there is
    none.
    """
    if project is not None:
        return project
    root = root_of_functions(Path.cwd(), functions)
    if root is None:
        raise CannotRun(
            f"There is no folder {functions or DEFAULT_FUNCTIONS}/ here or above. Name the project "
            f"with --project; {_START}."
        )
    return from_here(root)


def read_spec(path: Path) -> bytes:
    """The bytes of a spec. Raises CannotRun if the file cannot be read."""
    try:
        return read_input(path)
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error


def unreadable(error: OSError) -> CannotRun:
    """What ends a command where some file cannot be read, such as one that has gone meanwhile."""
    if error.filename is None:
        return CannotRun(str(error))
    return CannotRun(f"{shown(Path(error.filename))} cannot be read: {error.strerror}")


def unwritable(error: OSError) -> CannotRun:
    """What ends a command where some file cannot be written."""
    if error.filename is None:
        return CannotRun(f"A file cannot be written: {error.strerror or error}")
    return CannotRun(f"{shown(Path(error.filename))} cannot be written: {error.strerror}")


def unusable(error: OSError) -> CannotRun:
    """What ends a command where something of the disk fails that it has no words of its own for."""
    if error.filename is None:
        return CannotRun(f"A file cannot be read or written: {error.strerror or error}")
    path = shown(Path(os.fsdecode(error.filename)))
    return CannotRun(f"{path} cannot be read or written: {error.strerror}")


def shown(path: Path) -> str:
    """The path as messages show it: relative if it is in the current directory, with slashes."""
    here = Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return (path.relative_to(here) if inside else path).as_posix()


def _named(argument: Path, project: Path | None) -> tuple[Path, tuple[Path, ...]]:
    """The file that was named, or that of a folder with its parts."""
    try:
        argument.stat()
    except FileNotFoundError as error:
        meant = project / argument if project is not None else None
        advice = f" Do you mean {shown(meant)}?" if meant is not None and meant.exists() else ""
        raise CannotRun(f"There is no file {shown(argument)}.{advice}") from error
    except OSError as error:
        raise CannotRun(f"{shown(argument)} cannot be read: {error.strerror}") from error
    if not argument.is_dir():
        return argument, ()
    found = _in_folder(argument)
    if found is None:
        raise CannotRun(
            f"No spec was named, and there is no YAML file in {shown(argument)}/. "
            f"Name the file, or put one YAML file into {shown(argument)}/."
        )
    return found


def _of_project(root: Path, folders: Sequence[Path]) -> FoundSpec:
    folder = root / SPEC_FOLDER
    found = _in_folder(folder) if folder.is_dir() else None
    if found is not None:
        spec = FoundSpec(root, *found, (folder, *folders))
        if not spec.inputs.has(spec.path):
            raise CannotRun(
                f"{shown(spec.path)} is a link that leads out of the project. Name the spec, or "
                "its folder with --inputs-from."
            )
        return spec
    recorded = recorded_specs(root, folders)
    if len(recorded) == 1:
        path = root / recorded[0]
        spec = FoundSpec(root, path, folders=(*folders,))
        if not spec.inputs.has(path):
            # The manifest may be anybody's, and what is no spec is not to be shown.
            if not has_name(content := read_spec(path)) or not is_part(content):
                raise CannotRun(
                    f"The spec is not in the project, which a manifest names {shown(path)}, and "
                    "that looks like none. Name the spec."
                )
            spec = FoundSpec(root, path, folders=(path.parent, resolved(path).parent, *folders))
        return spec
    if recorded:
        raise CannotRun(
            f"There are {len(recorded)} specs: {', '.join(recorded)}. "
            f"Say which one, such as: {shown(root / recorded[0])}"
        )
    where = f"{shown(folder)}/"
    lacking = f"no YAML file in {where}" if folder.is_dir() else f"no folder {where}"
    raise CannotRun(
        f"No spec was named, and there is {lacking} here or above. "
        f"Name the file, or put one YAML file into {where}; {_START}."
    )


def _in_folder(folder: Path) -> tuple[Path, tuple[Path, ...]] | None:
    """The spec in a folder, with its parts; None if there is no YAML."""
    found = yaml_files(folder)
    parts: list[Path] = []
    if len(found) > 1:
        texts = {path: read_spec(path) for path in found}
        parts = [path for path in found if is_part(texts[path])]
        found = [path for path in found if has_name(texts[path])] or parts or found
    if not found:
        return None
    if len(found) == 1:
        return found[0], tuple(path for path in parts if path != found[0])
    where = f"{shown(folder)}/"
    names = ", ".join(path.name for path in found)
    raise CannotRun(
        f"There are {len(found)} specs in {where}: {names}. "
        f"Say which one, such as: {where}{found[0].name}"
    )


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and bool(yaml_files(folder))
