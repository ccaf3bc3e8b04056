"""Walks over types."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.model.types import (
    InlineObjectType,
    ListType,
    RecordType,
    Type,
    UnionType,
)


def children(type_: Type) -> tuple[Type, ...]:
    """The types that a type is made of; a named object or a reference is made of none."""
    match type_:
        case ListType(element):
            return (element,)
        case RecordType(key, value):
            return (key, value)
        case UnionType(members):
            return members
        case InlineObjectType(fields):
            return tuple(field.type for field in fields)
        case _:
            return ()


def parts(type_: Type) -> Iterator[Type]:
    """The type, and every type in it, outermost first; named objects are not entered."""
    waiting = [type_]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))
