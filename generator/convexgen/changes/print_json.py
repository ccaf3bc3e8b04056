"""Changes for programs: one JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from convexgen.changes.finding import ChangeFinding
from convexgen.diagnostics.print_json import json_of


def render_changes_json(findings: Sequence[ChangeFinding]) -> str:
    """An array of the changes.

    Each has what every finding has, and besides who breaks, in `breaks`, and in `allowed` the
    reason and the last day, or null.
    """
    return json.dumps([_change(finding) for finding in findings], indent=2) + "\n"


def _change(finding: ChangeFinding) -> dict[str, object]:
    allowance = finding.judged.allowance if finding.judged.is_allowed else None
    allowed = allowance and {"reason": allowance.reason, "until": allowance.until}
    return {**json_of(finding), "breaks": list(finding.breaks), "allowed": allowed}
