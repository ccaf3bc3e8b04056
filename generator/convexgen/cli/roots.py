"""Which folder is a project: the one of a spec, the one that somebody is in, those below."""

from __future__ import annotations

import os
from pathlib import Path

from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS
from convexgen.files.folders import REPOSITORY, upward
from convexgen.files.manifest import MANIFESTS
from convexgen.files.ownership import recorded_specs
from convexgen.files.parts import has_name, yaml_files
from convexgen.files.reading import read_file, resolved

SPEC_FOLDER = "schema"
# What the folder of a project has that no spec was generated in yet.
_MARKS = (DEFAULT_FUNCTIONS, CONVEX_JSON, "package.json", "pyproject.toml")
_DEPTH = 6
_OF_PACKAGES = frozenset({"node_modules", "__pycache__"})


def root_of_spec(spec: Path) -> Path:
    """The project of a spec.

    That is the nearest folder above it with a manifest that names it; else the nearest that has it
    in its `schema/`, or that looks like a project; else the current one, if it is in there.
    """
    ways = [_absolute(spec), resolved(spec)]
    named = [way.parent for way in ways]
    for way in ways:
        for folder in upward(way.parent):
            is_project = (folder / MANIFESTS).is_dir()
            if is_project and name_in(folder, spec) in recorded_specs(folder, named):
                return _as_named(folder, spec)
    for way in ways:
        for folder in upward(way.parent):
            if way.is_relative_to(folder / SPEC_FOLDER) or _looks_like_project(folder):
                return _as_named(folder, spec)
    here = Path.cwd()
    return Path() if ways[0].is_relative_to(here) else _as_named(ways[0].parent, spec)


def root_above(start: Path) -> Path | None:
    """The nearest folder that has specs, from a folder upwards as git looks for a repository."""
    for folder in upward(start):
        if has_specs(folder):
            return folder
    return None


def roots_below(start: Path) -> list[Path]:
    """The folders below one that have specs, not looking into installed packages.

    Below the top, the folder of a user, and those that this is in, there are other people's, and
    none is looked for.
    """
    if start in {Path(start.anchor), Path.home(), *Path.home().parents}:
        return []
    found: list[Path] = []
    for path, folders, files in os.walk(start):
        folder = Path(path)
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        if folder != start and has_specs(folder):
            found.append(folder)
        is_deep = len(folder.relative_to(start).parts) >= _DEPTH
        folders[:] = (
            []
            if is_deep
            else sorted(
                name for name in folders if name not in _OF_PACKAGES and not name.startswith(".")
            )
        )
    return found


def has_specs(folder: Path) -> bool:
    """Whether specs of a project lie in the folder, or were generated in it."""
    try:
        if recorded_specs(folder):
            return True
        schema = folder / SPEC_FOLDER
        return schema.is_dir() and any(has_name(read_file(path)) for path in yaml_files(schema))
    except OSError:
        return False


def name_in(root: Path, path: Path) -> str:
    """The path of a file in a project, with slashes, the same by whatever links it is reached."""
    folder, file = resolved(root), resolved(path)
    if not file.is_relative_to(folder):
        # A folder of the project may be a link to one elsewhere.
        named = _absolute(path)
        for parent in named.parents:
            if resolved(parent) == folder:
                return named.relative_to(parent).as_posix()
    return Path(os.path.relpath(file, folder)).as_posix()


def from_here(path: Path) -> Path:
    """The path from the current folder."""
    return Path(os.path.relpath(path))


def _absolute(path: Path) -> Path:
    """The path from the top, with all links in it as they are named."""
    return Path(os.path.normpath(Path.cwd() / path))


def _as_named(folder: Path, spec: Path) -> Path:
    return folder if spec.is_absolute() else from_here(folder)


def _looks_like_project(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in (MANIFESTS, *_MARKS, REPOSITORY))
