"""How a query compares fields: with values, with bounds, or for being absent."""

from __future__ import annotations

from convexgen.model.entities import Entity, Query, SearchIndex, VectorIndex
from convexgen.model.system import System
from convexgen.views.convex.typescript import call, entry, equal_to_each, statement
from convexgen.views.convex.validators import present
from convexgen.views.layout import Document


def arguments(query: Query, entity: Entity, system: System, level: int) -> tuple[str, ...]:
    """The validators of the fields that a query compares."""
    validators = [(name, _sought(entity, name, system)) for name in query.equal]
    if query.range is not None:
        bounds = call(_bounds(entity, query.range), [present(entity.field(query.range), system)])
        validators.append((query.range, bounds))
    return tuple(statement(level, entry(name, validator)) for name, validator in validators)


def filters(
    index: SearchIndex | VectorIndex, entity: Entity, system: System, level: int
) -> tuple[str, ...]:
    """The validators of the fields that a search may compare."""
    return tuple(
        statement(level, entry(name, call("v.optional", [_sought(entity, name, system)])))
        for name in index.filters
    )


def equal_fields(query: Query, entity: Entity) -> Document:
    """The range of an index in which the fields of a query are as its arguments say."""
    return equal_to_each([(name, argument_value(entity, name)) for name in query.equal])


def argument_value(entity: Entity, name: str) -> Document:
    """What Convex compares a field with."""
    return call("valueOf", [f"args.{name}"]) if entity.may_lack(name) else f"args.{name}"


def range_imports(entity: Entity) -> set[str]:
    """What a module needs of `lib/ranges.ts` for the fields that it compares."""
    names: set[str] = set()
    compared = [name for query in entity.queries for name in query.equal]
    compared += [name for index in entity.search_indexes for name in index.filters]
    if any(entity.may_lack(name) for name in compared):
        names |= {"orAbsent", "valueOf"}
    if any(entity.may_lack(name) for one in entity.vector_indexes for name in one.filters):
        names |= {"orAbsent"}
    ranged = [query.range for query in entity.queries if query.range is not None]
    if ranged:
        names |= {"within", *(_bounds(entity, name) for name in ranged)}
    return names


def _bounds(entity: Entity, name: str) -> str:
    return "boundsOrAbsent" if entity.may_lack(name) else "bounds"


def _sought(entity: Entity, name: str, system: System) -> Document:
    """The validator of what a field is compared with."""
    content = present(entity.field(name), system)
    return call("orAbsent", [content]) if entity.may_lack(name) else content
