"""The fields that tell the objects of a union apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from convexgen.model.system import System
from convexgen.model.types import EnumType, Field, InlineObjectType, LiteralType, ObjectType, Type


def object_fields(type_: Type, system: System) -> tuple[Field, ...] | None:
    """The fields of an object; None if the type is something else."""
    match type_:
        case InlineObjectType(fields):
            return fields
        case ObjectType(name):
            return next(shape.fields for shape in system.objects if shape.name == name)
        case _:
            return None


def tag_values(member: Type, tag: str, system: System) -> tuple[str, ...]:
    """The values of the tag of a member of a union; none where it has no such tag."""
    for field in object_fields(member, system) or ():
        if field.name == tag:
            return _values(field.type, system)
    return ()


def _values(type_: Type, system: System) -> tuple[str, ...]:
    match type_:
        case LiteralType(values):
            return values
        case EnumType(name):
            return next(shape.values for shape in system.enums if shape.name == name)
        case _:
            return ()


def list_tags(
    fields: tuple[Field, ...], tags: Collection[str], enums: Mapping[str, tuple[str, ...]]
) -> tuple[Field, ...]:
    """The fields of an object, those that are tags of unions with the values of their enums."""
    return tuple(
        replace(field, type=replace(field.type, listed=enums[field.type.name]))
        if field.name in tags and isinstance(field.type, EnumType)
        else field
        for field in fields
    )
