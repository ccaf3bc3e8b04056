"""Where null is a value in a type, as literals of the type `Nulls` of the client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from convexgen.facts.code import Code
from convexgen.facts.typescript_text import object_literal, string
from convexgen.model.system import System
from convexgen.model.tags import object_fields
from convexgen.model.types import (
    AnyType,
    ConstrainedType,
    Field,
    InlineObjectType,
    InputType,
    JsonType,
    ListType,
    NullType,
    ObjectType,
    RecordType,
    RefType,
    Type,
    UnionType,
)


@dataclass(frozen=True, slots=True)
class _Nulls:
    """Null is a value at what is said, and nowhere else."""

    is_null: bool = False
    fields: Mapping[str, _Nulls] | None = None
    each: _Nulls | None = None
    """In elements of a list, and in values of a record."""
    is_anything: bool = False


_ANYTHING = _Nulls(is_anything=True)
_NULL = _Nulls(is_null=True)
_NEVER = _Nulls()


def type_nulls(type_: Type, system: System) -> Code | None:
    """Where a type has nulls; None where it has none."""
    return _literal(_of_type(type_, system))


def fields_nulls(fields: Iterable[Field], system: System) -> Code | None:
    """Where an object of these fields has nulls; None where it has none."""
    return _literal(_of_fields(fields, system))


def nulls_by_name(fields: Iterable[tuple[str, Field]], system: System) -> Code | None:
    """The same, by names that the fields may have; None where there are no nulls."""
    found = [(name, _literal(_of_field(field, system))) for name, field in fields]
    some = [(name, code) for name, code in found if code is not None]
    return object_literal(some) if some else None


def _of_type(type_: Type, system: System) -> _Nulls:
    match type_:
        case AnyType() | JsonType():
            return _ANYTHING
        case NullType():
            return _NULL
        case ListType(inner) | RecordType(_, inner):
            return _each(_of_type(inner, system))
        case ObjectType() | InlineObjectType():
            return _of_fields(object_fields(type_, system) or (), system)
        case InputType(entity):
            return _of_fields(system.entity(entity).fields, system)
        case RefType(_, inner) | ConstrainedType(inner):
            return _of_type(inner, system)
        case UnionType(members):
            return reduce(_either, (_of_type(member, system) for member in members))
        case _:
            return _NEVER


def _of_field(field: Field, system: System) -> _Nulls:
    found = _of_type(field.type, system)
    return _either(found, _NULL) if field.nullable else found


def _of_fields(fields: Iterable[Field], system: System) -> _Nulls:
    found = {field.name: _of_field(field, system) for field in fields}
    some = {name: nulls for name, nulls in found.items() if nulls != _NEVER}
    return _Nulls(fields=some) if some else _NEVER


def _each(inner: _Nulls) -> _Nulls:
    return _NEVER if inner == _NEVER else _Nulls(each=inner)


def _either(one: _Nulls, other: _Nulls) -> _Nulls:
    """Where one of two has nulls: which of them a value is of, they do not say."""
    if _NEVER in (one, other):
        return one if other == _NEVER else other
    if one.is_anything or other.is_anything:
        return _ANYTHING
    fields = dict(one.fields or {})
    for name, nulls in (other.fields or {}).items():
        fields[name] = _either(fields[name], nulls) if name in fields else nulls
    each = _either(one.each or _NEVER, other.each or _NEVER)
    return _Nulls(one.is_null or other.is_null, fields or None, None if each == _NEVER else each)


def _literal(nulls: _Nulls) -> Code | None:
    if nulls == _NEVER:
        return None
    if nulls.is_anything:
        return string("anything")
    if nulls == _NULL:
        return string("null")
    return object_literal(_parts(nulls))


def _parts(nulls: _Nulls) -> Iterator[tuple[str, Code]]:
    if nulls.is_null:
        yield "isNull", Code("true")
    if nulls.fields is not None:
        within = ((name, _literal(inner)) for name, inner in nulls.fields.items())
        yield "fields", object_literal((name, code) for name, code in within if code is not None)
    each = None if nulls.each is None else _literal(nulls.each)
    if each is not None:
        yield "each", each
