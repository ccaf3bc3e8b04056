"""What several types, or the fields of several objects, are together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

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

_Value = TypeVar("_Value")


def alternatives(type_: Type) -> tuple[Type, ...]:
    """What a type adds to a union that it is a member of."""
    return type_.members if isinstance(type_, UnionType) and type_.tag is None else (type_,)


def merge_literals(members: Iterable[Type]) -> list[Type]:
    """The members of a union, literals of one kind put together where the first of them stands."""
    merged: dict[object, list[Type]] = {}
    for position, member in enumerate(members):
        kind = type(member) if isinstance(member, AnyLiteralType) else position
        merged.setdefault(kind, []).append(member)
    return [_joined(alike) for alike in merged.values()]


def _joined(literals: Sequence[Type]) -> Type:
    """A literal of the values of several of one kind, each once; what is no literal is alone."""
    first, *others = literals
    if not others or not isinstance(first, AnyLiteralType):
        return first
    match first:
        case LiteralType():
            texts = [one for one in literals if isinstance(one, LiteralType)]
            is_open = any(one.is_open for one in texts)
            return LiteralType(_once(value for one in texts for value in one.values), is_open)
        case BooleanLiteralType():
            booleans = [one for one in literals if isinstance(one, BooleanLiteralType)]
            return BooleanLiteralType(_once(value for one in booleans for value in one.values))
        case NumberLiteralType():
            numbers = [one for one in literals if isinstance(one, NumberLiteralType)]
            return NumberLiteralType(_once(value for one in numbers for value in one.values))
        case Int64LiteralType():
            wholes = [one for one in literals if isinstance(one, Int64LiteralType)]
            return Int64LiteralType(_once(value for one in wholes for value in one.values))


def _once(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))


def union_of(types: Iterable[Type]) -> Type:
    """The type of the values of all of some types."""
    members = dict.fromkeys(part for type_ in types for part in alternatives(type_))
    merged = merge_literals(members)
    return merged[0] if len(merged) == 1 else UnionType(tuple(merged))


def merge_fields(fields: Sequence[EntityField]) -> EntityField:
    """What fields of one name, of several objects, are together.

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
        merged=tuple(field.type for field in fields),
        constraints=first.constraints if same else UNCONSTRAINED,
        optional=any(field.optional for field in fields),
        nullable=any(field.nullable for field in fields),
        sensitive=any(field.sensitive for field in fields),
        deprecated=first.deprecated if deprecated else None,
        description=first.description
        if all(other.description == first.description for other in others)
        else None,
    )
