"""The views of interfaces: of entities, of shared objects, and of enums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.model.classes import inline_objects
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Setter
from convexgen.model.shapes import EnumShape
from convexgen.model.system import System
from convexgen.model.types import Field, LiteralType, TimestampType
from convexgen.naming import enum_members
from convexgen.views.convex.typescript import comment, statement, string
from convexgen.views.layout import Group, Indent, Line
from convexgen.views.typescript.imports import Imports
from convexgen.views.typescript.types import TypeText, either, left_out, present, type_text

_TIMESTAMP = "Milliseconds since the epoch."


@dataclass(frozen=True, slots=True)
class ShapesView:
    """What a module of interfaces or of enums prints."""

    imports: tuple[str, ...]
    shapes: tuple[str, ...]


def view_enums(system: System, taken: frozenset[str]) -> ShapesView | None:
    """The named enums; None where there are none."""
    if not system.enums:
        return None
    return ShapesView((), tuple(_enum(shape, system, taken) for shape in system.enums))


def _enum(shape: EnumShape, system: System, taken: frozenset[str]) -> str:
    members = zip(enum_members(shape.values), shape.values, strict=True)
    constants = "".join(f"  {member}: {string(value)},\n" for member, value in members)
    imports = Imports("./", taken)
    values = type_text(LiteralType(shape.values, shape.is_open), "", imports, system)
    text = comment(shape.description)
    return (
        f"{text}export const {shape.name} = {{\n{constants}}} as const;\n\n"
        f"{text}{statement(0, values.after(f'export type {shape.name} ='), ';')}"
    )


def view_objects(system: System, taken: frozenset[str]) -> ShapesView | None:
    """The named objects; None where there are none."""
    if not system.objects:
        return None
    needed = Imports("./", taken)
    shapes = [
        text
        for shape in system.objects
        for text in (
            *inline_interfaces(shape.fields, shape.name, needed, system),
            interface(shape.name, shape.description, shape.fields, shape.name, needed, system),
        )
    ]
    return ShapesView(needed.lines(but=["objects"]), tuple(shapes))


def inline_interfaces(
    fields: Iterable[Field], owner: str, imports: Imports, system: System
) -> list[str]:
    """The interfaces of the objects declared in place in some fields."""
    return [
        interface(name, None, type_.fields, name, imports, system)
        for _, name, type_ in inline_objects(fields, owner)
    ]


def interface(
    name: str,
    description: str | None,
    fields: Iterable[Field],
    owner: str,
    imports: Imports,
    system: System,
    *,
    exported: bool = True,
) -> str:
    """An interface with these fields."""
    properties = [_property(field, owner, imports, system, field.optional) for field in fields]
    export = "export " if exported else ""
    return _interface(f"{export}interface {name}", description, properties)


def _interface(head: str, description: str | None, properties: Sequence[str]) -> str:
    if not properties:
        return f"{comment(description)}{head} {{}}"
    return f"{comment(description)}{head} {{\n" + "\n".join(properties) + "\n}"


def entity_interfaces(entity: Entity, imports: Imports, system: System) -> tuple[str, ...]:
    """What is written of an entity, and what is read; each a union where it has variants."""
    nested = [
        text
        for owner, field in entity.declared_fields
        for text in inline_interfaces((field,), owner, imports, system)
    ]
    shared = [(entity.name, field) for field in entity.shared_fields]
    if not entity.variants:
        return (*nested, *_document_interfaces(entity.name, None, shared, entity, imports, system))
    documents = [
        text
        for variant in entity.variants
        for text in _document_interfaces(
            variant.name,
            f"One whose `{entity.tag}` is {' or '.join(map(string, variant.values))}.",
            [*shared, *((variant.name, field) for field in variant.fields)],
            entity,
            imports,
            system,
        )
    ]
    return (
        *nested,
        *documents,
        comment(_written(entity)) + _variants_alias(entity, "Input"),
        comment(_read(entity)) + _variants_alias(entity, ""),
    )


def _written(entity: Entity) -> str:
    return f"What is written of it; the backend sets the rest.\n\n{_read(entity)}"


def _read(entity: Entity) -> str:
    return entity.description or f"A document of `{entity.table}`."


def _variants_alias(entity: Entity, suffix: str) -> str:
    members = [f"{variant.name}{suffix}" for variant in entity.variants]
    head = f"export type {entity.name}{suffix} ="
    return statement(0, Group((head, Indent((Line(), either(members))))), ";")


def _document_interfaces(
    name: str,
    text: str | None,
    fields: Sequence[tuple[str, EntityField]],
    entity: Entity,
    imports: Imports,
    system: System,
) -> tuple[str, str]:
    """What is written of a document and what is read; the fields come with their owners."""
    written = [
        _property(field, owner, imports, system, _may_be_left_out(field))
        for owner, field in fields
        if field.setter is not Setter.ON_WRITE
    ]
    always_read = [
        _property(field, owner, imports, system, is_optional=False)
        for owner, field in fields
        if not field.optional and (_may_be_left_out(field) or field.setter is Setter.ON_WRITE)
    ]
    table = string(entity.table)
    system_fields = [
        f"  readonly _id: {imports.runtime('Id')}<{table}>;",
        "  /** Milliseconds since the epoch: the start of the mutation. */\n"
        "  readonly _creationTime: number;",
    ]
    ending = "" if text is None else f"\n\n{text}"
    return (
        _interface(f"export interface {name}Input", _written(entity) + ending, written),
        _interface(
            f"export interface {name} extends {name}Input",
            _read(entity) + ending,
            [*system_fields, *always_read],
        ),
    )


def _may_be_left_out(field: EntityField) -> bool:
    return field.optional or field.setter is not None or field.default is not None


def _property(field: Field, owner: str, imports: Imports, system: System, is_optional: bool) -> str:
    text: TypeText = present(field, owner, imports, system)
    mark = "?" if is_optional else ""
    if is_optional:
        text = left_out(text)
    return comment(field_text(field), 1) + statement(1, text.after(f"{field.name}{mark}:"), ";")


def field_text(field: Field) -> str | None:
    """What a field holds, in which unit, and that it is deprecated."""
    parts: list[str] = [field.description] if field.description else []
    if isinstance(field.type, TimestampType):
        parts.append(_TIMESTAMP)
    if field.deprecated is not None:
        parts.append(f"@deprecated {field.deprecated}".rstrip())
    return "\n".join(parts) or None
