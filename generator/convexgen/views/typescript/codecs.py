"""The codec of each type of the model: what is stored in another form than it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.tags import object_fields, tag_values
from convexgen.model.types import (
    ConstrainedType,
    DocumentType,
    Field,
    InlineObjectType,
    JsonType,
    ListType,
    ObjectType,
    RecordType,
    RefType,
    Type,
    UnionType,
)
from convexgen.views.convex.typescript import array, call, entry, object_literal, string
from convexgen.views.layout import Document


@dataclass(frozen=True, slots=True)
class CodecText:
    """An expression that makes a codec, and what it imports of the runtime's codecs."""

    expression: Document
    imports: frozenset[str]


def codec(type_: Type, system: System) -> CodecText | None:
    """The codec of a type; None where values are stored as they are given."""
    match type_:
        case JsonType():
            return CodecText("json", frozenset({"json"}))
        case ListType(element):
            return _wrapped("inElements", codec(element, system))
        case RecordType(_, value):
            return _wrapped("inEntries", codec(value, system))
        case DocumentType(entity):
            return entity_codec(system.entity(entity), system)
        case ObjectType() | InlineObjectType():
            return fields_codec(object_fields(type_, system) or (), system)
        case RefType(_, inner) | ConstrainedType(inner):
            return codec(inner, system)
        case UnionType(members, None):
            return _union_codec(members, system)
        case UnionType(members, str(tag)):
            return _all_codecs(
                [_variant(tag, tag_values(one, tag, system), codec(one, system)) for one in members]
            )
        case _:
            return None


def fields_codec(fields: Iterable[Field], system: System) -> CodecText | None:
    """The codec of an object of these fields."""
    found = [(field.name, _field_codec(field, system)) for field in fields]
    codecs = [(name, inner) for name, inner in found if inner is not None]
    if not codecs:
        return None
    properties: list[Document] = [
        inner.expression if name == inner.expression else entry(name, inner.expression)
        for name, inner in codecs
    ]
    return CodecText(
        ("inFields(", object_literal(properties), ")"),
        frozenset({"inFields"}).union(*(inner.imports for _, inner in codecs)),
    )


def entity_codec(entity: Entity, system: System) -> CodecText | None:
    """The codec of a document of an entity."""
    if entity.tag is None:
        return fields_codec(entity.fields, system)
    own = [
        _variant(entity.tag, variant.values, fields_codec(variant.fields, system))
        for variant in entity.variants
    ]
    return _all_codecs([fields_codec(entity.shared_fields, system), *own])


def _field_codec(field: Field, system: System) -> CodecText | None:
    if isinstance(field, EntityField) and field.large:
        return CodecText("largeJson", frozenset({"largeJson"}))
    return codec(field.type, system)


def _union_codec(members: Sequence[Type], system: System) -> CodecText | None:
    """A codec leaves values of other kinds alone; objects are told apart by their fields."""
    objects = [member for member in members if object_fields(member, system) is not None]
    found = [codec(member, system) for member in members if member not in objects]
    if len(objects) == 1:
        found.append(codec(objects[0], system))
    elif any(codec(member, system) is not None for member in objects):
        found.append(_shapes(objects, system))
    return _all_codecs(found)


def _all_codecs(found: Sequence[CodecText | None]) -> CodecText | None:
    codecs = [one for one in found if one is not None]
    if len(codecs) < 2:
        return codecs[0] if codecs else None
    return CodecText(
        call("inEither", [one.expression for one in codecs]),
        frozenset({"inEither"}).union(*(one.imports for one in codecs)),
    )


def _variant(tag: str, values: Iterable[str], inner: CodecText | None) -> CodecText | None:
    """The codec of an object that a tag tells apart."""
    if inner is None:
        return None
    listed = array([string(value) for value in values])
    expression = call("inVariant", [string(tag), listed, inner.expression])
    return CodecText(expression, inner.imports | {"inVariant"})


def _shapes(objects: Sequence[Type], system: System) -> CodecText:
    needed = frozenset({"inShapes"})
    shapes: list[Document] = []
    for one in objects:
        fields = object_fields(one, system) or ()
        inner = fields_codec(fields, system)
        shapes.append(
            object_literal(
                [
                    ("required: ", _names(field for field in fields if not field.optional)),
                    ("optional: ", _names(field for field in fields if field.optional)),
                    entry("codec", inner.expression if inner else "undefined"),
                ]
            )
        )
        needed |= inner.imports if inner else frozenset()
    return CodecText(("inShapes(", array(shapes), ")"), needed)


def _names(fields: Iterable[Field]) -> Document:
    return array([string(field.name) for field in fields])


def _wrapped(function: str, inner: CodecText | None) -> CodecText | None:
    if inner is None:
        return None
    expression = inner.expression
    made = (
        f"{function}({expression})" if isinstance(expression, str) else call(function, [expression])
    )
    return CodecText(made, inner.imports | {function})
