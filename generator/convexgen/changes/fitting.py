"""Whether all values of a type are values of another one, as documents have them.

Constraints are left out: neither Convex nor who reads a document asks them, writes alone do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from convexgen.model.entities import Entity
from convexgen.model.kinds import holding_json
from convexgen.model.shapes import EnumShape
from convexgen.model.system import System
from convexgen.model.tags import object_fields
from convexgen.model.traversal import bare, takes_null
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    DocumentType,
    EnumType,
    Field,
    FunctionHandleType,
    IdType,
    InputType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    RecordType,
    StringType,
    TableIdType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)

_SAFE = 2**53
_REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')


class Fitting:
    """Types of an old and a new version of a spec."""

    def __init__(self, before: System, after: System, entities: Iterable[tuple[Entity, Entity]]):
        self.before = before
        self.after = after
        self._pairs = tuple(entities)
        self._entities = {old.name: new.name for old, new in self._pairs}
        self._old_enums = {enum.name: enum for enum in before.enums}
        self._new_enums = {enum.name: enum for enum in after.enums}
        self._json_before = holding_json(before)
        self._known: dict[tuple[Type, Type], bool] = {}

    def reversed(self) -> Fitting:
        """The same from the new version to the old one."""
        return Fitting(self.after, self.before, [(new, old) for old, new in self._pairs])

    def takes_field(self, old: Field, new: Field) -> bool:
        """Whether what a field may be, it may be in the new version, too."""
        return (new.optional or not old.optional) and self.takes(_whole(old), _whole(new))

    def takes_fields(self, old: Iterable[Field], new: Iterable[Field]) -> bool:
        """Whether each object of the old fields is one of the new ones."""
        earlier = {field.name: field for field in old}
        later = {field.name: field for field in new}
        return all(
            field.name in later and self.takes_field(field, later[field.name])
            for field in earlier.values()
        ) and all(field.optional for name, field in later.items() if name not in earlier)

    def takes(self, old: Type, new: Type) -> bool:
        """Whether each value of the old type is one of the new type, stored alike."""
        pair = (old, new)
        if pair not in self._known:
            self._known[pair] = self._takes(bare(old), bare(new))
        return self._known[pair]

    def _takes(self, old: Type, new: Type) -> bool:
        match old, new:
            case UnionType(members), _:
                return all(self.takes(one, new) for one in members)
            case _, UnionType(members):
                return self._is_in(old, members)
            case (JsonType(), _) | (_, JsonType()):
                return self._takes_json(old, new)
            case _, AnyType():
                return not self._json_before.is_in(Field("", old))
            case AnyType(), _:
                return False
            case _:
                pass
        return self._takes_alike(old, new)

    def _takes_alike(self, old: Type, new: Type) -> bool:
        """The same of types that are neither unions, JSON nor any."""
        old_fields = object_fields(old, self.before)
        new_fields = object_fields(new, self.after)
        if old_fields is not None and new_fields is not None:
            return self.takes_fields(old_fields, new_fields)
        match old, new:
            case ListType(one), ListType(other):
                return self.takes(one, other)
            case VectorType(size), VectorType(other_size):
                return size == other_size
            case VectorType(), ListType(other):
                return self.takes(NumberType(), other)
            case RecordType(key, value), RecordType(other_key, other_value):
                return self.takes(key, other_key) and self.takes(value, other_value)
            case IdType() | TableIdType(), IdType() | TableIdType():
                return _table(old, self.before) == _table(new, self.after)
            case FunctionHandleType(), FunctionHandleType(kind):
                return kind is None or kind == old.kind
            case (DocumentType(entity), DocumentType(other)) | (
                InputType(entity),
                InputType(other),
            ):
                return self._entities.get(entity) == other
            case _:
                return self._takes_plain(old, new)

    def _takes_json(self, old: Type, new: Type) -> bool:
        """JSON is stored in a form of its own: no other type has its values."""
        if not isinstance(old, JsonType) or not isinstance(new, JsonType):
            return False
        if new.definition is None:
            return True
        # What a JSON Schema takes that another one takes is more than can be told.
        return old == new and _needed(old, self.before) == _needed(new, self.after)

    def _is_in(self, old: Type, members: Iterable[Type]) -> bool:
        listed = list(members)
        return any(self.takes(old, one) for one in listed) or (
            (parts := self._parts(old)) != (old,)
            and all(any(self.takes(part, one) for one in listed) for part in parts)
        )

    def _parts(self, type_: Type) -> tuple[Type, ...]:
        """The single values of a type that has few."""
        match type_:
            case BooleanType():
                return (BooleanLiteralType((True,)), BooleanLiteralType((False,)))
            case LiteralType() | EnumType():
                values = text_values(type_, self._old_enums)
                return (type_,) if values is None else tuple(LiteralType((v,)) for v in values)
            case BooleanLiteralType(values):
                return tuple(BooleanLiteralType((value,)) for value in values)
            case NumberLiteralType(values):
                return tuple(NumberLiteralType((value,)) for value in values)
            case Int64LiteralType(values):
                return tuple(Int64LiteralType((value,)) for value in values)
            case _:
                return (type_,)

    def _takes_plain(self, old: Type, new: Type) -> bool:
        match old, new:
            case (
                StringType()
                | LiteralType()
                | EnumType()
                | IdType()
                | TableIdType()
                | FunctionHandleType(),
                StringType() | LiteralType() | EnumType(),
            ):
                later = text_values(new, self._new_enums)
                earlier = text_values(old, self._old_enums)
                return later is None or (earlier is not None and set(earlier) <= set(later))
            case NumberLiteralType(values), NumberLiteralType(others):
                return set(map(repr, values)) <= set(map(repr, others))
            case NumberLiteralType(values), IntegerType():
                return all(value.is_integer() and abs(value) <= _SAFE for value in values)
            case NumberLiteralType() | IntegerType() | TimestampType(), NumberType():
                return True
            case Int64LiteralType(values), Int64LiteralType(others):
                return set(values) <= set(others)
            case Int64LiteralType() | Int64Type(), Int64Type():
                return type(new) is Int64Type or type(old) is type(new)
            case BooleanLiteralType(values), BooleanLiteralType(others):
                return set(values) <= set(others)
            case BooleanLiteralType(), BooleanType():
                return True
            case _:
                return old == new


def _needed(type_: JsonType, system: System) -> Mapping[str, object]:
    """The definition that JSON fits, and those that it needs, by their names."""
    schemas = system.json_schemas
    if schemas is None or type_.definition is None:
        return {}
    definitions: Mapping[str, object] = json.loads(schemas.text)["$defs"]
    found: dict[str, object] = {}
    waiting = [type_.definition]
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in found:
            found[name] = definitions[name]
            waiting.extend(_REFERENCE.findall(json.dumps(definitions[name])))
    return found


def _whole(field: Field) -> Type:
    """The type of a field that is there, with null where it may be that."""
    return UnionType((field.type, NullType())) if field.nullable else field.type


def may_be_null(field: Field) -> bool:
    """Whether null is a value of a field."""
    return field.nullable or takes_null(field.type)


def text_values(type_: Type, enums: Mapping[str, EnumShape]) -> tuple[str, ...] | None:
    """The texts that a type of texts has; None where it may be any."""
    match type_:
        case LiteralType(values, is_open):
            return None if is_open else values
        case EnumType(name):
            return None if enums[name].is_open else enums[name].values
        case _:
            return None


def _table(type_: IdType | TableIdType, system: System) -> str:
    return type_.table if isinstance(type_, TableIdType) else system.entity(type_.entity).table
