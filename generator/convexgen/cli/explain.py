"""The command `explain`."""

from __future__ import annotations

import click

from convexgen.cli.project import CannotRun
from convexgen.diagnostics.codes import CODES, default_severity, is_code
from convexgen.diagnostics.display import quoted
from convexgen.explanations.explanation import explain
from convexgen.spec.suggest import closest


@click.command("explain")
@click.argument("code", required=False)
@click.option("--list", "listed", is_flag=True, help="List all codes, with their severities.")
def command(code: str | None, listed: bool) -> None:
    """Say what the CODE of a message demands, and why, with an example."""
    if listed == (code is not None):
        raise click.UsageError("Give a code, or --list.")
    if code is None:
        for known in CODES:
            click.echo(f"{known:<24}{default_severity(known):<9}{explain(known).purpose}")
        return
    if not is_code(code):
        meant = closest(code, CODES)
        advice = (
            "Run `convexgen explain --list`." if meant is None else f"Did you mean {quoted(meant)}?"
        )
        raise CannotRun(f"There is no code {quoted(code)}. {advice}")
    click.echo(f"{code} ({default_severity(code)})\n\n{explain(code).text}", nl=False)
