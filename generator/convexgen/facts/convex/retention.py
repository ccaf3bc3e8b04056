"""The facts of `lib/retention.ts` and of `crons.ts`: what is deleted by itself, and when."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import api_module, generated_folder
from convexgen.facts.convex.tables import EXPIRED
from convexgen.model.system import System

_RUNS = 24
"""How often what is kept for the shortest time is deleted within that."""


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table, and how long its documents are kept."""

    name: Code
    after: Code
    """How long, as the spec says it."""
    milliseconds: int
    field: Code
    """The timestamp from which on they are kept for so long."""


@dataclass(frozen=True, slots=True)
class RetentionFacts:
    """What is deleted by itself."""

    generated: str
    query: Code
    """What the queries of what is kept no longer are called."""
    tables: tuple[KeptTable, ...]


@dataclass(frozen=True, slots=True)
class CronsFacts:
    """What `crons.ts` says."""

    generated: str
    system: Code
    """The module `system` in the types of the API."""
    minutes: int
    """Between two runs."""


def retention_facts(system: System) -> RetentionFacts | None:
    """The facts of what is deleted by itself; None where nothing is."""
    tables = tuple(
        KeptTable(
            identifier(entity.table),
            Code(retention.after),
            1000 * retention.seconds,
            identifier(retention.field),
        )
        for entity in system.entities
        if (retention := entity.retention) is not None
    )
    if not tables:
        return None
    return RetentionFacts(generated_folder(system.convex, below=1), EXPIRED, tables)


def crons_facts(system: System) -> CronsFacts | None:
    """The facts of the cron jobs; None where there are none, or others of the project's own."""
    kept = [one.retention.seconds for one in system.entities if one.retention is not None]
    if not kept or system.convex.crons_are_theirs:
        return None
    minutes = min(kept) // (60 * _RUNS)
    return CronsFacts(
        generated_folder(system.convex),
        api_module(system.convex, "system"),
        minutes=max(1, min(minutes, 60)),
    )
