"""The codec of each type of the model, of the functions of `codecs.ts`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convexgen.facts.code import Code
from convexgen.facts.expressions import (
    Expression,
    all_of,
    around,
    by_field,
    by_tag,
    called,
    named,
)
from convexgen.facts.typescript_text import array, object_literal, string
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.tags import object_fields, tag_values
from convexgen.model.traversal import bare
from convexgen.model.types import (
    ConstrainedType,
    DocumentType,
    Field,
    InlineObjectType,
    InputType,
    JsonType,
    ListType,
    ObjectType,
    RecordType,
    RefType,
    Type,
    UnionType,
)


def type_codec(type_: Type, system: System) -> Expression | None:
    """The codec of a type; None where values are stored as they are given."""
    match type_:
        case JsonType():
            return named("json")
        case ListType(element):
            return around("inElements", type_codec(element, system))
        case RecordType(_, value):
            return around("inEntries", type_codec(value, system))
        case DocumentType(entity):
            return entity_codec(system.entity(entity), system)
        case InputType(entity):
            return input_codec(system.entity(entity), system)
        case ObjectType() | InlineObjectType():
            return fields_codec(object_fields(type_, system) or (), system)
        case RefType(_, inner) | ConstrainedType(inner):
            return type_codec(inner, system)
        case UnionType(members, None):
            return _union_codec(members, system)
        case UnionType(members, str(tag)):
            return all_of(
                "inEither",
                [
                    by_tag("inVariant", tag, tag_values(one, tag, system), codec)
                    for one in members
                    if (codec := type_codec(one, system)) is not None
                ],
            )
        case _:
            return None


def fields_codec(fields: Iterable[Field], system: System) -> Expression | None:
    """The codec of an object of these fields."""
    return by_field("inFields", [(field.name, _field_codec(field, system)) for field in fields])


def entity_codec(entity: Entity, system: System) -> Expression | None:
    """The codec of a document of an entity."""
    codec = _written_codec(entity, system)
    if not entity.columns:
        return codec
    names = array(map(string, entity.columns))
    return around("withoutColumns", codec, names) or called("withoutColumns", names)


def _written_codec(entity: Entity, system: System) -> Expression | None:
    """The codec of the fields that callers know."""
    shared = fields_codec(entity.shared_fields, system)
    if entity.tag is None:
        return shared
    own = [
        by_tag("inVariant", entity.tag, one.values, fields_codec(one.fields, system))
        for one in entity.variants
    ]
    return all_of("inEither", [shared, *own])


def input_codec(entity: Entity, system: System) -> Expression:
    """The codec of what is written of an entity."""
    names = array(map(string, entity.set_by_backend))
    codec = _written_codec(entity, system)
    return around("asInput", codec, names) or called("asInput", names)


def _field_codec(field: Field, system: System) -> Expression | None:
    if isinstance(field, EntityField) and field.large and isinstance(field.type, JsonType):
        return named("largeJson")
    if isinstance(field, EntityField) and field.large and isinstance(field.type, RecordType):
        value = bare(field.type.value)
        codec = named("largeJson") if isinstance(value, JsonType) else type_codec(value, system)
        return around("inEntries", codec)
    return type_codec(field.type, system)


def _union_codec(members: Sequence[Type], system: System) -> Expression | None:
    """A codec leaves values of other kinds alone; objects are told apart by their fields."""
    objects = [member for member in members if object_fields(member, system) is not None]
    found = [type_codec(member, system) for member in members if member not in objects]
    if len(objects) == 1:
        found.append(type_codec(objects[0], system))
    elif any(type_codec(member, system) is not None for member in objects):
        found.append(_shapes(objects, system))
    return all_of("inEither", found)


def _shapes(objects: Sequence[Type], system: System) -> Expression:
    needed = frozenset[str]()
    shapes: list[Code] = []
    for one in objects:
        fields = object_fields(one, system) or ()
        inner = fields_codec(fields, system)
        shapes.append(
            object_literal(
                [
                    ("required", _names(field for field in fields if not field.optional)),
                    ("optional", _names(field for field in fields if field.optional)),
                    ("codec", inner.code if inner else Code("undefined")),
                ]
            )
        )
        needed |= inner.imports if inner else frozenset()
    outer = called("inShapes", array(shapes))
    return Expression(outer.code, outer.imports | needed)


def _names(fields: Iterable[Field]) -> Code:
    return array(string(field.name) for field in fields)
