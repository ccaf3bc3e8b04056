"""The formats in which commands say what they found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

import click

from convexgen.diagnostics.finding import Finding

FORMATS: Final = ("text", "json", "github", "sarif")

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Text is for people; the other formats are for programs, on standard output.",
)


def render_for_programs(output: str, findings: Sequence[Finding]) -> str:
    """All findings in one of the formats, text aside."""
    match output:
        case "json":
            from convexgen.diagnostics.print_json import render_json

            return render_json(findings)
        case "github":
            from convexgen.diagnostics.print_github import render_github

            return render_github(findings)
        case _:
            from convexgen.diagnostics.print_sarif import render_sarif

            return render_sarif(findings, version("convexgen"), _purpose)


def _purpose(code: str) -> str:
    from convexgen.cli.findings import FILE_CODES
    from convexgen.diagnostics.change_codes import CHANGES, is_change_code
    from convexgen.diagnostics.codes import is_code
    from convexgen.explanations.explanation import explain

    if is_change_code(code):
        return CHANGES[code].says
    return explain(code).purpose if is_code(code) else FILE_CODES[code].demand
