"""Rules on the conditions and the windows of queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.comparing import Comparison, comparison_of
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.filters import Condition
from convexgen.model.paths import is_path
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import InlineObjectType, JsonType, ObjectType, RecordType
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path


@dataclass(frozen=True, slots=True)
class _Compared:
    """A field that `where` of a query names."""

    entity: Entity
    condition: Condition
    path: Path


def _compared(system: System) -> Iterator[_Compared]:
    for entity in system.entities:
        for query in entity.queries:
            path: Path = ("entities", entity.name, "queries", query.name, "where")
            for one in query.where.conditions if query.where is not None else ():
                if one.position is not None:
                    yield _Compared(entity, one, (*path, one.position))


def check_conditions(system: System) -> Iterator[Finding]:
    """Conditions on what cannot be compared, or not where it is stored."""
    for one in _compared(system):
        field = one.entity.field(one.condition.field)
        name = quoted(field.name)
        found = comparison_of(field)
        if field.large:
            yield Finding(
                f"{name} may be larger than a document, and each document would be read with it",
                one.path,
                advice=_instead(field),
            )
        elif one.condition.paths and found is not Comparison.JSON:
            yield Finding(
                f"{name} is neither JSON nor an object with such a field: a path leads into these "
                "alone",
                one.path,
                advice=f"compare a field derived from it: from: {field.name}."
                f"{one.condition.paths[0]}",
            )
        elif found is Comparison.JSON and is_path(field.name):
            yield Finding(
                f"{name} is JSON in an object, which is not compared where it is",
                one.path,
                advice="compare a field derived from it, such as {type: string?, from: "
                f"{field.name}.name}}",
            )
        elif not one.condition.paths and found is Comparison.JSON:
            yield Finding(
                f"{name} is JSON, of which paths are compared",
                one.path,
                advice=f"write {field.name}.* for any path, or {field.name}.name for one",
            )
        elif found is None:
            yield Finding(
                f"{name} cannot be compared: its values are neither plain ones nor lists of these",
                one.path,
                advice=_instead(field),
            )


def _instead(field: EntityField) -> str:
    """What to compare: a path of `from` leads into some types."""
    leads_in = (InlineObjectType, JsonType, ObjectType, RecordType)
    if isinstance(bare(field.type), leads_in):
        return (
            f"compare a field derived from it, such as {{type: string?, from: {field.name}.name}}"
        )
    return "compare another field"


RULES = (Rule("where-field", check_conditions),)
