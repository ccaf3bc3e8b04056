"""Facts of the conditions of queries."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.fields import columns_of
from convexgen.facts.convex.validators import literals, present, validator
from convexgen.model.arguments import condition_arguments
from convexgen.model.comparing import Comparison, comparison_of
from convexgen.model.entities import Direction, Entity, Query
from convexgen.model.filters import ANY_PATH, Condition
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import ListType, NumberType


@dataclass(frozen=True, slots=True)
class ServingIndexFacts:
    """An index that has the order, once some columns are equal to values."""

    name: Code
    equal: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class FilterFacts:
    """What callers of a query may compare, and what serves it."""

    conditions: tuple[tuple[Code, Code], ...]
    """What callers name, each with the validator of what is said of it."""
    fields: tuple[tuple[Code, Code], ...]
    """What they name otherwise than it is called, with the paths to it."""
    ordered: tuple[Code, ...]
    """The columns of the order."""
    indexes: tuple[ServingIndexFacts, ...]
    columns: tuple[tuple[Code, Code], ...]
    """The columns that are called otherwise than their fields, with these."""
    doubles: tuple[Code, ...]
    """The columns that tell 0 from -0, which are one number to those who compare."""
    is_descending: bool


def filter_facts(query: Query, entity: Entity, system: System) -> FilterFacts | None:
    """The facts of the conditions of a query; None where it takes none."""
    where = query.where
    if where is None:
        return None
    served = [*(name for index in where.indexes for name in index.equal), *where.ordered]
    fields = [entity.field(name) for name in dict.fromkeys(served)]
    arguments = condition_arguments(query, entity)
    return FilterFacts(
        tuple(
            (identifier(arguments[one.field]), _validator(one, entity, system))
            for one in where.conditions
        ),
        tuple(
            (identifier(argument), column(name))
            for name, argument in arguments.items()
            if argument != name
        ),
        columns_of(where.ordered, entity),
        tuple(
            ServingIndexFacts(
                identifier(index.name),
                columns_of(index.equal, entity),
            )
            for index in where.indexes
        ),
        tuple(
            (identifier(field.index_column), identifier(field.name))
            for field in fields
            if field.absent_last
        ),
        tuple(
            column(field.index_column)
            for field in fields
            if any(isinstance(part, NumberType) for part in parts(field.type))
        ),
        query.order is Direction.DESCENDING,
    )


def _validator(condition: Condition, entity: Entity, system: System) -> Code:
    field = entity.field(condition.field)
    content = present(field, system)
    match comparison_of(field):
        case Comparison.JSON:
            is_any = ANY_PATH in condition.paths
            path = Code("v.string()") if is_any else literals(condition.paths)
            return Code(f"filters.json({path})")
        case Comparison.LIST:
            type_ = bare(field.type)
            element = validator(type_.element, system) if isinstance(type_, ListType) else content
            return Code(f"filters.list({content}, {element})")
        case Comparison.TEXT:
            return Code(f"filters.text({content})")
        case Comparison.ORDERED:
            return Code(f"filters.ordered({content})")
        case _:
            return Code(f"filters.equal({content})")
