"""The objects and types of a model, with the paths at which the spec declares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from convexgen.model.entities import Entity, Variant
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.types import (
    UNCONSTRAINED,
    ConstrainedType,
    Constraints,
    Field,
    InlineObjectType,
    ListType,
    RecordType,
    Type,
    UnionType,
)
from convexgen.source.nodes import Path


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A field of an entity, a named object or an object without a name."""

    field: Field
    path: Path


@dataclass(frozen=True)
class Shape:
    """Fields that stand together."""

    path: Path
    """The mapping of the fields."""
    fields: tuple[Field, ...]
    entity: Entity | None = None
    """The entity whose documents have them; None for an object."""
    variant: Variant | None = None
    """The variant whose own fields they are."""

    @cached_property
    def places(self) -> Sequence[FieldPlace]:
        """The fields with their paths."""
        return tuple(FieldPlace(field, (*self.path, field.name)) for field in self.fields)


@dataclass(frozen=True, slots=True)
class TypePlace:
    """A type in a field, as deep as mappings, not expressions, declare it."""

    type: Type
    path: Path


@dataclass(frozen=True, slots=True)
class ConstraintPlace:
    """A type in a field, with the constraints on its values."""

    field: Field
    type: Type
    constraints: Constraints
    path: Path


@lru_cache(maxsize=1)
def shapes(system: System) -> Sequence[Shape]:
    """All objects and entities, those in a field after the one that has the field."""
    return tuple(_shapes(system))


def _shapes(system: System) -> Iterator[Shape]:
    for entity in system.entities:
        path: Path = ("entities", entity.name, "fields")
        yield Shape(path, entity.shared_fields, entity)
        yield from _inline_shapes(path, entity.shared_fields)
        for variant in entity.variants:
            path = variant_path(entity, variant)
            yield Shape(path, variant.fields, entity, variant)
            yield from _inline_shapes(path, variant.fields)
    for shape in system.objects:
        yield Shape(("objects", shape.name), shape.fields)
        yield from _inline_shapes(("objects", shape.name), shape.fields)
    for function in system.functions:
        path = ("functions", function.path)
        yield from _inline_shapes((*path, "args"), function.arguments)
        yield from _inline_shapes(path, function.whole)


def variant_path(entity: Entity, variant: Variant) -> Path:
    """The mapping of the fields of a variant."""
    if variant.object is not None:
        return ("objects", variant.object)
    return ("entities", entity.name, "union", variant.position, "object")


def module_path(entity: Entity) -> Path:
    """What names the module of an entity: that, or the table."""
    return ("entities", entity.name, "table" if entity.module == entity.table else "module")


def entity_fields(system: System) -> Iterator[tuple[EntityField, Path]]:
    """The fields of all entities, as they are declared."""
    for entity in system.entities:
        yield from fields_of(entity)


def fields_of(entity: Entity) -> Iterator[tuple[EntityField, Path]]:
    """The fields of an entity, as they are declared."""
    for field in entity.shared_fields:
        yield field, ("entities", entity.name, "fields", field.name)
    for variant in entity.variants:
        for field in variant.fields:
            yield field, (*variant_path(entity, variant), field.name)


def field_places(system: System) -> Iterator[FieldPlace]:
    """All fields of all shapes."""
    for shape in shapes(system):
        yield from shape.places


@lru_cache(maxsize=1)
def type_places(system: System) -> Sequence[TypePlace]:
    """All types of all fields, and those that they are made of."""
    return tuple(
        inner for place in field_places(system) for inner in types_at(place.field.type, place.path)
    )


@lru_cache(maxsize=1)
def constraint_places(system: System) -> Sequence[ConstraintPlace]:
    """The types of `type_places`, each with the constraints on its values."""
    return tuple(_constraint_places(system))


def _constraint_places(system: System) -> Iterator[ConstraintPlace]:
    for place in field_places(system):
        constraints = place.field.constraints
        for inner in types_at(place.field.type, place.path):
            if isinstance(inner.type, ConstrainedType):
                # What it constrains comes next.
                constraints = inner.type.constraints
                continue
            yield ConstraintPlace(place.field, inner.type, constraints, inner.path)
            constraints = UNCONSTRAINED


def types_at(type_: Type, path: Path) -> Iterator[TypePlace]:
    """The type and those it is made of; the fields of an object in it are places of their own.

    The members of a union share the path of the union: what is written as one member can be
    several.
    """
    yield TypePlace(type_, path)
    match type_:
        case ListType(element):
            yield from types_at(element, (*path, "list"))
        case ConstrainedType(inner):
            yield from types_at(inner, path)
        case RecordType(key, value):
            yield from types_at(key, (*path, "record", "keys"))
            yield from types_at(value, (*path, "record", "values"))
        case UnionType(members):
            for member in members:
                yield from types_at(member, (*path, "union"))
        case _:
            pass


def _inline_shapes(path: Path, fields: tuple[Field, ...]) -> Iterator[Shape]:
    for field in fields:
        for place in types_at(field.type, (*path, field.name)):
            if isinstance(place.type, InlineObjectType):
                inner = (*place.path, "object")
                yield Shape(inner, place.type.fields)
                yield from _inline_shapes(inner, place.type.fields)
