"""Importing a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.generation import Refused
from convexgen.cli.imported_spec import (
    Place,
    counted,
    earlier_spec,
    write_imported,
)
from convexgen.cli.project import CannotRun, shown, spec_name
from convexgen.diagnostics.display import printable
from convexgen.files.convex_json import DEFAULT_FUNCTIONS

if TYPE_CHECKING:
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted
    from convexgen.importing.snapshots import Snapshot

_SHOWN = 20
_UNDECIDED = "All that the documents have there is null, or an empty array."


def import_snapshot(path: Path, name: str | None) -> None:
    """Write a spec of the documents of a snapshot."""
    from convexgen.importing.snapshots import BadSnapshot, open_snapshot

    try:
        snapshot = open_snapshot(path, shown(path))
        with snapshot.archive:
            _import(snapshot, name)
    except BadSnapshot as error:
        raise CannotRun(f"{error}.") from error


def _import(snapshot: Snapshot, name: str | None) -> None:
    from convexgen.importing.comments import Comments
    from convexgen.importing.project import Target, draft_spec
    from convexgen.importing.snapshots import infer, kept, refusals

    root = Path()
    place = Place(root, configured_folder(root) or DEFAULT_FUNCTIONS)
    chosen = spec_name(name, root)
    earlier = earlier_spec(place, chosen)
    inferred = infer(snapshot)
    for table in inferred.empty:
        click.echo(f"{table} is left out: it has no documents.", err=True)
    for component in snapshot.components:
        click.echo(f"The tables of the component {printable(component)} are left out.", err=True)
    if not inferred.schema.tables:
        raise CannotRun(f"{snapshot.path} has no documents: a spec would say nothing.")
    is_beside = (root / place.functions / "schema.ts").exists()
    directory = f"{place.functions}/{chosen}" if is_beside else place.functions
    target = Target(
        chosen,
        directory if earlier is None else earlier.directory,
        snapshot.path,
        None,
        schema_is_theirs=is_beside,
        functions=place.named_functions if is_beside else None,
    )

    schema = inferred.schema
    if earlier is not None:
        schema = kept(earlier.spec.schema, schema, snapshot)

    def drafts(known: Known) -> Drafted:
        drafted = draft_spec(schema, Comments(), (), target, known)
        notes: dict[tuple[str, ...], Sequence[str]] = {
            ("entities", drafted.names[table], "fields", field): (_UNDECIDED,)
            for table, field in inferred.undecided
        }
        return replace(drafted, notes={**drafted.notes, **notes})

    given = write_imported(place, schema, target, drafts, (), earlier)
    refused = list(islice(refusals(snapshot, given), _SHOWN))
    for one in refused:
        click.echo(one, err=True)
    if refused:
        raise Refused
    click.echo(f"It takes what is there: {counted(inferred.documents, 'document')}.")
