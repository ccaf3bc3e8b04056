"""The facts of `atomic.ts`: writes of several tables in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import generated_folder
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class AtomicFacts:
    """What `atomic.ts` says."""

    generated: str
    counted: bool
    """Whether there are counted indexes."""
    tables: tuple[tuple[Code, Code], ...]
    """The modules of the tables that operations write, with their entities."""


def atomic_facts(system: System) -> AtomicFacts:
    """The facts of the tables of a system."""
    return AtomicFacts(
        generated_folder(system.convex),
        system.counted,
        tuple(
            (identifier(entity.module), identifier(entity.name))
            for entity in sorted(system.entities, key=lambda one: one.module)
        ),
    )
