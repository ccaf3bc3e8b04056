"""The command `explain`."""

from __future__ import annotations

import click

from convexgen.cli.findings import FILE_CODES
from convexgen.cli.project import CannotRun
from convexgen.diagnostics.change_codes import CHANGES, is_change_code
from convexgen.diagnostics.codes import CODES, Severity, default_severity, is_code
from convexgen.diagnostics.display import quoted
from convexgen.explanations.explanation import explain
from convexgen.spec.suggest import closest

_ALL = (*CODES, *FILE_CODES, *CHANGES)


def _complete(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    return [code for code in _ALL if code.startswith(start)]


@click.command("explain")
@click.argument("code", required=False, shell_complete=_complete)
@click.option(
    "--list",
    "listed",
    is_flag=True,
    help="List the codes of what lint finds, with their severities.",
)
def command(code: str | None, listed: bool) -> None:
    """Say what the CODE of a message demands, and why, with an example."""
    if listed == (code is not None):
        raise click.UsageError("Give a code, or --list.")
    if code is None:
        for known in CODES:
            click.echo(f"{known:<24}{default_severity(known):<9}{explain(known).purpose}")
        return
    if code in FILE_CODES:
        purpose = FILE_CODES[code]
        click.echo(f"{code} ({Severity.ERROR})\n\n{purpose.demand}\n\nTo do: {purpose.help}.")
        return
    if is_change_code(code):
        change = CHANGES[code]
        advice = "" if change.advice is None else f"\n\nTo do: {change.advice}."
        click.echo(f"{code} (a change)\n\n{change.says}{advice}")
        return
    if not is_code(code):
        meant = closest(code, _ALL)
        advice = (
            "Run `convexgen explain --list`." if meant is None else f"Did you mean {quoted(meant)}?"
        )
        raise CannotRun(f"There is no code {quoted(code)}. {advice}")
    click.echo(f"{code} ({default_severity(code)})\n\n{explain(code).text}", nl=False)
