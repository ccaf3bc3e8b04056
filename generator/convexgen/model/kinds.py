"""What the functions can tell of a value, which knows nothing of the type it was written as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.model.system import System
from convexgen.model.traversal import bare, children
from convexgen.model.types import (
    UNCONSTRAINED,
    BooleanLiteralType,
    BooleanType,
    ConstrainedType,
    DocumentType,
    EnumType,
    Field,
    FunctionHandleType,
    IdType,
    InlineObjectType,
    InputType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TableIdType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)


def kind(type_: Type) -> str:
    """What a value of the type is to Convex: a string, an int64, an array and so on."""
    match bare(type_):
        case StringType() | LiteralType() | EnumType():
            return "string"
        case IdType() | TableIdType() | FunctionHandleType():
            return "string"
        case NumberType() | IntegerType() | TimestampType() | NumberLiteralType():
            return "number"
        case Int64Type() | Int64LiteralType():
            return "int64"
        case BooleanType() | BooleanLiteralType():
            return "boolean"
        case ListType() | VectorType():
            return "list"
        case ObjectType() | InlineObjectType() | RecordType() | DocumentType() | InputType():
            return "object"
        case UnionType(_, tag) if tag is not None:
            return "object"
        case other:
            return type(other).__name__


Says: TypeAlias = Callable[[Field, Sequence[Type]], bool]
"""Whether a field has what is looked for, or a type that it is made of is that."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What of a system holds something, wherever in it."""

    says: Says
    objects: frozenset[str]
    """The named objects that hold it."""

    def is_in(self, field: Field) -> bool:
        """Whether it is in a value of the field."""
        return any(
            self.says(one, types)
            or any(isinstance(part, ObjectType) and part.name in self.objects for part in types)
            for one, types in _fields(field)
        )


def holding_checks(system: System) -> Holding:
    """Where there is more to a value than Convex's validator of it can say."""
    return _holding(system, _is_checked)


def holding_json(system: System) -> Holding:
    """Where there is JSON in a value, which is stored in a form of its own."""
    return _holding(system, _is_json)


def _holding(system: System, says: Says) -> Holding:
    """Each object is looked at once, however many others have it, or it has itself."""
    holders: dict[str, list[str]] = {}
    waiting: list[str] = []
    for shape in system.objects:
        inner = [found for field in shape.fields for found in _fields(field)]
        for part in (part for _, types in inner for part in types):
            if isinstance(part, ObjectType):
                holders.setdefault(part.name, []).append(shape.name)
        if any(says(field, types) for field, types in inner):
            waiting.append(shape.name)
    found = set(waiting)
    while waiting:
        new = set(holders.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return Holding(says, frozenset(found))


def _fields(field: Field) -> Iterator[tuple[Field, Sequence[Type]]]:
    """The field and those of objects without names in it, each with what its type is made of."""
    waiting = [field]
    while waiting:
        one = waiting.pop()
        types = list(_made_of(one.type))
        yield one, types
        for part in types:
            if isinstance(part, InlineObjectType):
                waiting.extend(part.fields)


def _made_of(type_: Type) -> Iterator[Type]:
    """The type and every type in it, where it refers to too; no object is entered."""
    waiting = [type_]
    while waiting:
        current = waiting.pop()
        yield current
        if isinstance(current, RefType):
            waiting.append(current.target)
        elif not isinstance(current, InlineObjectType):
            waiting.extend(children(current))


def _is_checked(field: Field, types: Sequence[Type]) -> bool:
    return field.constraints != UNCONSTRAINED or any(
        # What is written of an entity has a form of its own.
        isinstance(part, IntegerType | TimestampType | VectorType | ConstrainedType | InputType)
        for part in types
    )


def _is_json(_: Field, types: Sequence[Type]) -> bool:
    return any(isinstance(part, JsonType) for part in types)
