"""The views of the classes of entities, of shared objects and of enums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.guards import is_list, is_mapping
from convexgen.model.classes import inline_objects
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Setter
from convexgen.model.shapes import EnumShape, ObjectShape
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
from convexgen.naming import enum_members, python_attribute
from convexgen.views.layout import bracketed
from convexgen.views.python.annotations import (
    Imports,
    constants,
    constraint_metadata,
    document_id,
    field_annotation,
    local_name,
)
from convexgen.views.python.source import (
    Annotation,
    annotated,
    docstring,
    imports,
    plain_value,
    sort_names,
    statement,
    string,
)


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

    imports: tuple[str, ...]
    classes: tuple[ClassView, ...]


def view_enums(system: System, taken: frozenset[str]) -> ShapesView | None:
    """The named enums; None where there are none."""
    if not system.enums:
        return None
    needed = Imports(taken)
    classes = tuple(_enum(shape, needed) for shape in system.enums)
    return ShapesView(import_lines(needed), classes)


def _enum(shape: EnumShape, needed: Imports) -> ClassView:
    module, base = ("enum", "StrEnum") if shape.is_open else ("._runtime", "ClosedEnum")
    needed.add(module, base)
    members = zip(enum_members(shape.values), shape.values, strict=True)
    return ClassView(
        shape.name,
        needed.called(base),
        docstring(shape.description or _documented(shape), 1),
        tuple(statement(1, f"{member} = {string(value)}") for member, value in members),
    )


def _documented(shape: EnumShape) -> str:
    return (
        "Some of its strings: it has any other too." if shape.is_open else "One of these strings."
    )


def view_objects(system: System, taken: frozenset[str]) -> ShapesView | None:
    """The named objects; None where there are none."""
    if not system.objects:
        return None
    needed = Imports(taken)
    classes = [view for shape in system.objects for view in _object(shape, needed)]
    needed.names.pop("._objects", None)
    return ShapesView(import_lines(needed), tuple(classes))


def _object(shape: ObjectShape, needed: Imports) -> list[ClassView]:
    return [
        *inline_classes(shape.fields, shape.name, needed),
        shape_class(shape.name, shape.description, shape.fields, needed),
    ]


def inline_classes(
    fields: Iterable[Field], owner: str, needed: Imports, description: str | None = None
) -> list[ClassView]:
    """The classes of the objects declared in place in some fields."""
    return [
        shape_class(name, description, type_.fields, needed)
        for _, name, type_ in inline_objects(fields, owner)
    ]


def shape_class(
    name: str,
    description: str | None,
    fields: Iterable[Field],
    needed: Imports,
    owner: str | None = None,
) -> ClassView:
    """The class of an object inside an entity.

    The names of the classes for objects in it start with `owner`, or else its own name.
    """
    needed.add("._runtime", "Shape")
    return ClassView(
        name,
        needed.called("Shape"),
        docstring(description or "An object inside an entity.", 1),
        tuple(_field(field, owner or name, needed) for field in fields),
    )


def entity_classes(entity: Entity, system: System, needed: Imports) -> tuple[ClassView, ...]:
    """The class of an entity, or those of its variants, and of the objects declared in place."""
    nested = [
        view
        for owner, field in entity.declared_fields
        for view in inline_classes((field,), owner, needed)
    ]
    description = documentation(entity, entity.description or f"A document of `{entity.table}`.")
    shared = [(entity.name, field) for field in entity.shared_fields]
    if not entity.variants:
        return (*nested, _document_class(entity.name, description, shared, entity, system, needed))
    return (
        *nested,
        *(
            _document_class(
                variant.name,
                f"{description}\n\nOne whose `{python_attribute(entity.tag or '')}` is "
                + " or ".join(string(value) for value in variant.values)
                + ".",
                [*shared, *((variant.name, field) for field in variant.fields)],
                entity,
                system,
                needed,
            )
            for variant in entity.variants
        ),
    )


def variants_alias(entity: Entity, needed: Imports) -> str | None:
    """The type of a document of any variant; None where there are none."""
    if entity.tag is None:
        return None
    needed.add("typing", "Annotated", "TypeAlias")
    needed.add("._runtime", "Tagged")
    union = Annotation(tuple(variant.name for variant in entity.variants)).document
    tagged = f"{needed.called('Tagged')}({string(python_attribute(entity.tag))})"
    declared = needed.called("TypeAlias")
    value = bracketed(needed.called("Annotated["), [union, tagged], "]")
    text = documentation(entity, entity.description or f"A document of `{entity.table}`.")
    return f"{statement(0, f'{entity.name}: {declared} = ', value)}\n{docstring(text, 0)}"


def _document_class(
    name: str,
    description: str,
    fields: Sequence[tuple[str, Field]],
    entity: Entity,
    system: System,
    needed: Imports,
) -> ClassView:
    """A class of documents, whose fields come with the classes that declare them."""
    needed.add("._runtime", "Entity", "Timestamp", "DocumentCreationTime", "DocumentId")
    needed.add("._ids", document_id(entity.name))
    system_fields = (
        statement(1, f"doc_id: {document_id(entity.name)} = {needed.called('DocumentId')}()"),
        statement(1, needed.called("creation_time: Timestamp = DocumentCreationTime()")),
    )
    arguments = _class_arguments((field for _, field in fields), system)
    return ClassView(
        name,
        f"{needed.called('Entity')}{arguments}",
        docstring(description, 1),
        (*(_field(field, owner, needed) for owner, field in fields), *system_fields),
    )


def _field(field: Field, owner: str, needed: Imports) -> str:
    attribute = python_attribute(field.name)
    content = field_annotation(field, owner, needed, absent="MISSING")
    metadata = constraint_metadata(field.constraints, needed)
    if to_camel(attribute) != field.name:
        needed.add("._runtime", "Wire")
        metadata.append(f"{needed.called('Wire')}({string(field.name)})")
    if field.sensitive:
        needed.add("._runtime", "Sensitive")
        metadata.append(needed.called("Sensitive()"))
    if metadata:
        needed.add("typing", "Annotated")
        content = Annotation(
            (bracketed(needed.called("Annotated["), [content.document, *metadata], "]"),)
        )
    declaration = annotated(1, attribute, content, _default(field, needed))
    text = documentation(field, field.description or "")
    return f"{declaration}\n{docstring(text, 1)}" if text else declaration


def documentation(documented: Field | Entity, description: str) -> str:
    """The description, and that it is deprecated; empty where there is nothing to say."""
    if documented.deprecated is None:
        return description
    notice = f"Deprecated: {documented.deprecated}" if documented.deprecated else "Deprecated."
    return f"{description}\n\n{notice}" if description else notice


def _default(field: Field, needed: Imports) -> str:
    setter = field.setter if isinstance(field, EntityField) else None
    match setter:
        case Setter.ON_CREATE:
            needed.add("._runtime", "SetOnCreate")
            return needed.called(" = SetOnCreate()")
        case Setter.ON_WRITE:
            needed.add("._runtime", "SetOnWrite")
            return needed.called(" = SetOnWrite()")
        case None:
            pass
    if isinstance(field, EntityField) and field.default is not None:
        return f" = {_default_value(field.default.value, field.type, needed)}"
    if field.optional:
        return " = MISSING"
    return "" if field.nullable else _only_value(field.type)


def _only_value(type_: Type) -> str:
    """The default of a field that has but one value."""
    match type_:
        case LiteralType((text,), is_open=False):
            return f" = {string(text)}"
        case EnumType(name, (only,)):
            return f" = {name}.{enum_members((only,))[0]}"
        case BooleanLiteralType((_,)) | NumberLiteralType((_,)) | Int64LiteralType((_,)):
            return f" = {plain_value(constants(type_)[0])}"
        case _:
            return ""


def _default_value(value: object, type_: Type, needed: Imports) -> str:
    shown = _expression(value, type_)
    if isinstance(value, list | dict):
        needed.add("._runtime", "Default")
        return f"{needed.called('Default')}({shown})"
    return shown


def _expression(value: object, declared: Type) -> str:
    """A literal of plain data."""
    type_ = bare(declared)
    match type_:
        case EnumType(name):
            return f"{name}({string(str(value))})"
        case NumberLiteralType():
            # Written as the literal has it: 1.0 is no Literal[1] to a type checker.
            return plain_value(next(one for one in constants(type_) if one == value))
        case _:
            pass
    if is_list(value):
        element = type_.element if isinstance(type_, ListType) else JsonType()
        return f"[{', '.join(_expression(one, element) for one in value)}]"
    if is_mapping(value):
        inner = type_.value if isinstance(type_, RecordType) else JsonType()
        entries = [f"{string(key)}: {_expression(one, inner)}" for key, one in value.items()]
        return f"{{{', '.join(entries)}}}"
    return plain_value(value)


def _class_arguments(fields: Iterable[Field], system: System) -> str:
    """Sensitive values are not told in the errors of a class either."""
    return ", hide_input_in_errors=True" if _has_sensitive(fields, system) else ""


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


def aliased_imports(
    module: str, names: Iterable[str], taken: frozenset[str], level: int = 0
) -> list[str]:
    """The imports from a module, in isort's order: each alias has a statement of its own."""
    free = [name for name in names if name not in taken]
    found = [(name, [f"{name} as {local_name(name, taken)}"]) for name in taken.intersection(names)]
    if free:
        found.append((sort_names(free)[0], free))
    ordered = sort_names(first for first, _ in found)
    return [imports(module, dict(found)[first], level) for first in ordered]


_THIRD_PARTY = frozenset({"pydantic", "typing_extensions"})


def import_lines(needed: Imports) -> tuple[str, ...]:
    """The imports in isort's order: the standard library, others, then relative ones."""
    groups: list[list[str]] = [[], [], []]
    for module in sorted(needed.names):
        rank = 2 if module.startswith(".") else int(module in _THIRD_PARTY)
        # The others of the package have the classes themselves.
        is_own = module.startswith(".") and module != "._runtime"
        taken = frozenset[str]() if is_own else needed.taken
        groups[rank].extend(aliased_imports(module, needed.names[module], taken))
    return tuple("\n".join(group) for group in groups if group)
