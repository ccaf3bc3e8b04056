"""The command `lint`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from convexgen.cli.formats import format_option, render_for_programs
from convexgen.cli.project import find_spec, read_included, read_spec, shown
from convexgen.diagnostics.diagnostic import has_errors
from convexgen.diagnostics.painting import paint
from convexgen.diagnostics.print_text import render_text
from convexgen.frontend import load_bytes


@click.command("lint")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@format_option
def command(spec: Path | None, output: str) -> None:
    """Report everything wrong with SPEC, a file or a folder, by default schema/.

    `convexgen explain CODE` says why, for the code of each message. Ends with exit code 1 if there
    is an error; warnings and notes alone are fine.
    """
    found = find_spec(spec, Path.cwd())
    content = read_spec(found.path)
    loaded = load_bytes(content, shown(found.path), read_included, found.beside)
    diagnostics = loaded.diagnostics
    if output == "text":
        click.echo(render_text(diagnostics, loaded.source.texts, paint), nl=False, err=True)
    else:
        click.echo(render_for_programs(output, diagnostics), nl=False)
    sys.exit(1 if has_errors(diagnostics) else 0)
