"""Importing JSON Schemas and OpenAPI documents."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.generation import Refused
from convexgen.cli.imported_spec import (
    Files,
    Place,
    counted,
    fresh_spec,
    loaded_system,
    write_spec,
)
from convexgen.cli.project import CannotRun, shown, spec_name
from convexgen.cli.roots import SPEC_FOLDER
from convexgen.files.convex_json import DEFAULT_FUNCTIONS
from convexgen.files.inputs import Inputs


def import_schemas(files: Sequence[Path], name: str | None) -> None:
    """Write a spec of what files of JSON Schemas and OpenAPI documents define."""
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted, Target
    from convexgen.importing.schema_files import DraftedSchemas, draft_schemas
    from convexgen.json_schemas.files import SchemaError

    root = Path()
    place = Place(root, configured_folder(root) or DEFAULT_FUNCTIONS)
    chosen = spec_name(name, root)
    spec = place.spec(chosen)
    if spec.exists():
        raise CannotRun(
            f"{shown(spec)} is there already, and nothing was written: schemas are imported once. "
            "Edit that, or name another with --name."
        )
    is_beside = (root / place.functions / "schema.ts").exists()
    directory = f"{place.functions}/{chosen}" if is_beside else place.functions
    target = Target(
        chosen,
        directory,
        ", ".join(map(shown, files)),
        None,
        schema_is_theirs=False,
        is_repeatable=False,
    )
    # Schemas may be anybody's, and what they refer to is shown, or part of the spec.
    inputs = Inputs(root, [path.parent for path in files])
    loaded_files = _Files(inputs)
    drafts: list[DraftedSchemas] = []

    def draft(known: Known) -> Drafted:
        names = [path.as_posix() for path in files]
        drafts.append(draft_schemas(names, loaded_files.load, _in_spec, target, known))
        if not drafts[-1].drafted.entities:
            raise CannotRun(f"{target.source} has no objects: a spec would say nothing.")
        return drafts[-1].drafted

    try:
        _, text, _ = fresh_spec(target, draft, (), Files(inputs.read))
    except SchemaError as error:
        advice = f": {error.advice}" if error.advice else ""
        raise CannotRun(f"{error}{advice}.") from error
    write_spec(place, text, target, ())
    found = drafts[-1]
    for one in found.kept:
        click.echo(one)
    for note in found.notes:
        click.echo(note, err=True)
    said = [counted(len(found.drafted.entities), "table")]
    if found.drafted.objects:
        said.append(counted(len(found.drafted.objects), "object"))
    if found.drafted.enums:
        said.append(counted(len(found.drafted.enums), "enum"))
    click.echo(f"{target.source}: {', '.join(said)}.")
    loaded_system(place, text, target, (), Files(inputs.read))
    if found.notes:
        count = counted(len(found.notes), "thing")
        click.echo(f"The spec does not say all of it: {count}.", err=True)
        raise Refused
    click.echo("The spec says all of it.")


class _Files:
    """The content of files, each read once."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._content: dict[str, Any] = {}

    def load(self, name: str) -> Any:
        """The data of a file. Raises SchemaError."""
        from convexgen.json_schemas.files import read_schemas

        if name not in self._content:
            self._content[name] = read_schemas(name, self._inputs.read)
        return self._content[name]


def _in_spec(file: str) -> str | None:
    """What the spec calls a file, from the folder where it is."""
    path = PurePosixPath(file)
    if path.is_absolute():
        path = PurePosixPath(os.path.relpath(file))
    if ".." in path.parts:
        return None
    return posixpath.relpath(path.as_posix(), SPEC_FOLDER)
