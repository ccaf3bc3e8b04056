"""Values that fit the fields of a spec, as Convex writes them in JSON: the same in each run."""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convexgen.drawn_text import draw_text
from convexgen.model.system import System
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    CommitTimeType,
    ConstrainedType,
    Constraints,
    EnumType,
    Field,
    IdType,
    InlineObjectType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)

_MOMENT = 1_893_456_000_000
"""The first of January 2030."""
_MOST_PARTS = 2**17
"""Characters and other values. Lists that must have much are within each other without an end."""


class NoValueFound(Exception):
    """No value can be made up: it is of something that a document cannot be of by itself."""


class Circular(NoValueFound):
    """What is referred to would have to be there before what it waits for itself."""


def int64(value: int) -> dict[str, str]:
    """Source: `jsonToConvex` of the npm package `convex`."""
    return {"$integer": base64.b64encode(struct.pack("<q", value)).decode()}


class Values:
    """Makes values up, each number another one where the type has another."""

    def __init__(self, system: System, document: Callable[[str], str]) -> None:
        self._enums: Mapping[str, Sequence[str]] = {one.name: one.values for one in system.enums}
        self._objects = {one.name: one.fields for one in system.objects}
        self._document = document
        """The name of a document of an entity."""
        self._left = 0
        """How many parts the value that is made up may still have."""

    def of(self, field: Field, number: int) -> Any:
        """A value of a field. Raises `NoValueFound`."""
        self._left = _MOST_PARTS
        return self._of(field, number)

    def _of(self, field: Field, number: int) -> Any:
        return self._value(field.name, field.type, field.constraints, number)

    def _value(self, name: str, type_: Type, limits: Constraints, number: int) -> Any:
        self._take(name)
        match type_:
            case ConstrainedType(inner, constraints):
                return self._value(name, inner, constraints, number)
            case StringType():
                text = _text(name, limits, number)
                self._take(name, len(text))
                return text
            case BooleanType():
                return number % 2 == 1
            case BytesType():
                return {"$bytes": base64.b64encode(bytes([number % 256])).decode()}
            case CommitTimeType() | Int64Type():
                return int64(int(_number(limits, number)))
            case IntegerType() | NumberType():
                return _number(limits, number)
            case TimestampType():
                # The later they are created, the earlier: indexes have another order than tables.
                return _MOMENT - number
            case JsonType(None) | AnyType():
                return number
            case RefType(_, target):
                return self._value(name, target, limits, number)
            case IdType(entity):
                return {"$id": self._document(entity)}
            case _:
                return self._composed(name, type_, limits, number)

    def _composed(self, name: str, type_: Type, limits: Constraints, number: int) -> Any:
        match type_:
            case EnumType(enum):
                known: Sequence[str] = type_.listed or self._enums[enum]
                return known[number % len(known)]
            case LiteralType() | BooleanLiteralType() | NumberLiteralType():
                return type_.values[number % len(type_.values)]
            case Int64LiteralType(integers):
                return int64(integers[number % len(integers)])
            case ObjectType(named):
                return self._object(self._objects[named], number)
            case InlineObjectType(fields):
                return self._object(fields, number)
            case ListType(element):
                count = limits.min_items or 0
                return [self._value(name, element, Constraints(), number) for _ in range(count)]
            case NullType():
                return None
            case VectorType(dimensions):
                self._take(name, dimensions)
                return [1.0] * dimensions
            case RecordType():
                return {}
            case UnionType(members):
                return self._value(name, members[0], limits, number)
            case _:
                raise NoValueFound(name)

    def _object(self, fields: Sequence[Field], number: int) -> dict[str, Any]:
        return {one.name: self._of(one, number) for one in fields if not one.optional}

    def _take(self, name: str, parts: int = 1) -> None:
        self._left -= parts
        if self._left < 0:
            raise NoValueFound(name)


def _text(name: str, limits: Constraints, number: int) -> str:
    """The name and the number, where the limits have room for these."""
    plain = f"{name} {number}"
    least, most, pattern = limits.min_length or 0, limits.max_length, limits.pattern
    if pattern is None and len(plain) >= least and (most is None or len(plain) <= most):
        return plain
    patterns = [] if pattern is None else [pattern.python]
    try:
        return draw_text(random.Random(plain), name, least, most, patterns)
    except ValueError as error:
        raise NoValueFound(name) from error


def _number(limits: Constraints, number: int) -> int | float:
    """The number, moved to where the limits allow one."""
    least, most = limits.minimum, limits.maximum
    if least is not None:
        found = least + number
        return found if most is None or found <= most else least
    return number if most is None or number <= most else most
