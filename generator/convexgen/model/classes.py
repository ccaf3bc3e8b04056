"""The classes that a package has for objects without a name, by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convexgen.model.types import (
    ConstrainedType,
    Field,
    InlineObjectType,
    ListType,
    RecordType,
    Type,
    UnionType,
)
from convexgen.naming import pascal_case


def nested_class(owner: str, field_name: str) -> str:
    """The class of an object declared in place, in a field of its owner."""
    return f"{owner}{pascal_case(field_name)}"


def member_owner(owner: str, position: int) -> str:
    """The class of an object that is a member of a union."""
    return owner if position == 0 else f"{owner}{position + 1}"


def inline_objects(
    fields: Iterable[Field], owner: str
) -> Iterator[tuple[Field, str, InlineObjectType]]:
    """The objects declared in place in some fields, each with the field and the name of its class.

    The innermost come first.
    """
    for field in fields:
        for name, type_ in _in_type(field.type, nested_class(owner, field.name)):
            yield field, name, type_


def _in_type(type_: Type, name: str) -> Iterator[tuple[str, InlineObjectType]]:
    match type_:
        case InlineObjectType(fields):
            for _, inner_name, found in inline_objects(fields, name):
                yield inner_name, found
            yield name, type_
        case ListType(inner) | ConstrainedType(inner):
            yield from _in_type(inner, name)
        case RecordType(_, value):
            yield from _in_type(value, name)
        case UnionType(members):
            for position, member in enumerate(members):
                yield from _in_type(member, member_owner(name, position))
        case _:
            pass
