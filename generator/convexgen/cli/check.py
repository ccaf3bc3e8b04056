"""The command `check`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.function_specs import check_function_specs
from convexgen.cli.generation import compare_with_disk
from convexgen.cli.options import project_option
from convexgen.cli.project import FoundSpec, find_specs, shown

if TYPE_CHECKING:
    from convexgen.cli.generation import Generation
    from convexgen.files.compare import Difference


@click.command("check")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
def command(spec: Path | None, project: Path | None) -> None:
    """Compare the files of SPEC with the disk. Writes nothing.

    Prints a unified diff to what `generate` would write and ends with exit code 1 if files are
    changed, missing, stale or edited by hand, or if a function spec of SPEC no longer says what
    the project's functions are. In a folder above projects, it checks each.
    """
    differing = False
    for found in find_specs(spec, project):
        generation = compare_with_disk(found)
        if generation is not None and generation.differences:
            _report(generation, _generate_command(found, spec, project))
            differing = True
        else:
            check_function_specs(found)
    if differing:
        raise SystemExit(1)
    click.echo("Up to date.")


def _report(generation: Generation, generate: str) -> None:
    from convexgen.files.difference import unified_diff

    for one in generation.differences:
        click.echo("".join(unified_diff(one)), nl=False)
    for one in generation.differences:
        click.echo(f"{shown(generation.root / one.path)}: {one.drift.value}", err=True)
    for line in _advice(generation.differences):
        click.echo(line, err=True)
    click.echo(f"{len(generation.differences)} files differ. Run `{generate}`.", err=True)


def _advice(differences: Sequence[Difference]) -> Iterator[str]:
    """What to know about some ways to differ."""
    from convexgen.files.compare import Drift

    drifts = {one.drift for one in differences}
    if Drift.CONFLICT in drifts:
        yield (
            "Do not resolve conflicts in generated files: resolve those of the spec, generate, and "
            "`git add` what it wrote."
        )
    if Drift.REFORMATTED in drifts:
        yield (
            "A formatter rewrote generated files. Generate them again, and tell it to leave them "
            "alone, as docs/projects.md says."
        )


def _generate_command(found: FoundSpec, spec: Path | None, project: Path | None) -> str:
    """The command that generates what was checked, from the same folder."""
    words = ["convexgen", "generate"]
    if project is not None:
        words += ["--project", project.as_posix()]
    elif spec is None and not Path.cwd().is_relative_to(found.root.resolve()):
        words += ["--project", found.root.as_posix()]
    if spec is not None:
        words.append(spec.as_posix())
    return shlex.join(words)
