"""The command `generate`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.generating import generate
from convexgen.cli.options import inputs_option, project_option, verbose_option
from convexgen.cli.project import find_spec


@click.command("generate")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@inputs_option
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited by hand.")
@click.option("--watch", is_flag=True, help="Go on with changes of the spec, until Ctrl-C.")
@verbose_option
def command(
    spec: Path | None,
    project: Path | None,
    folders: tuple[Path, ...],
    *,
    force: bool,
    watch: bool,
    verbose: bool,
) -> None:
    """Write the functions and clients of SPEC, a file or a folder, by default schema/.

    Deletes the generated files that SPEC no longer gives. Stops, before it writes anything, at
    files that were edited by hand or that it did not write, and at those that another spec gives.
    """
    found = find_spec(spec, project, folders)
    if not watch:
        if not generate(found, force=force, verbose=verbose):
            click.echo("Up to date.")
        return

    from convexgen.cli.watching import SpecWatcher, watch_in_front

    watch_in_front(
        SpecWatcher(lambda: [find_spec(spec, project, folders)], force=force, verbose=verbose)
    )
