"""Changes for people who review them, as Markdown of GitHub, such as a comment of a pull request.

Source: the GitHub Flavored Markdown Spec, 2.4 (backslash escapes) and 4.10 (tables).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from convexgen.changes.finding import ChangeFinding
from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.display import printable

_MEANT = re.compile(r"([!#$&*:<>@\[\\\]_`{|}~])")
"""The punctuation that means something within a line."""
_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "✅"}


def render_markdown(findings: Sequence[ChangeFinding], verdict: str) -> str:
    """A heading with the verdict, and a table of the changes."""
    if not findings:
        return f"### {_escape(verdict)}\n"
    rows = [
        f"| {_SIGNS[one.severity]} | {_escape(one.judged.change.message)}{_allowed(one)} | "
        f"{_escape(', '.join(one.breaks) or 'nothing')} | {_place(one)} | `{one.code}` |\n"
        for one in findings
    ]
    header = "| | change | breaks | where | code |\n|---|---|---|---|---|\n"
    return f"### {_escape(verdict)}\n\n{header}{''.join(rows)}"


def _allowed(one: ChangeFinding) -> str:
    allowance = one.judged.allowance
    if allowance is None:
        return ""
    words = "allowed until" if one.judged.is_allowed else "no longer allowed since"
    return f"<br>{_escape(f'{words} {allowance.until}: {allowance.reason}')}"


def _place(one: ChangeFinding) -> str:
    return _escape(f"{one.span.file}:{one.span.start.line}")


def _escape(text: str) -> str:
    return _MEANT.sub(r"\\\1", printable(text))
