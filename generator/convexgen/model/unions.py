"""What several types, or the fields of several objects, are together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from convexgen.model.fields import EntityField
from convexgen.model.types import (
    UNCONSTRAINED,
    AnyLiteralType,
    BooleanLiteralType,
    Int64LiteralType,
    LiteralType,
    NumberLiteralType,
    Type,
    UnionType,
)


def alternatives(type_: Type) -> tuple[Type, ...]:
    """What a type adds to a union that it is a member of."""
    return type_.members if isinstance(type_, UnionType) and type_.tag is None else (type_,)


def merge_literals(members: Iterable[Type]) -> list[Type]:
    """The members of a union, literals of one kind put together where the first of them stands."""
    merged: list[Type] = []
    places: dict[type[Type], int] = {}
    for member in members:
        place = places.setdefault(type(member), len(merged))
        if place < len(merged) and isinstance(member, AnyLiteralType):
            merged[place] = _joined(merged[place], member)
        else:
            merged.append(member)
    return merged


def _joined(first: Type, second: Type) -> Type:
    """A literal of the values of two, each once."""
    match first, second:
        case LiteralType(some, some_open), LiteralType(more, more_open):
            return LiteralType(tuple(dict.fromkeys((*some, *more))), some_open or more_open)
        case BooleanLiteralType(some), BooleanLiteralType(more):
            return BooleanLiteralType(tuple(dict.fromkeys((*some, *more))))
        case NumberLiteralType(some), NumberLiteralType(more):
            return NumberLiteralType(tuple(dict.fromkeys((*some, *more))))
        case Int64LiteralType(some), Int64LiteralType(more):
            return Int64LiteralType(tuple(dict.fromkeys((*some, *more))))
        case _:
            raise TypeError(f"{first} and {second} are no literals of one kind")


def union_of(types: Iterable[Type]) -> Type:
    """The type of the values of all of some types."""
    members = dict.fromkeys(part for type_ in types for part in alternatives(type_))
    merged = merge_literals(members)
    return merged[0] if len(merged) == 1 else UnionType(tuple(merged))


def merge_fields(fields: Sequence[EntityField]) -> EntityField:
    """What fields of one name, of several variants of an entity, are together.

    Its values are those of all of them, without constraints where these differ. It may be absent,
    or null, where one of them may.
    """
    first, *others = fields
    if not others:
        return first
    same = all(
        other.type == first.type and other.constraints == first.constraints for other in others
    )
    deprecated = all(field.deprecated is not None for field in fields)
    return replace(
        first,
        type=first.type if same else union_of(field.type for field in fields),
        constraints=first.constraints if same else UNCONSTRAINED,
        optional=any(field.optional for field in fields),
        nullable=any(field.nullable for field in fields),
        sensitive=any(field.sensitive for field in fields),
        deprecated=first.deprecated if deprecated else None,
        description=first.description
        if all(other.description == first.description for other in others)
        else None,
    )
