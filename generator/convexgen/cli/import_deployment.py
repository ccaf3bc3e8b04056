"""Importing what a deployment holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.imported_spec import Place, earlier_spec, named_function_spec, write_imported
from convexgen.cli.project import CannotRun, spec_name
from convexgen.files.convex_json import DEFAULT_FUNCTIONS
from convexgen.files.env_file import NAME

if TYPE_CHECKING:
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted


def import_deployment(name: str | None) -> None:
    """Write a spec of the deployment that clients find."""
    from convexgen.deployed import DeploymentFailed, find_deployment, read_deployment
    from convexgen.importing.comments import Comments
    from convexgen.importing.exported import read_exported
    from convexgen.importing.project import Target, draft_spec

    root = Path()
    place = Place(root, configured_folder(root) or DEFAULT_FUNCTIONS)
    env_file = root / NAME
    try:
        read = read_deployment(find_deployment(env_file if env_file.exists() else None))
    except DeploymentFailed as error:
        raise CannotRun(str(error)) from error
    chosen = spec_name(name, root)
    earlier = earlier_spec(place, chosen)
    directory = earlier.directory if earlier is not None else f"{place.functions}/{chosen}"
    own = f"{directory.rpartition('/')[2]}/"
    functions = [one for one in read.functions if not one["identifier"].startswith(own)]
    inferred = undeclared(read.declared, read.shapes)
    schema = read_exported({**read.declared, "tables": [*read.declared["tables"], *inferred]})
    if not schema.tables and not functions:
        raise CannotRun(f"{read.url} has no tables and no functions: a spec would say nothing.")
    target = Target(
        chosen,
        directory,
        read.url,
        named_function_spec(chosen, functions, earlier),
        schema_is_theirs=(root / place.functions / "schema.ts").exists(),
        functions=place.named_functions,
    )

    def drafts(known: Known) -> Drafted:
        return draft_spec(schema, Comments(), (), target, known)

    write_imported(place, schema, target, drafts, functions, earlier)
    if earlier is None:
        click.echo(
            f"""
Next:
  convexgen generate      # writes the clients, and functions for the tables to {directory}/
  What is in {directory}/ works once whoever deploys the functions of {read.url}
  deploys it with them; its own functions can be called now."""
        )


def undeclared(declared: Mapping[str, Any], shapes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tables that are in no schema, by what their documents have."""
    from convexgen.importing.shapes import document_of, table_of

    known = {table["tableName"] for table in declared["tables"]}
    found: list[Mapping[str, Any]] = []
    for table, shape in sorted(shapes.items()):
        if table in known:
            continue
        document = document_of(shape)
        if document is None:
            click.echo(f"{table} is left out: it is in no schema and has no documents.", err=True)
            continue
        click.echo(f"{table} is in no schema: its types are those of the documents that it has.")
        found.append(table_of(table, document))
    return found
