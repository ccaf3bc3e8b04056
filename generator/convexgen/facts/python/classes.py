"""The facts of classes: of entities, of objects and of enums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import (
    annotated,
    constants,
    constraint_metadata,
    document_id,
    field_annotation,
)
from convexgen.facts.python.imports import Module, module_of
from convexgen.facts.python_text import literal, string
from convexgen.guards import is_list, is_mapping
from convexgen.model.classes import objects_in
from convexgen.model.entities import Entity, Variant
from convexgen.model.fields import EntityField
from convexgen.model.shapes import EnumShape
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    BooleanLiteralType,
    EnumType,
    Field,
    InlineObjectType,
    Int64LiteralType,
    JsonType,
    ListType,
    LiteralType,
    NumberLiteralType,
    ObjectType,
    RecordType,
    Type,
)
from convexgen.naming import enum_members


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field of a class."""

    name: Code
    annotation: Code
    default: Code | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class with annotated fields."""

    name: Code
    description: str
    fields: tuple[FieldFacts, ...]
    document_id: Code | None = None
    """The type of the document IDs, where it is a class of documents."""
    has_any_fields: bool = False
    """Whether it has all fields of a document in a mapping."""
    hides_input: bool = False
    """Whether its errors do not tell values, some of which are sensitive."""


@dataclass(frozen=True, slots=True)
class EnumFacts:
    """A class of strings."""

    name: Code
    is_open: bool
    """Whether other strings are values too."""
    description: str
    members: tuple[tuple[Code, str], ...]


@dataclass(frozen=True, slots=True)
class EnumsFacts:
    """The module of the named enums."""

    module: Module
    enums: tuple[EnumFacts, ...]


@dataclass(frozen=True, slots=True)
class ObjectsFacts:
    """The module of the named objects."""

    module: Module
    classes: tuple[ClassFacts, ...]
    has_aliases: bool
    """Whether fields have the names of the spec as aliases."""


def enums_facts(system: System, taken: frozenset[str]) -> EnumsFacts:
    """The named enums."""
    return EnumsFacts(module_of(taken), tuple(map(_enum, system.enums)))


def _enum(shape: EnumShape) -> EnumFacts:
    names = map(identifier, enum_members(shape.values))
    any_other = "Some of its strings: it has any other too."
    return EnumFacts(
        identifier(shape.name),
        shape.is_open,
        shape.description or (any_other if shape.is_open else "One of these strings."),
        tuple(zip(names, shape.values, strict=True)),
    )


def objects_facts(system: System, taken: frozenset[str]) -> ObjectsFacts:
    """The named objects, each after the objects declared in place in it."""
    module = module_of(taken, own="._objects")
    classes = [
        one
        for shape in system.objects
        for one in (
            *inline_classes(shape.fields, module),
            shape_class(shape.name, shape.description, shape.fields, module),
        )
    ]
    return ObjectsFacts(module, tuple(classes), system.has_aliases)


def inline_classes(
    fields: Iterable[Field], module: Module, description: str | None = None
) -> list[ClassFacts]:
    """The classes of the objects declared in place in some fields."""
    return [shape_class(one.name, description, one.fields, module) for one in objects_in(fields)]


def shape_class(
    name: str, description: str | None, fields: Iterable[Field], module: Module
) -> ClassFacts:
    """The class of an object inside an entity."""
    return ClassFacts(
        identifier(name),
        description or "An object inside an entity.",
        tuple(_field(field, module) for field in fields),
    )


def entity_classes(entity: Entity, system: System, module: Module) -> tuple[ClassFacts, ...]:
    """The class of an entity, or those of its variants, and of the objects declared in place."""
    nested = inline_classes((field for _, field in entity.declared_fields), module)
    description = entity_description(entity)
    shared = entity.shared_fields
    if not entity.variants:
        return (*nested, _document(entity.name, description, shared, entity, system, module))
    return (
        *nested,
        *(
            _document(
                variant.name,
                f"{description}{_told_by(variant, entity)}",
                (*shared, *variant.fields),
                entity,
                system,
                module,
            )
            for variant in entity.variants
        ),
    )


def _told_by(variant: Variant, entity: Entity) -> str:
    if entity.tag is None:
        return ""
    values = " or ".join(map(string, variant.values))
    return f"\n\nOne whose `{entity.tag_attribute}` is {values}."


def entity_description(entity: Entity) -> str:
    """What an entity is, and that it is deprecated."""
    return documentation(entity, entity.description or f"A document of `{entity.table}`.")


def documentation(documented: Field | Entity, description: str) -> str:
    """The description, and that it is deprecated; empty where there is nothing to say."""
    if documented.deprecated is None:
        return description
    notice = f"Deprecated: {documented.deprecated}" if documented.deprecated else "Deprecated."
    return f"{description}\n\n{notice}" if description else notice


def _document(
    name: str,
    description: str,
    fields: Sequence[Field],
    entity: Entity,
    system: System,
    module: Module,
) -> ClassFacts:
    """A class of documents."""
    return ClassFacts(
        identifier(name),
        description,
        tuple(_field(field, module) for field in fields),
        module.imports.name("._ids", document_id(entity.name)),
        entity.has_any_fields,
        _has_sensitive(fields, system),
    )


def _field(field: Field, module: Module) -> FieldFacts:
    attribute = field.attribute
    metadata = constraint_metadata(field.constraints, module)
    if to_camel(attribute) != field.name:
        metadata.append(Code(f"{module.rt.Wire}({string(field.name)})"))
    if field.sensitive:
        metadata.append(Code(f"{module.rt.Sensitive}()"))
    content = field_annotation(field, module, absent="MISSING")
    return FieldFacts(
        identifier(attribute),
        annotated(module, content, metadata),
        _default(field, module),
        documentation(field, field.description or ""),
    )


def _default(field: Field, module: Module) -> Code | None:
    if isinstance(field, EntityField):
        if field.derived is not None:
            return Code(f"{module.rt.Derived}()")
        if field.setter is not None:
            if field.setter.is_set_once:
                return Code(f"{module.rt.SetOnCreate}()")
            keeps = "keeps_given=True" if field.setter.is_always_given else ""
            return Code(f"{module.rt.SetOnWrite}({keeps})")
        if field.kept and field.default is not None:
            return Code(f"{module.rt.Kept}()")
        if field.default is not None:
            value = field.default.value
            shown = _expression(value, field.type)
            is_shared = isinstance(value, list | dict)
            return Code(f"{module.rt.Default}({shown})") if is_shared else shown
    if field.optional:
        return module.rt.MISSING
    return None if field.nullable else _only_value(field.type)


def _only_value(type_: Type) -> Code | None:
    """The default of a field that has but one value."""
    match type_:
        case LiteralType((text,), is_open=False):
            return string(text)
        case EnumType(name, (only,)):
            return Code(f"{identifier(name)}.{enum_members((only,))[0]}")
        case BooleanLiteralType((_,)) | NumberLiteralType((_,)) | Int64LiteralType((_,)):
            return literal(constants(type_)[0])
        case _:
            return None


def _expression(value: object, declared: Type) -> Code:
    """A literal of plain data."""
    type_ = bare(declared)
    match type_:
        case EnumType(name):
            return Code(f"{identifier(name)}({string(str(value))})")
        case NumberLiteralType():
            # Written as the literal has it: 1.0 is no Literal[1] to a type checker.
            return literal(next(one for one in constants(type_) if one == value))
        case _:
            pass
    if is_list(value):
        element = type_.element if isinstance(type_, ListType) else JsonType()
        return Code(f"[{', '.join(_expression(one, element) for one in value)}]")
    if is_mapping(value):
        inner = type_.value if isinstance(type_, RecordType) else JsonType()
        entries = [f"{string(key)}: {_expression(one, inner)}" for key, one in value.items()]
        return Code(f"{{{', '.join(entries)}}}")
    return literal(value)


def _has_sensitive(fields: Iterable[Field], system: System) -> bool:
    objects = {shape.name: shape.fields for shape in system.objects}
    waiting = list(fields)
    while waiting:
        field = waiting.pop()
        if field.sensitive:
            return True
        for part in parts(field.type):
            if isinstance(part, InlineObjectType):
                waiting.extend(part.fields)
            elif isinstance(part, ObjectType):
                waiting.extend(objects.get(part.name, ()))
    return False
