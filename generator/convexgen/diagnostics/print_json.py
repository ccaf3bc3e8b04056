"""Findings for programs: one JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from convexgen.diagnostics.finding import Finding
from convexgen.diagnostics.span import Position, Span


def render_json(findings: Sequence[Finding]) -> str:
    """An array of the findings.

    Each is `{file, code, severity, message, help, span, related: [{file, message, span}]}`, and a
    span is `{start: {line, column}, end: {line, column}}`.
    """
    return json.dumps([json_of(finding) for finding in findings], indent=2) + "\n"


def json_of(finding: Finding) -> dict[str, object]:
    """A finding, as an object of JSON."""
    return {
        "file": finding.span.file,
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        "span": _span(finding.span),
        "related": [
            {"file": related.span.file, "message": related.message, "span": _span(related.span)}
            for related in finding.related
        ],
    }


def _span(span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
