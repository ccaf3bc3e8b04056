"""Diagnostics for programs: one JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.span import Position, Span


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """An array of the diagnostics.

    Each is `{file, code, severity, message, help, span, related: [{file, message, span}]}`, and a
    span is `{start: {line, column}, end: {line, column}}`.
    """
    objects = [
        {
            "file": diagnostic.span.file,
            "code": diagnostic.code,
            "severity": diagnostic.severity.value,
            "message": diagnostic.message,
            "help": diagnostic.help,
            "span": _span(diagnostic.span),
            "related": [
                {"file": related.span.file, "message": related.message, "span": _span(related.span)}
                for related in diagnostic.related
            ],
        }
        for diagnostic in diagnostics
    ]
    return json.dumps(objects, indent=2) + "\n"


def _span(span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
