"""Findings as annotations of a GitHub workflow run.

The syntax is that of GitHub's "Workflow commands for GitHub Actions"; data and properties are
escaped as its toolkit does (`packages/core/src/command.ts` of github.com/actions/toolkit).
"""

from __future__ import annotations

from collections.abc import Sequence

from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.display import printable
from convexgen.diagnostics.finding import Finding

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(findings: Sequence[Finding]) -> str:
    """One workflow command a line."""
    return "".join(_command(finding) + "\n" for finding in findings)


def _command(finding: Finding) -> str:
    span = finding.span
    properties = {"file": span.file, "line": str(span.start.line), "col": str(span.start.column)}
    if span.end.line == span.start.line and span.end.column > span.start.column:
        properties |= {"endLine": str(span.end.line), "endColumn": str(span.end.column)}
    properties["title"] = finding.code
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    message = printable(finding.message)
    if finding.help is not None:
        message += "\n" + printable(finding.help)
    return f"::{_LEVELS[finding.severity]} {listed}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
