"""Findings for people: the place, the line with carets under it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.display import cell, printable
from convexgen.diagnostics.finding import Finding
from convexgen.diagnostics.painting import BOLD, CYAN, RED, YELLOW, Paint, paint_nothing
from convexgen.diagnostics.span import Span

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_GUTTER_WIDTH = 5
_CHARACTERS_BEFORE = 60
_CHARACTERS_SHOWN = 140
_COLORS = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.NOTE: CYAN}


def render_text(
    findings: Sequence[Finding], texts: Mapping[str, str], paint: Paint = paint_nothing
) -> str:
    """All findings on files of these texts, by name, and a line that counts them.

    Empty if there are none.
    """
    if not findings:
        return ""
    lines = {name: _LINE_BREAK.split(text) for name, text in texts.items()}
    blocks = [_block(one, lines.get(one.span.file, ()), paint) for one in findings]
    return "".join(blocks) + _count(findings) + "\n"


def _block(finding: Finding, lines: Sequence[str], paint: Paint) -> str:
    start = finding.span.start
    color = _COLORS[finding.severity]
    severity = paint(f"{finding.severity}[{finding.code}]", color)
    rows = [
        f"{printable(finding.span.file)}:{start.line}:{start.column}: "
        f"{severity}: {paint(printable(finding.message), BOLD)}",
        *_excerpt(finding.span, lines, lambda carets: paint(carets, color)),
    ]
    margin = " " * (_GUTTER_WIDTH + 1)
    rows.extend(
        f"{margin}= note: {printable(related.message)} at {_place(related.span, finding.span.file)}"
        for related in finding.related
    )
    if finding.help is not None:
        rows.append(f"{margin}= help: {printable(finding.help)}")
    return "\n".join(rows) + "\n"


def _place(span: Span, here: str) -> str:
    """Where the span starts, with its file if that is another one."""
    place = f"{span.start.line}:{span.start.column}"
    return place if span.file == here else f"{printable(span.file)}:{place}"


def _excerpt(span: Span, lines: Sequence[str], paint_carets: Callable[[str], str]) -> list[str]:
    """The line where the span starts, and carets below the part of it that is in the span.

    Of a long line, a window around the start is shown.
    """
    line = lines[span.start.line - 1] if span.start.line <= len(lines) else ""
    if not line.strip():
        return []
    first = min(span.start.column - 1, len(line))
    last = span.end.column - 1 if span.end.line == span.start.line else len(line)
    window_start = max(0, first - _CHARACTERS_BEFORE) if len(line) > _CHARACTERS_SHOWN else 0
    window_end = min(len(line), window_start + _CHARACTERS_SHOWN)
    before = [cell(character) for character in line[window_start:first]]
    marked = [cell(character) for character in line[first : min(last, window_end)]]
    after = [cell(character) for character in line[max(first, min(last, window_end)) : window_end]]
    opening = "…" if window_start > 0 else ""
    closing = "…" if window_end < len(line) else ""
    shown = opening + "".join(text for text, _ in before + marked + after) + closing
    indent = " " * (len(opening) + sum(width for _, width in before))
    carets = "^" * max(1, sum(width for _, width in marked))
    return [
        f"{span.start.line:>{_GUTTER_WIDTH}} | {shown.rstrip()}",
        f"{'':>{_GUTTER_WIDTH}} | {indent}{paint_carets(carets)}",
    ]


def _count(findings: Sequence[Finding]) -> str:
    parts: list[str] = []
    for severity in Severity:
        number = sum(finding.severity is severity for finding in findings)
        if number:
            parts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return ", ".join(parts)
