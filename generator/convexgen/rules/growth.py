"""Advice on fields whose values may grow past what Convex can hold."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.system import System
from convexgen.model.traversal import parts
from convexgen.model.types import (
    BooleanLiteralType,
    BooleanType,
    EnumType,
    Field,
    Int64LiteralType,
    IntegerType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    Type,
    UnionType,
)
from convexgen.naming import snake_case
from convexgen.rules.limits import SAFE_INTEGER
from convexgen.rules.places import constraint_places, field_places
from convexgen.rules.rule import Finding, Rule

_SMALL_SETS = (
    BooleanLiteralType,
    BooleanType,
    EnumType,
    Int64LiteralType,
    LiteralType,
    NullType,
    NumberLiteralType,
)
_LARGEST_OF_64_BITS = 2**64
_ID_WORDS = frozenset({"id", "ids"})
_NANOSECOND_WORDS = frozenset({"nano", "nanos", "nanosecond", "nanoseconds", "ns"})
"""The time since the epoch passes 2^53 nanoseconds in 1970, a duration within 105 days."""
_EXACT = "int64 is exact within ±2^63; integer is checked to be within ±2^53"


def check_unbounded_lists(system: System) -> Iterator[Finding]:
    """Lists in documents that may get ever longer."""
    stored = _stored_objects(system)
    for place in constraint_places(system):
        group, name = place.path[:2]
        if (
            (group == "entities" or name in stored)
            and isinstance(place.type, ListType)
            and not _is_small(place.type.element)
            and place.constraints.max_items is None
        ):
            yield Finding(
                f"{quoted(place.field.name)} has a list without maxItems, which may grow until its "
                "document is refused",
                place.path,
                advice="say how many there may be, or make them an entity of their own",
            )


def _is_small(type_: Type) -> bool:
    """Whether there are few values of the type, so that nobody lists very many of them."""
    if isinstance(type_, UnionType):
        return all(_is_small(member) for member in type_.members)
    return isinstance(type_, _SMALL_SETS)


def _stored_objects(system: System) -> set[str]:
    """The named objects that documents have, themselves or in others."""
    fields = {shape.name: shape.fields for shape in system.objects}
    found = {one.object for entity in system.entities for one in entity.variants if one.object}
    waiting: list[Field] = [field for entity in system.entities for field in entity.fields]
    while waiting:
        for part in parts(waiting.pop().type):
            if isinstance(part, ObjectType) and part.name not in found:
                found.add(part.name)
                waiting.extend(fields[part.name])
    return found


def check_unsafe_integers(system: System) -> Iterator[Finding]:
    """Doubles that hold whole numbers, and will not hold all of them."""
    for place in field_places(system):
        if place.path[0] == "functions":
            continue  # what others wrote
        problem = _integer_problem(place.field)
        if problem is not None:
            yield Finding(f"{quoted(place.field.name)} {problem}", place.path, advice=_EXACT)


def _integer_problem(field: Field) -> str | None:
    if not isinstance(field.type, NumberType | IntegerType):
        return None
    words = snake_case(field.name).split("_")
    if not _NANOSECOND_WORDS.isdisjoint(words):
        return "counts nanoseconds, which soon pass 2^53, where a double is not exact"
    if isinstance(field.type, IntegerType):
        return None
    if words[-1] in _ID_WORDS:
        return "is an ID, and a double holds one past 2^53 as another one"
    bounds = (field.constraints.minimum, field.constraints.maximum)
    if any(
        bound is not None and SAFE_INTEGER < abs(bound) <= _LARGEST_OF_64_BITS for bound in bounds
    ):
        return "may pass 2^53, where a double does not hold every whole number"
    return None


RULES = (
    Rule("unbounded-list", check_unbounded_lists),
    Rule("unsafe-integer", check_unsafe_integers),
)
