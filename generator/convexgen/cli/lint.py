"""The command `lint`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from convexgen.cli.formats import format_option, render_for_programs
from convexgen.cli.loading import load, problems
from convexgen.cli.options import inputs_option, project_option
from convexgen.cli.project import find_specs, read_spec
from convexgen.diagnostics.diagnostic import Diagnostic, has_errors
from convexgen.diagnostics.painting import paint
from convexgen.diagnostics.print_text import render_text


@click.command("lint")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@inputs_option
@format_option
def command(
    spec: Path | None, project: Path | None, folders: tuple[Path, ...], output: str
) -> None:
    """Report everything wrong with SPEC, a file or a folder, by default schema/.

    `convexgen explain CODE` says why, for the code of each message. Ends with exit code 1 if there
    is an error; warnings and notes alone are fine. In a folder above projects, it is about each.
    """
    diagnostics: list[Diagnostic] = []
    texts: dict[str, str] = {}
    for found in find_specs(spec, project, folders):
        said = problems(load(found, read_spec(found.path)), found.root)
        diagnostics.extend(said.diagnostics)
        texts |= said.texts
    if output == "text":
        click.echo(render_text(diagnostics, texts, paint), nl=False, err=True)
    else:
        click.echo(render_for_programs(output, diagnostics), nl=False)
    sys.exit(1 if has_errors(diagnostics) else 0)
