"""Diagnostics for programs: one JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.span import Position, Span


def render_json(diagnostics: Sequence[Diagnostic], name: str) -> str:
    """An array of the diagnostics on the file of that name.

    Each is `{file, code, severity, message, help, span, related: [{message, span}]}`, a span is
    `{start: {line, column}, end: {line, column}}`.
    """
    objects = [
        {
            "file": name,
            "code": diagnostic.code,
            "severity": diagnostic.severity.value,
            "message": diagnostic.message,
            "help": diagnostic.help,
            "span": _span(diagnostic.span),
            "related": [
                {"message": related.message, "span": _span(related.span)}
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
