"""A problem found in a spec: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.diagnostics.codes import Code, Severity
from convexgen.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a problem."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem."""

    code: Code
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    help: str | None = None
    related: tuple[Related, ...] = ()


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them is an error."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics by file and position, each once."""
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda diagnostic: (
                diagnostic.span.file,
                diagnostic.span,
                diagnostic.code,
                diagnostic.message,
            ),
        )
    )
