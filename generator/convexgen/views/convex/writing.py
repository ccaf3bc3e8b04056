"""What a caller writes of an entity, and what is stored of it.

Values that the backend sets, and those that stand where a caller leaves one out, are added to what
is given. Where only some variants have such fields, functions of the module tell these apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convexgen.guards import is_list, is_mapping
from convexgen.model.entities import Entity, Variant
from convexgen.model.fields import EntityField, Setter
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    AnyLiteralType,
    EnumType,
    Int64LiteralType,
    Int64Type,
    JsonType,
    ListType,
    RecordType,
    Type,
)
from convexgen.views.convex.typescript import (
    INDENT,
    WIDTH,
    assignment,
    call,
    comment,
    entry,
    member_chain,
    object_literal,
    plain_value,
    render,
    short_chain,
    statement,
    string,
)
from convexgen.views.convex.validators import present
from convexgen.views.layout import (
    SOFT_LINE,
    Document,
    FirstFitting,
    Group,
    Indent,
    Line,
    bracketed,
    hard,
)

_FILLED = "filled(given)"


def set_by(fields: Iterable[EntityField], *setters: Setter) -> list[str]:
    """The names of the fields that the backend sets, at the times that are asked for."""
    return [field.name for field in fields if field.setter in setters]


def defaulted(fields: Iterable[EntityField]) -> list[EntityField]:
    """The fields that have a default."""
    return [field for field in fields if field.default is not None]


def immutable(entity: Entity) -> list[str]:
    """The names of the fields that stay as they were created."""
    return [field.name for field in entity.fields if field.immutable]


def own_fields(entity: Entity) -> list[EntityField]:
    """The fields of all variants."""
    return [field for variant in entity.variants for field in variant.fields]


def without(validator: str, names: Sequence[str], last: Sequence[Document]) -> Document:
    """An object's validator without some fields, then with more calls."""
    calls: list[Document] = []
    if names:
        calls.append(call(".omit", [string(name) for name in names]))
    calls.extend(last)
    return short_chain(validator, calls) if len(calls) > 1 else (validator, *calls)


def changes_some(entity: Entity) -> bool:
    """Whether there are fields that a caller need not, or cannot, give as they are stored."""
    fields = (*entity.shared_fields, *own_fields(entity))
    return bool(set_by(fields, *Setter) or defaulted(fields))


def input_validator(entity: Entity, system: System) -> Document:
    """What a caller writes: `on write` is not its to give, `on create` may be left out."""
    if not changes_some(entity):
        return Group((f"schema.tables.{entity.table}", Indent((SOFT_LINE, ".validator"))))
    if not entity.variants:
        validator = f"schema.tables.{entity.table}.validator"
        names, properties = _changes(entity.fields, system)
        extension = (".extend(", object_literal(properties), ")")
        if properties and "\n" in render(extension, 1, trailing=len(";")):
            return _extended(validator, names, properties, "const input = ")
        return without(validator, names, [extension] if properties else [])
    members = [
        _variant_input(f"variants[{place}]", (*entity.shared_fields, *variant.fields), system)
        for place, variant in enumerate(entity.variants)
    ]
    return call("v.union", members)


def _variant_input(validator: str, fields: Sequence[EntityField], system: System) -> Document:
    names, properties = _changes(fields, system)
    if not names:
        return validator
    if not properties:
        return without(validator, names, [])
    return _extended(validator, names, properties, INDENT)


def _extended(
    validator: str, names: Sequence[str], properties: Sequence[Document], before: str
) -> Document:
    """A validator with other fields, whose object prettier keeps on lines of its own.

    It keeps the calls on one line where the first of that fits behind what is `before` it.
    """
    quoted = [string(name) for name in names]
    on_one_line = f"{validator}.omit({', '.join(quoted)})"
    extension = (".extend(", object_literal(properties, broken=True), ")")
    if len(f"{before}{on_one_line}.extend({{") <= WIDTH:
        return (on_one_line, extension)
    return member_chain(validator, [call(".omit", quoted), extension])


def _changes(fields: Sequence[EntityField], system: System) -> tuple[list[str], list[Document]]:
    """The fields that a caller does not give as they are stored, and how it gives them."""
    properties: list[Document] = [
        entry(name, call("v.optional", ["v.number()"])) for name in set_by(fields, Setter.ON_CREATE)
    ]
    properties.extend(
        entry(field.name, call("v.optional", [present(field, system)]))
        for field in defaulted(fields)
    )
    names = [
        *set_by(fields, Setter.ON_CREATE, Setter.ON_WRITE),
        *(field.name for field in defaulted(fields)),
    ]
    return names, properties


def defaults(entity: Entity) -> str | None:
    """The values that stand for those that a caller leaves out of the shared fields."""
    properties = _default_properties(entity.shared_fields)
    if not properties:
        return None
    return statement(0, assignment("const defaults", object_literal(properties)))


def _default_properties(fields: Iterable[EntityField]) -> list[Document]:
    return [
        entry(field.name, _default_value(field.default.value, field.type))
        for field in fields
        if field.default is not None
    ]


