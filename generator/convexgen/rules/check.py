"""The rules applied to a model."""

from __future__ import annotations

from convexgen.diagnostics.codes import Code, Severities, Severity, is_advice
from convexgen.diagnostics.diagnostic import Diagnostic, Related
from convexgen.model.system import System
from convexgen.packs import PACK
from convexgen.rules.registry import RULES
from convexgen.rules.rule import Finding
from convexgen.source.nodes import Path
from convexgen.source.source import Part, Source


def check(
    system: System, source: Source, unresolved: frozenset[Path], severities: Severities
) -> list[Diagnostic]:
    """What the rules find, except in the unresolved parts of the spec.

    Advice is for specs of which everything is resolved: what is superfluous in others may be
    what an unresolved part is meant to use. It is for files that the reader can change, so not
    for packs.
    """
    found: list[Diagnostic] = []
    for rule in RULES:
        code = rule.code
        severity = severities[code] if is_advice(code) else Severity.ERROR
        if severity is None or (unresolved and is_advice(code)):
            continue
        found.extend(
            _diagnostic(code, severity, finding, source)
            for finding in rule.check(system)
            if not _is_unresolved(finding, unresolved)
        )
    # An object that is a variant as well is judged as both.
    found = list(dict.fromkeys(found))
    return [one for one in found if not (is_advice(one.code) and one.span.file.startswith(PACK))]


def _is_unresolved(finding: Finding, unresolved: frozenset[Path]) -> bool:
    """Whether a finding is about a stand-in; the name of an unresolved part is its own."""
    path = finding.path if finding.part is Part.VALUE else finding.path[:-1]
    return any(path[:length] in unresolved for length in range(len(path) + 1))


def _diagnostic(code: Code, severity: Severity, finding: Finding, source: Source) -> Diagnostic:
    return Diagnostic(
        code,
        finding.message,
        source.span(finding.path, finding.part),
        severity,
        finding.advice,
        tuple(Related(text, source.span(path, Part.KEY)) for text, path in finding.related),
    )
