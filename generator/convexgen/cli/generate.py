"""The command `generate`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.generation import compare_with_disk
from convexgen.cli.options import project_option
from convexgen.cli.project import CannotRun, find_spec, shown


@click.command("generate")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited by hand.")
def command(spec: Path | None, project: Path | None, force: bool) -> None:
    """Write the files of SPEC, a file or a folder, by default schema/.

    Deletes the generated files that SPEC no longer gives. Stops, before it writes anything, at
    files that were edited by hand or that it did not write, and at those that another spec gives.
    """
    generation = compare_with_disk(find_spec(spec, project))
    if generation is None or not generation.differences:
        click.echo("Up to date.")
        return

    from convexgen.files.compare import Drift
    from convexgen.files.write import write

    blocking = [
        one
        for one in generation.differences
        if one.is_somebodys and not (force and one.drift is not Drift.FOREIGN)
    ]
    if blocking:
        for one in blocking:
            click.echo(f"{shown(generation.root / one.path)}: {one.drift.value}", err=True)
        click.echo(
            "Nothing was written. Move what you wrote to files of your own, or take generated "
            "files back with --force.",
            err=True,
        )
        raise SystemExit(1)
    try:
        write(generation.root, generation.differences)
    except OSError as error:
        raise CannotRun(f"{error.filename} cannot be written: {error.strerror}") from error
    verbs = {Drift.MISSING: "created", Drift.STALE: "deleted", Drift.STALE_EDITED: "deleted"}
    for one in generation.differences:
        path = shown(generation.root / one.path)
        click.echo(f"{verbs.get(one.drift, 'updated')} {path}")
    unchanged = generation.rendered - sum(not one.is_stale for one in generation.differences)
    click.echo(f"{len(generation.differences)} files written or deleted, {unchanged} unchanged.")
