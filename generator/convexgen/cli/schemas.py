"""What `check` does with a schema that somebody else has written: it runs it, and compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from convexgen.cli.project import CannotRun, FoundSpec, read_spec

_THEIRS = b"theirs"
_NOT_COMPARED = "The schema was not compared with that of the spec"
_NOT_RUN = f"{_NOT_COMPARED}: that runs the project's code, which --no-run-code forbids."


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """How the schema that Convex reads is not what a spec says."""

    lacking: Sequence[str] = ()
    """What the generated functions need and the schema does not have."""
    differences: Sequence[str] = ()

    @property
    def lines(self) -> list[str]:
        """All of it."""
        return [*self.lacking, *self.differences]


def changed_schema(found: FoundSpec, *, run_code: bool) -> SchemaChanges:
    """How the schema that Convex reads is not what a spec says, of which it is said to be.

    What is generated is up to date. Where the schema is not to be run, or no schema can be read,
    for want of Node.js or of the package `convex`, it prints so and returns none. Raises
    CannotRun where this schema cannot.
    """
    content = read_spec(found.path)
    if _THEIRS not in content:
        return SchemaChanges()

    from convexgen.cli.loading import load
    from convexgen.embedded import BackendFailed, NodeNotFound, read_schema
    from convexgen.importing.comparing import differences
    from convexgen.importing.exported import read_exported
    from convexgen.importing.project import OWN_TABLES

    system = load(found, content).system
    if system is None or not system.convex.schema_is_theirs or not system.entities:
        return SchemaChanges()
    if not run_code:
        click.echo(_NOT_RUN, err=True)
        return SchemaChanges()
    functions = system.convex.root
    generated = found.root.resolve() / system.convex.directory / "schema.ts"
    try:
        said = read_schema(found.root, functions=functions, schema=generated)
    except (BackendFailed, NodeNotFound) as error:
        click.echo(f"{_NOT_COMPARED}: {error}", err=True)
        return SchemaChanges()
    try:
        present = read_schema(found.root, functions=functions)
    except BackendFailed as error:
        raise CannotRun(f"{_NOT_COMPARED}: {error}") from error
    wanted, given = read_exported(said.exported), read_exported(present.exported)
    names = {table.name for table in given.tables}
    folder = system.convex.path[-1]
    lacking = [
        f"{table.name}: the generated functions need that table: import {folder} from "
        f'"./{"/".join(system.convex.path)}/schema", and have {table.name}: '
        f"{folder}.tables.{table.name} in the schema"
        for table in wanted.tables
        if table.name in OWN_TABLES and table.name not in names
    ]
    return SchemaChanges(lacking, list(differences(wanted, given)))
