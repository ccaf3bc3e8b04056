"""What `check` does with a schema that somebody else has written: it runs it, and compares."""

from __future__ import annotations

import click

from convexgen.cli.project import FoundSpec, read_spec

_THEIRS = b"theirs"
_NOT_RUN = (
    "The schema was not compared with that of the spec: that runs the project's code, which "
    "--no-run-code forbids."
)


def changed_schema(found: FoundSpec, *, run_code: bool) -> list[str]:
    """How the schema that Convex reads is not what a spec says, of which it is said to be.

    What is generated is up to date. Where the schema is not to be run, or cannot be read, for want
    of Node.js or of packages, or since it has errors, it prints so and returns nothing.
    """
    content = read_spec(found.path)
    if _THEIRS not in content:
        return []

    from convexgen.cli.loading import load
    from convexgen.embedded import BackendFailed, NodeNotFound, read_schema
    from convexgen.importing.comparing import differences
    from convexgen.importing.exported import read_exported
    from convexgen.importing.project import OWN_TABLES

    system = load(found, content).system
    if system is None or not system.convex.schema_is_theirs or not system.entities:
        return []
    if not run_code:
        click.echo(_NOT_RUN, err=True)
        return []
    functions = system.convex.root
    generated = found.root.resolve() / system.convex.directory / "schema.ts"
    try:
        said = read_schema(found.root, functions=functions, schema=generated)
        present = read_schema(found.root, functions=functions)
    except (BackendFailed, NodeNotFound) as error:
        click.echo(f"The schema was not compared with that of the spec: {error}", err=True)
        return []
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
    return [*lacking, *differences(wanted, given)]
