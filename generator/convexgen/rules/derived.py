"""Rules on fields that follow from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity
from convexgen.model.fields import Derivation, EntityField, Merge, Setter
from convexgen.model.kinds import kind
from convexgen.model.places import place_at
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import AnyType, BytesType, JsonType, NullType, Type, UnionType
from convexgen.rules.indexes import UNORDERED_TYPES
from convexgen.rules.places import variant_path
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean

_JSON_KINDS = frozenset({"string", "number", "boolean", kind(NullType())})


@dataclass(frozen=True, slots=True)
class _Derived:
    """A field that follows from others."""

    entity: Entity
    field: EntityField
    source: Derivation
    candidates: Sequence[EntityField]
    """The fields of the documents that have it."""
    owner: str
    """What such a document is called."""
    path: Path


def _derived(system: System) -> Iterator[_Derived]:
    for entity in system.entities:
        path: Path = ("entities", entity.name, "fields")
        for field in entity.shared_fields:
            if field.derived is not None:
                yield _Derived(
                    entity,
                    field,
                    field.derived,
                    entity.fields,
                    entity.name,
                    (*path, field.name),
                )
        for variant in entity.variants:
            for field in variant.fields:
                if field.derived is not None:
                    yield _Derived(
                        entity,
                        field,
                        field.derived,
                        (*entity.shared_fields, *variant.fields),
                        variant.name,
                        (*variant_path(entity, variant), field.name),
                    )


def check_sources(system: System) -> Iterator[Finding]:
    """Paths that lead nowhere, or to what cannot be a value of the field."""
    for one in _derived(system):
        place: Path = (*one.path, "from")
        path = one.source.path
        if "" in (one.source.field, *path):
            yield Finding(
                "the path has an empty name", place, advice="write a field, or field.name.name"
            )
            continue
        source = next((f for f in one.candidates if f.name == one.source.field), None)
        if source is None:
            names = [candidate.name for candidate in one.candidates]
            yield Finding(
                f"{one.owner} has no field {quoted(one.source.field)}",
                place,
                advice=did_you_mean(one.source.field, names),
            )
            continue
        if source.derived is not None:
            yield Finding(
                f"{quoted(source.name)} follows from another field itself",
                place,
                advice="name the field that it is from",
            )
            continue
        found = place_at([source.type], path, system)
        if not found.types:
            before = ".".join([one.source.field, *path[: found.steps]])
            yield Finding(
                f"{quoted(before)} has no {quoted(path[found.steps])}",
                place,
                advice="a path leads through fields of objects, entries of records, and json",
            )
        elif not _kinds([one.field.type]) & _possible(found.types):
            yield Finding(
                f"what is there is never a value of {quoted(one.field.name)}",
                place,
                advice="change the type, or the path",
            )


def _possible(types: Sequence[Type]) -> frozenset[str]:
    """The kinds of the values at a place."""
    if any(isinstance(type_, AnyType) for type_ in types):
        return _JSON_KINDS | {"int64", kind(BytesType())}
    is_json = any(isinstance(type_, JsonType) for type_ in types)
    return _kinds(types) | (_JSON_KINDS if is_json else frozenset[str]())


def _kinds(types: Sequence[Type]) -> frozenset[str]:
    members = [
        member
        for type_ in map(bare, types)
        for member in (type_.members if isinstance(type_, UnionType) else (type_,))
    ]
    return frozenset(map(kind, members))


def check_types(system: System) -> Iterator[Finding]:
    """Fields whose values are no plain ones, or that identify."""
    for one in _derived(system):
        if any(isinstance(part, UNORDERED_TYPES) for part in parts(one.field.type)):
            yield Finding(
                f"{quoted(one.field.name)} cannot be derived: its values are no plain ones",
                (*one.path, "from"),
                Part.KEY,
                "text, numbers, booleans, timestamps, bytes and IDs can be",
            )
        elif one.field.name in one.entity.key:
            yield Finding(
                f"{quoted(one.field.name)} is part of the key, which every write gives",
                (*one.path, "from"),
                Part.KEY,
                'remove "from"',
            )
        elif one.field.name == one.entity.tag:
            yield Finding(
                f"{quoted(one.field.name)} tells the objects of the union apart, so every write "
                "gives it",
                (*one.path, "from"),
                Part.KEY,
                'remove "from"',
            )


def check_options(system: System) -> Iterator[Finding]:
    """Options that say otherwise what the value is, or that a caller gives it."""
    for one in _derived(system):
        field = one.field
        given = {
            "default": field.default is not None,
            "set": field.setter not in (None, Setter.REVISION),
            "revision": field.setter is Setter.REVISION,
            "merge": field.merge is not Merge.REPLACE,
            "large": field.large,
            "immutable": field.immutable,
            "keep": field.kept,
        }
        for option, is_given in given.items():
            if is_given:
                yield Finding(
                    f"{quoted(field.name)} follows from another field, so {quoted(option)} has no "
                    "effect",
                    (*one.path, option),
                    Part.KEY,
                    f'remove {quoted(option)}, or "from"',
                )


def check_columns(system: System) -> Iterator[Finding]:
    """`absent` of fields that are always there or in no index, and columns called as a field."""
    for entity in system.entities:
        names = {field.name for field in entity.fields}
        paths: dict[str, Path] = {}
        for variant in entity.variants:
            for field in variant.fields:
                paths.setdefault(field.name, (*variant_path(entity, variant), field.name))
        for field in entity.fields:
            if not field.absent_last:
                continue
            path = paths.get(field.name, ("entities", entity.name, "fields", field.name))
            place: Path = (*path, "absent")
            if not entity.may_lack(field.name):
                yield Finding(
                    f"{quoted(field.name)} is never absent",
                    place,
                    Part.KEY,
                    'remove "absent", or make the field optional',
                )
            elif any(isinstance(part, UNORDERED_TYPES) for part in parts(field.type)):
                yield Finding(
                    f"no index can have {quoted(field.name)}, whose values are no plain ones",
                    place,
                    Part.KEY,
                    'remove "absent"',
                )
            elif field.large:
                yield Finding(
                    f"no index can have {quoted(field.name)}, which may be larger than a document",
                    place,
                    Part.KEY,
                    'remove "absent", or "large"',
                )
            elif field.index_column in names:
                yield Finding(
                    f"indexes would have {quoted(field.index_column)} in place of "
                    f"{quoted(field.name)}, which is a field itself",
                    place,
                    Part.KEY,
                    "rename one of them",
                )


RULES = (
    Rule("derived-field", check_sources),
    Rule("derived-field", check_types),
    Rule("contradicting-options", check_options),
    Rule("contradicting-options", check_columns),
)
