"""The objects and enums that a spec has a name for: what they are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from convexgen.importing.exported import (
    ExportedSchema,
    Validator,
    members,
    objects_in,
    record_values,
)
from convexgen.importing.pairing import paired
from convexgen.importing.types import shape_key
from convexgen.model.system import System
from convexgen.model.types import (
    ConstrainedType,
    EnumType,
    Field,
    InlineObjectType,
    ListType,
    ObjectType,
    RecordType,
    Type,
    UnionType,
)


def named_shapes(system: System, schema: ExportedSchema) -> dict[str, Validator]:
    """The validators of the objects and enums of a system, as far as its tables have them."""
    reader = _Reader(system)
    tables = {table.name: table for table in schema.tables}
    for entity in system.entities:
        variants = tables[entity.table].variants
        if any(one["type"] != "object" for one in variants):
            continue
        for variant in variants:
            reader.read_fields(entity.shared_fields, variant)
        # Those that are equal are one in the schema.
        if len(entity.variants) == len(variants):
            for own, variant in zip(entity.variants, variants, strict=True):
                reader.read_fields(own.fields, variant)
    return reader.found


class _Reader:
    """Goes through types and the validators that they give."""

    def __init__(self, system: System) -> None:
        self._objects = {shape.name: shape.fields for shape in system.objects}
        self._enums = {shape.name: shape.values for shape in system.enums}
        self.found: dict[str, Validator] = {}

    def read_fields(self, fields: Sequence[Field], validator: Validator) -> None:
        for field in fields:
            exported = validator["value"].get(field.name)
            if exported is not None:
                self._read(field.type, exported["fieldType"])

    def _read(self, type_: Type, validator: Validator) -> None:
        parts = without_null(validator)
        match type_:
            case EnumType(name) if not type_.is_open:
                values = [{"type": "literal", "value": one} for one in self._enums[name]]
                self.found[name] = {"type": "union", "value": values}
            case ObjectType(name):
                fields = self._objects[name]
                shape = _object_with(fields, parts)
                if shape is not None and name not in self.found:
                    self.found[name] = shape
                    self.read_fields(fields, shape)
            case InlineObjectType(fields):
                shape = _object_with(fields, parts)
                if shape is not None:
                    self.read_fields(fields, shape)
            case ListType(inner):
                self._read_inner(inner, [one["value"] for one in _of_kind("array", parts)])
            case RecordType(_, inner):
                self._read_inner(inner, [record_values(one) for one in _of_kind("record", parts)])
            case ConstrainedType(inner):
                self._read(inner, validator)
            case UnionType(types):
                self._read_members(types, parts)
            case _:
                pass

    def _read_members(self, types: Sequence[Type], parts: Sequence[Validator]) -> None:
        named = [one for one in types if isinstance(one, ObjectType | InlineObjectType)]
        objects = _of_kind("object", parts)
        is_plain = len(named) == len(objects)
        for one in types:
            # Of several that have the same fields, the places tell.
            found = [objects[named.index(one)]] if is_plain and one in named else parts
            self._read(one, {"type": "union", "value": found})

    def _read_inner(self, type_: Type, found: Sequence[Validator]) -> None:
        if len(found) == 1:
            self._read(type_, found[0])


def _object_with(fields: Sequence[Field], parts: Sequence[Validator]) -> Validator | None:
    """The one object that has these fields; None where none or several have."""
    names = {field.name for field in fields}
    found = [one for one in parts if one["type"] == "object" and one["value"].keys() == names]
    return found[0] if len(found) == 1 else None


def _of_kind(kind: str, parts: Sequence[Validator]) -> list[Validator]:
    return [one for one in parts if one["type"] == kind]


def without_null(validator: Validator) -> list[Validator]:
    """The members of a type but null."""
    return [one for one in members(validator) if one["type"] != "null"]


def changed_shapes(
    shapes: Mapping[str, Validator], was: ExportedSchema, now: ExportedSchema
) -> dict[str, Validator]:
    """What the named objects and enums have become that are another one wherever they were."""
    became: dict[str, dict[str, Validator]] = {}
    documents = {table.name: table.document for table in now.tables}
    for table in was.tables:
        if table.name in documents:
            for old, new in _corresponding(table.document, documents[table.name]):
                became.setdefault(shape_key(old), {})[shape_key(new)] = _shape(new)
    there = {key for document in documents.values() for key in _keys(document)}
    names = {shape_key(one): name for name, one in shapes.items()}
    changed: dict[str, Validator] = {}
    for name, shape in shapes.items():
        key = shape_key(shape)
        found = list(became.get(key, {}).items())
        if key in there or len(found) != 1:
            continue
        ((other, new),) = found
        if other and other not in names and new["type"] == shape["type"]:
            changed[name] = new
    return changed


def _shape(validator: Validator) -> Validator:
    """An object alone, or an enum as a union of texts; nothing that is either for others."""
    parts = without_null(validator)
    if len(parts) == 1 and parts[0]["type"] == "object":
        return parts[0]
    is_enum = all(one["type"] == "literal" and isinstance(one["value"], str) for one in parts)
    return {"type": "union", "value": parts} if parts and is_enum else {"type": "any"}


def _corresponding(was: Validator, now: Validator) -> Iterator[tuple[Validator, Validator]]:
    """What is at the same places in both."""
    yield was, now
    old, new = without_null(was), without_null(now)
    if len(old) > 1 or len(new) > 1:
        for one, other in paired(old, new):
            yield from _corresponding(one, other)
        return
    if not old or not new or old[0]["type"] != new[0]["type"]:
        return
    match old[0]["type"]:
        case "object":
            for name, field in old[0]["value"].items():
                other = new[0]["value"].get(name)
                if other is not None:
                    yield from _corresponding(field["fieldType"], other["fieldType"])
        case "array":
            yield from _corresponding(old[0]["value"], new[0]["value"])
        case "record":
            yield from _corresponding(record_values(old[0]), record_values(new[0]))
        case _:
            pass


def _keys(document: Validator) -> Iterator[str]:
    """What tells the types of all fields in documents apart."""
    for one in objects_in(document):
        for field in one["value"].values():
            yield from _keys_of_type(field["fieldType"])


def _keys_of_type(validator: Validator) -> Iterator[str]:
    parts = list(members(validator))
    yield shape_key(validator)
    yield shape_key({"type": "union", "value": [one for one in parts if one["type"] == "literal"]})
    for part in parts:
        match part["type"]:
            case "array":
                yield from _keys_of_type(part["value"])
            case "record":
                yield from _keys_of_type(record_values(part))
            case "object":
                yield shape_key(part)
            case _:
                pass
