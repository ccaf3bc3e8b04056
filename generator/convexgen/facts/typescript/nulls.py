"""Where null is a value in a type, and what of it is not left out, as literals of the type `Nulls`
of the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from convexgen.facts.code import Code
from convexgen.facts.typescript_text import array, object_literal, string
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
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
    required: tuple[str, ...] | None = None
    """The fields that an object always has; None of what is no object."""
    fields: Mapping[str, _Nulls] | None = None
    each: _Nulls | None = None
    """In elements of a list, and in values of a record."""
    is_anything: bool = False


_ANYTHING = _Nulls(is_anything=True)
_NULL = _Nulls(is_null=True)
_NEVER = _Nulls()


def type_nulls(type_: Type, system: System) -> Code | None:
    """What a type says of nulls and of what is left out; None where that is nothing."""
    return _literal(_of_type(type_, system))


def fields_nulls(fields: Iterable[Field], system: System) -> Code | None:
    """The same of an object of these fields."""
    return _literal(_of_fields(fields, system))


def nulls_by_name(fields: Iterable[tuple[str, Field]], system: System) -> Code | None:
    """The same of each field that says anything, by names that the fields may have."""
    found = [(name, _literal(_of_field(field, system))) for name, field in fields]
    some = [(name, code) for name, code in found if code is not None]
    return object_literal(some) if some else None


def required_fields(entity: Entity) -> list[str]:
    """Those that nobody leaves out in writing, of no variant."""
    found = [
        {
            field.name
            for field in (*entity.shared_fields, *fields)
            if not (field.is_read_only or may_be_left_out(field))
        }
        for fields in [variant.fields for variant in entity.variants] or [()]
    ]
    return [field.name for field in entity.fields if all(field.name in names for names in found)]


def may_be_left_out(field: EntityField) -> bool:
    """Whether a caller need not give it."""
    return field.optional or field.setter is not None or field.default is not None


def _of_type(type_: Type, system: System) -> _Nulls:
    match type_:
        case AnyType() | JsonType():
            return _ANYTHING
        case NullType():
            return _NULL
        case ListType(inner):
            return _each(_of_type(inner, system))
        case RecordType(_, inner):
            return replace(_each(_of_type(inner, system)), required=())
        case ObjectType() | InlineObjectType():
            return _of_fields(object_fields(type_, system) or (), system)
        case InputType(name):
            entity = system.entity(name)
            written = [field for field in entity.fields if not field.is_read_only]
            return replace(_of_fields(written, system), required=tuple(required_fields(entity)))
        case RefType(_, inner) | ConstrainedType(inner):
            return _of_type(inner, system)
        case UnionType(members, tag):
            found = reduce(_either, (_of_type(member, system) for member in members))
            return found if tag is None else replace(found, required=(tag,))
        case _:
            return _NEVER


def _of_field(field: Field, system: System) -> _Nulls:
    found = _of_type(field.type, system)
    return _either(found, _NULL) if field.nullable else found


def _of_fields(fields: Iterable[Field], system: System) -> _Nulls:
    found = {field.name: (field, _of_field(field, system)) for field in fields}
    required = tuple(name for name, (field, _) in found.items() if not field.optional)
    some = {name: nulls for name, (_, nulls) in found.items() if nulls != _NEVER}
    return _Nulls(required=required, fields=some or None)


def _each(inner: _Nulls) -> _Nulls:
    return _NEVER if inner == _NEVER else _Nulls(each=inner)


def _either(one: _Nulls, other: _Nulls) -> _Nulls:
    """What both of two say: which of them a value is of, they do not say."""
    if _NEVER in (one, other):
        return one if other == _NEVER else other
    if one.is_anything or other.is_anything:
        return _ANYTHING
    if one.required is not None and other.required is not None:
        # There, objects are read of which only a newer deployment knows.
        one, other = _without_required(one), _without_required(other)
    fields = dict(one.fields or {})
    for name, nulls in (other.fields or {}).items():
        fields[name] = _either(fields[name], nulls) if name in fields else nulls
    each = _either(one.each or _NEVER, other.each or _NEVER)
    return _Nulls(
        one.is_null or other.is_null,
        other.required if one.required is None else one.required,
        fields or None,
        None if each == _NEVER else each,
    )


def _without_required(nulls: _Nulls) -> _Nulls:
    return replace(
        nulls,
        required=None if nulls.required is None else (),
        fields=nulls.fields
        and {name: _without_required(inner) for name, inner in nulls.fields.items()},
        each=nulls.each and _without_required(nulls.each),
    )


def _literal(nulls: _Nulls) -> Code | None:
    if nulls.is_anything:
        return string("anything")
    parts = list(_parts(nulls))
    if not parts:
        return None
    return string("null") if nulls.is_null and len(parts) == 1 else object_literal(parts)


def _parts(nulls: _Nulls) -> Iterator[tuple[str, Code]]:
    if nulls.is_null:
        yield "isNull", Code("true")
    if nulls.required:
        yield "required", array(map(string, nulls.required))
    each = None if nulls.each is None else _literal(nulls.each)
    within = [(name, _literal(inner)) for name, inner in (nulls.fields or {}).items()]
    # What is not named is an entry of a record, where there may be one.
    named = [(name, code or Code("{}")) for name, code in within if code or each]
    if named:
        yield "fields", object_literal(named)
    if each is not None:
        yield "each", each
