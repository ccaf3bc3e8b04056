"""Walks over types."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.model.types import (
    AnyType,
    ConstrainedType,
    InlineObjectType,
    JsonType,
    ListType,
    NullType,
    RecordType,
    RefType,
    Type,
    UnionType,
)


def children(type_: Type) -> tuple[Type, ...]:
    """The types that a type is made of; a named object or a reference is made of none."""
    match type_:
        case ListType(element):
            return (element,)
        case ConstrainedType(inner):
            return (inner,)
        case RecordType(key, value):
            return (key, value)
        case UnionType(members):
            return members
        case InlineObjectType(fields):
            return tuple(field.type for field in fields)
        case _:
            return ()


def bare(type_: Type) -> Type:
    """The type without its constraints, and a reference as the type of the key that it is."""
    while isinstance(type_, ConstrainedType | RefType):
        type_ = type_.type if isinstance(type_, ConstrainedType) else type_.target
    return type_


def parts(type_: Type) -> Iterator[Type]:
    """The type, and every type in it, outermost first; named objects are not entered."""
    waiting = [type_]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def schema_parts(type_: Type) -> Iterator[Type]:
    """The parts of a type, and of those beside an `any`, which the schema alone names."""
    for part in parts(type_):
        yield part
        if isinstance(part, AnyType):
            for beside in part.beside:
                yield from schema_parts(beside)


def takes_null(type_: Type) -> bool:
    """Whether null is a value of the type."""
    match bare(type_):
        case AnyType() | JsonType() | NullType():
            return True
        case UnionType(members):
            return any(map(takes_null, members))
        case _:
            return False
