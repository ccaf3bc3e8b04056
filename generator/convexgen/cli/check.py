"""The command `check`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.function_specs import check_function_specs
from convexgen.cli.generation import compare_with_disk


@click.command("check")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
def command(spec: Path | None) -> None:
    """Compare the files of SPEC with the disk. Writes nothing.

    Prints a unified diff to what `generate` would write and ends with exit code 1 if files are
    changed, missing, stale or edited by hand, or if a function spec of SPEC no longer says what
    the project's functions are.
    """
    generation = compare_with_disk(spec)
    if generation is None or not generation.differences:
        check_function_specs(spec)
        click.echo("Up to date.")
        return

    from convexgen.files.difference import unified_diff

    for one in generation.differences:
        click.echo("".join(unified_diff(one)), nl=False)
    for one in generation.differences:
        click.echo(f"{one.path}: {one.drift.value}", err=True)
    click.echo(
        f"{len(generation.differences)} files differ. Run `convexgen generate`.",
        err=True,
    )
    raise SystemExit(1)
