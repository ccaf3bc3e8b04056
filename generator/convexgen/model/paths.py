"""Fields of objects in documents, which indexes, searches and conditions name by paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.traversal import bare
from convexgen.model.types import (
    AnyType,
    EnumType,
    Field,
    InlineObjectType,
    JsonType,
    ObjectType,
    RecordType,
    Type,
    UnionType,
)
from convexgen.model.unions import merge_fields
from convexgen.naming import python_path

Objects: TypeAlias = Mapping[str, tuple[Field, ...]]
"""The fields of named objects."""


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Where a path leads no further."""

    before: str
    """The path so far; empty where it does not begin with a field."""
    name: str
    """What is not there."""
    known: tuple[str, ...] | None
    """What is; None where what the path has led to is no object."""


def is_path(name: str) -> bool:
    """Whether what an index names is a path, not a field."""
    return "." in name


def field_at(path: str, entity: Entity, objects: Objects) -> EntityField | DeadEnd:
    """The field that a path leads to from one of an entity, through objects and `any`.

    It may be absent where one of the fields on the way may be, or null, or be an object without the
    next one.
    """
    first, *names = path.split(".")
    found: list[Field] = [field for field in entity.fields if field.name == first]
    if not found:
        return DeadEnd("", first, tuple(field.name for field in entity.fields))
    attributes = [found[0].attribute]
    may_lack = entity.may_lack(first)
    on_the_way = list(found)
    before = first
    for name in names:
        may_lack = may_lack or any(field.optional or field.nullable for field in found)
        # Each once: objects of a union may have one type of field, step after step.
        members = {
            (one, one.name if isinstance(one, InlineObjectType) else ""): one
            for field in found
            for type_ in field.types
            for one in _members(type_)
        }.values()
        of_objects = [_fields_of(member, name, objects) for member in members]
        if all(own is None for own in of_objects) or any(
            isinstance(one, JsonType | RecordType) for one in members
        ):
            return DeadEnd(before, name, None)
        inner = [[one for one in own or () if one.name == name] for own in of_objects]
        found = [field for own in inner for field in own]
        if not found:
            known = dict.fromkeys(one.name for own in of_objects for one in own or ())
            return DeadEnd(before, name, tuple(known))
        may_lack = may_lack or not all(inner)
        on_the_way += found
        attributes.append(found[0].attribute)
        before = f"{before}.{name}"
    merged = merge_fields([_as_of_entity(field, path, ".".join(attributes)) for field in found])
    is_any = any(isinstance(field.type, AnyType) for field in found)
    return replace(
        merged,
        type=AnyType() if is_any else merged.type,
        merged=() if is_any else merged.merged,
        optional=merged.optional or may_lack,
        sensitive=any(field.sensitive for field in on_the_way),
    )


def _members(type_: Type) -> Iterator[Type]:
    plain = bare(type_)
    if isinstance(plain, UnionType):
        for member in plain.members:
            yield from _members(member)
    else:
        yield plain


def _fields_of(type_: Type, name: str, objects: Objects) -> tuple[Field, ...] | None:
    """The fields of an object, of which `any` may be one with a field of that name."""
    match type_:
        case AnyType():
            return (Field(name, AnyType(), optional=True),)
        case InlineObjectType(fields):
            return fields
        case ObjectType(name):
            return objects.get(name)
        case _:
            return None


def _as_of_entity(field: Field, path: str, attributes: str) -> EntityField:
    """A field of an object, where no union has it for its tag: there, an enum has its values."""
    type_ = field.type
    return EntityField(
        name=path,
        type=replace(type_, listed=()) if isinstance(type_, EnumType) else type_,
        optional=field.optional,
        nullable=field.nullable,
        description=field.description,
        constraints=field.constraints,
        deprecated=field.deprecated,
        sensitive=field.sensitive,
        python=attributes if attributes != python_path(path) else None,
    )
