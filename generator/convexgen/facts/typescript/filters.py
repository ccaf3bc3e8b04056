"""Facts of the conditions of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.types import Types
from convexgen.facts.typescript_text import string
from convexgen.model.arguments import argument_name, condition_arguments
from convexgen.model.classes import where_class
from convexgen.model.comparing import Comparison, comparison_of
from convexgen.model.entities import Entity, Query
from convexgen.model.filters import ANY_PATH, Condition
from convexgen.model.traversal import bare
from convexgen.model.types import ListType


@dataclass(frozen=True, slots=True)
class ConditionType:
    """A field that a condition may be about."""

    option: Code
    type: Code


@dataclass(frozen=True, slots=True)
class Where:
    """The conditions of a query."""

    name: Code
    """The interface of what callers give."""
    conditions: Sequence[ConditionType]
    names: Sequence[str]
    """The fields that conditions may be about."""
    json: Sequence[str]
    """Those that are about paths."""
    ordered: Code | None
    """The field of the order; None for that of creation."""


def where_facts(query: Query, entity: Entity, types: Types) -> Where | None:
    """The facts of the conditions of a query; None where it takes none."""
    where = query.where
    if where is None:
        return None
    arguments = condition_arguments(query, entity)
    return Where(
        identifier(where_class(entity.name, query.name)),
        [
            ConditionType(identifier(arguments[one.field]), _type(one, entity, types))
            for one in where.conditions
        ],
        [arguments[one.field] for one in where.conditions],
        [arguments[one.field] for one in where.conditions if one.paths],
        identifier(argument_name(where.ordered[0])) if where.ordered else None,
    )


def _type(condition: Condition, entity: Entity, types: Types) -> Code:
    field = entity.field(condition.field)
    runtime = types.names.types
    comparison = comparison_of(field)
    if comparison is Comparison.JSON:
        if ANY_PATH in condition.paths:
            return Code(f"Record<string, {runtime.JsonComparison}>")
        names = " | ".join(map(string, condition.paths))
        return Code(f"Partial<Record<{names}, {runtime.JsonComparison}>>")
    value = types.compared(field.name, entity)
    match comparison:
        case Comparison.LIST:
            type_ = bare(field.type)
            element = types.of(type_.element) if isinstance(type_, ListType) else value
            return Code(f"{runtime.ListComparison}<{value}, {element}>")
        case Comparison.TEXT:
            return Code(f"{runtime.TextComparison}<{value}>")
        case Comparison.ORDERED:
            return Code(f"{runtime.OrderedComparison}<{value}>")
        case _:
            return Code(f"{runtime.Comparison}<{value}>")
