"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.diagnostics.codes import Code
from convexgen.model.system import System
from convexgen.source.nodes import Path
from convexgen.source.source import Part


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of a rule, at a path of the spec."""

    message: str
    path: Path
    part: Part = Part.VALUE
    advice: str | None = None
    related: tuple[tuple[str, Path], ...] = ()
    """Other entries that have to do with it, by the paths of their keys."""


Check: TypeAlias = Callable[[System], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on the model; several may share a code, which says what it is for."""

    code: Code
    check: Check
