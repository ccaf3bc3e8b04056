"""How grave each advice is to a spec."""

from __future__ import annotations

from convexgen.diagnostics.codes import (
    ADVICE,
    AdviceCode,
    Severities,
    Severity,
    is_advice,
    is_code,
)
from convexgen.diagnostics.display import quoted
from convexgen.resolving.report import Report
from convexgen.source.source import Part
from convexgen.spec.suggest import meant_or_listed
from convexgen.spec.surface.spec import Spec


def resolve_severities(spec: Spec, report: Report) -> Severities:
    """The severity of each advice, by the spec or else by default."""
    severities: dict[AdviceCode, Severity | None] = dict(ADVICE)
    for code, level in spec.lint.items():
        if is_advice(code):
            severities[code] = None if level == "off" else Severity(level)
        elif is_code(code):
            report.error(
                "fixed-severity",
                f"{quoted(code)} is an error in every spec: what it is about cannot be generated, "
                "or Convex refuses it",
                ("lint", code),
                part=Part.KEY,
                advice=f"remove it; severities are for {', '.join(ADVICE)}",
            )
        else:
            report.error(
                "unknown-key",
                f"there is no advice {quoted(code)}",
                ("lint", code),
                part=Part.KEY,
                advice=meant_or_listed(code, ADVICE),
            )
    return severities
