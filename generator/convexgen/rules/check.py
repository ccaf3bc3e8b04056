"""The rules applied to a model."""

from __future__ import annotations

from convexgen.diagnostics.codes import default_severity, is_advice
from convexgen.diagnostics.diagnostic import Diagnostic, Related
from convexgen.model.system import System
from convexgen.rules.registry import RULES
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part, Source


def check(system: System, source: Source, unresolved: frozenset[Path]) -> list[Diagnostic]:
    """What the rules find, except in the unresolved parts of the spec.

    Advice is for specs of which everything is resolved: what is superfluous in others may be
    what an unresolved part is meant to use.
    """
    rules = [rule for rule in RULES if not (unresolved and is_advice(rule.code))]
    return [
        _diagnostic(rule, finding, source)
        for rule in rules
        for finding in rule.check(system)
        if not _is_unresolved(finding, unresolved)
    ]


def _is_unresolved(finding: Finding, unresolved: frozenset[Path]) -> bool:
    """Whether a finding is about a stand-in; the name of an unresolved part is its own."""
    path = finding.path if finding.part is Part.VALUE else finding.path[:-1]
    return any(path[:length] in unresolved for length in range(len(path) + 1))


def _diagnostic(rule: Rule, finding: Finding, source: Source) -> Diagnostic:
    return Diagnostic(
        rule.code,
        finding.message,
        source.span(finding.path, finding.part),
        default_severity(rule.code),
        finding.advice,
        tuple(Related(text, source.span(path, Part.KEY)) for text, path in finding.related),
    )