def _default_value(value: object, type_: Type) -> Document:
    found = list(parts(bare(type_)))
    return plain_value(
        _stored_value(value, type_),
        bigint=any(isinstance(part, Int64Type | Int64LiteralType) for part in found),
        constant=any(isinstance(part, EnumType | AnyLiteralType) for part in found),
    )


def _stored_value(value: object, declared: Type) -> object:
    """Plain data as a document holds it: JSON in the form in which it is stored."""
    type_ = bare(declared)
    if isinstance(type_, JsonType):
        from convexgen.runtime.json_values import json_to_wire

        return json_to_wire(value)
    if isinstance(type_, ListType) and is_list(value):
        return [_stored_value(one, type_.element) for one in value]
    if isinstance(type_, RecordType) and is_mapping(value):
        return {key: _stored_value(one, type_.value) for key, one in value.items()}
    return value


def given(entity: Entity) -> str:
    """What a caller gives, with what stands for what it leaves out."""
    if defaulted(own_fields(entity)):
        return _FILLED
    return "{ ...defaults, ...given }" if defaulted(entity.shared_fields) else "given"


def given_of(entity: Entity, names: Sequence[str]) -> str:
    """What a caller gives of some fields, as `given`."""
    fields = (*entity.shared_fields, *own_fields(entity))
    return given(entity) if any(one.name in names for one in defaulted(fields)) else "given"


def stored(entity: Entity, *, is_new: bool) -> Document | None:
    """The document that a write stores; None where it is what is given."""
    if set_by(own_fields(entity), *Setter):
        existing = ["{}" if is_new else "existing"] if keeps_some(entity) else []
        return call("complete", ["given", *existing, "now"])
    properties: list[Document] = []
    for field in entity.shared_fields:
        match field.setter:
            case Setter.ON_CREATE if is_new:
                properties.append(entry(field.name, f"given.{field.name} ?? now"))
            case Setter.ON_CREATE:
                properties.append(entry(field.name, f"existing.{field.name}"))
            case Setter.ON_WRITE:
                properties.append(entry(field.name, "now"))
            case None:
                pass
    if given(entity) == _FILLED:
        return object_literal([f"...{_FILLED}", *properties]) if properties else _FILLED
    if defaulted(entity.shared_fields):
        return object_literal(["...defaults", "...given", *properties])
    return object_literal(["...given", *properties]) if properties else None


def keeps_some(entity: Entity) -> bool:
    """Whether what a document has decides on what is stored instead of it."""
    fields = (*entity.shared_fields, *own_fields(entity))
    return bool(set_by(fields, Setter.ON_CREATE))


def functions(entity: Entity) -> tuple[str, ...]:
    """The functions of the module that tell variants apart to add what only some of them have."""
    found: list[str] = []
    if given(entity) == _FILLED:
        found.append(
            _by_variant(
                "What a caller gives, with what stands for what it leaves out.",
                bracketed("function filled(", ["given: Infer<typeof input>"], ") {"),
                entity,
                [(variant, []) for variant in entity.variants if defaulted(variant.fields)],
                [],
            )
        )
    if set_by(own_fields(entity), *Setter):
        existing = ["existing: AllFields"] if keeps_some(entity) else []
        parameters = ["given: Infer<typeof input>", *existing, "now: number"]
        found.append(
            _by_variant(
                "What is stored of what a caller gives.",
                bracketed("function complete(", parameters, ") {"),
                entity,
                [
                    (variant, _set_properties(variant.fields))
                    for variant in entity.variants
                    if defaulted(variant.fields) or set_by(variant.fields, *Setter)
                ],
                _set_properties(entity.shared_fields),
            )
        )
    return tuple(found)


def _set_properties(fields: Iterable[EntityField]) -> list[Document]:
    properties: list[Document] = []
    for field in fields:
        if field.setter is Setter.ON_CREATE:
            properties.append(_kept(field.name))
        elif field.setter is Setter.ON_WRITE:
            properties.append(entry(field.name, "now"))
    return properties


def _kept(name: str) -> Document:
    """The property that keeps a value, as prettier breaks it: first behind the colon."""
    flat = f"existing.{name} ?? given.{name} ?? now"
    broken = Group((f"existing.{name} ??", Line(), f"given.{name} ??", Line(), "now"))
    return FirstFitting((f"{name}: {flat}", hard((f"{name}:", Indent((Line(), broken))))))


def _by_variant(
    text: str,
    signature: Document,
    entity: Entity,
    own: Sequence[tuple[Variant, Sequence[Document]]],
    shared: Sequence[Document],
) -> str:
    """A function that returns an object by the tag; the variants without a case return another."""
    defaults_first = ["...defaults"] if defaulted(entity.shared_fields) else []
    lines = [comment(text) + statement(0, signature), f"  switch (given.{entity.tag}) {{"]
    for variant, properties in own:
        lines.extend(statement(2, f"case {string(value)}:") for value in variant.values)
        members = [*defaults_first, *_default_properties(variant.fields), "...given"]
        made = object_literal([*members, *shared, *properties])
        lines.append(statement(3, "return ", made, ";"))
    if len(own) < len(entity.variants):
        others: list[Document] = [*defaults_first, "...given", *shared]
        made = object_literal(others) if len(others) > 1 else "given"
        lines.extend(["    default:", statement(3, "return ", made, ";")])
    return "\n".join([*lines, "  }", "}"])
