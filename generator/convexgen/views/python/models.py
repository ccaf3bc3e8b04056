"""The views of the classes of entities, of shared objects and of enums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.model.system import Entity, EntityField, EnumShape, ObjectShape, Setter, System
from convexgen.model.types import Field
from convexgen.naming import enum_members, python_attribute
from convexgen.views.python.annotations import (
    Imports,
    document_id,
    field_annotation,
    inline_objects,
    nested_class,
)
from convexgen.views.python.source import annotated, docstring, imports, statement, string


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class with annotated fields."""

    name: str
    base: str
    docstring: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShapesView:
    """What a module of classes prints."""

    header: str
    imports: tuple[str, ...]
    classes: tuple[ClassView, ...]


def view_enums(system: System, header: str) -> ShapesView | None:
    """The named enums; None where there are none."""
    if not system.enums:
        return None
    return ShapesView(
        header, ("from enum import StrEnum",), tuple(_enum(shape) for shape in system.enums)
    )


def _enum(shape: EnumShape) -> ClassView:
    members = zip(enum_members(shape.values), shape.values, strict=True)
    return ClassView(
        shape.name,
        "StrEnum",
        docstring(shape.description or "One of these strings.", 1),
        tuple(statement(1, f"{member} = {string(value)}") for member, value in members),
    )


def view_objects(system: System, header: str) -> ShapesView | None:
    """The named objects; None where there are none."""
    if not system.objects:
        return None
    needed = Imports()
    classes = [view for shape in system.objects for view in _object(shape, needed)]
    needed.names.pop("._objects", None)
    return ShapesView(header, import_lines(needed), tuple(classes))


def _object(shape: ObjectShape, needed: Imports) -> list[ClassView]:
    return [
        *inline_classes(shape.fields, shape.name, needed),
        shape_class(shape.name, shape.description, shape.fields, needed),
    ]


def inline_classes(fields: Iterable[Field], owner: str, needed: Imports) -> list[ClassView]:
    """The classes of the objects declared in place in some fields."""
    return [
        shape_class(name, None, type_.fields, needed)
        for field in fields
        for name, type_ in inline_objects(field.type, nested_class(owner, field.name))
    ]


def shape_class(
    name: str, description: str | None, fields: Iterable[Field], needed: Imports
) -> ClassView:
    """The class of an object inside an entity."""
    needed.add("._runtime", "Shape")
    return ClassView(
        name,
        "Shape",
        docstring(description or "An object inside an entity.", 1),
        tuple(_field(field, name, needed) for field in fields),
    )


def entity_class(entity: Entity, needed: Imports) -> ClassView:
    """The class of an entity."""
    needed.add("._runtime", "Entity", "Timestamp", "DocumentCreationTime", "DocumentId")
    needed.add("._ids", document_id(entity.name))
    system_fields = (
        statement(1, f"doc_id: {document_id(entity.name)} = DocumentId()"),
        statement(1, "creation_time: Timestamp = DocumentCreationTime()"),
    )
    return ClassView(
        entity.name,
        "Entity",
        docstring(entity.description or f"A document of `{entity.table}`.", 1),
        (*(_field(field, entity.name, needed) for field in entity.fields), *system_fields),
    )


def _field(field: Field, owner: str, needed: Imports) -> str:
    attribute = python_attribute(field.name)
    content = field_annotation(field, owner, needed, absent="MISSING")
    if to_camel(attribute) != field.name:
        needed.add("typing", "Annotated")
        needed.add("._runtime", "Wire")
        content = ("Annotated[", content, f", Wire({string(field.name)})]")
    declaration = annotated(1, attribute, content, _default(field, needed))
    if field.description is None:
        return declaration
    return f"{declaration}\n{docstring(field.description, 1)}"


def _default(field: Field, needed: Imports) -> str:
    setter = field.setter if isinstance(field, EntityField) else None
    match setter:
        case Setter.ON_CREATE:
            needed.add("._runtime", "SetOnCreate")
            return " = SetOnCreate()"
        case Setter.ON_WRITE:
            needed.add("._runtime", "SetOnWrite")
            return " = SetOnWrite()"
        case None:
            return " = MISSING" if field.optional else ""


def import_lines(needed: Imports) -> tuple[str, ...]:
    """The imports in isort's order: the standard library, others, then relative ones."""
    groups: list[list[str]] = [[], [], []]
    for module in sorted(needed.names):
        rank = 2 if module.startswith(".") else int(module.startswith("pydantic"))
        groups[rank].append(imports(module, needed.names[module]))
    return tuple("\n".join(group) for group in groups if group)
