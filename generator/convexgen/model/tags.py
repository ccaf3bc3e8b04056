"""The fields that tell the objects of a union apart."""

from __future__ import annotations

from convexgen.model.system import System
from convexgen.model.types import Field, InlineObjectType, LiteralType, ObjectType, Type


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
        if field.name == tag and isinstance(field.type, LiteralType):
            return field.type.values
    return ()
