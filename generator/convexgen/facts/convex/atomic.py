"""The facts of `atomic.ts`: writes of several tables in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import generated_folder
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table that operations write."""

    name: Code
    entity: Code
    only: tuple[str, ...] | None
    """The operations that there are; None where all are."""


@dataclass(frozen=True, slots=True)
class AtomicFacts:
    """What `atomic.ts` says."""

    generated: str
    counted: bool
    """Whether there are counted indexes."""
    tables: tuple[WrittenTable, ...]
    """The tables that operations write."""


def atomic_facts(system: System) -> AtomicFacts:
    """The facts of the tables of a system."""
    return AtomicFacts(
        generated_folder(system.convex),
        system.counted,
        tuple(
            WrittenTable(
                identifier(entity.module), identifier(entity.name), _operations(entity.functions)
            )
            for entity in sorted(system.entities, key=lambda one: one.module)
            if entity.functions.write
        ),
    )


def _operations(functions: StandardFunctions) -> tuple[str, ...] | None:
    if functions.save and functions.delete:
        return None
    given = (
        ("create", functions.create),
        ("save", functions.save),
        ("replace", functions.update),
        ("update", functions.update),
        ("upsert", functions.save),
        ("remove", functions.delete),
        # What is expected is read by no function of its own.
        ("expect", True),
        ("expectAbsent", True),
    )
    return tuple(name for name, is_there in given if is_there)
