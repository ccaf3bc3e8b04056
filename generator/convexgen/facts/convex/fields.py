"""Facts of fields: what they are called, and the validators of their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.validators import is_chunked, present
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Setter
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field whose value is there."""

    name: Code
    """With dots where it is a field of an object."""
    argument: Code
    """What functions that take a value of it call it."""
    validator: Code
    may_lack: bool
    """Whether there are documents without it."""
    column: Code
    """The column that indexes have for it."""
    is_last: bool
    """Whether these have the documents without it after all others."""
    is_chunked: bool
    """Whether documents may have chunks in place of it."""


def fields_of(names: Iterable[str], entity: Entity, system: System) -> tuple[FieldFacts, ...]:
    """The facts of the fields of an entity with these names."""
    return tuple(field_of(name, entity, system) for name in names)


def compared_fields(
    arguments: Mapping[str, str], names: Iterable[str], entity: Entity, system: System
) -> tuple[FieldFacts, ...]:
    """The facts of the fields of an entity with these names, of which a function takes values."""
    return tuple(field_of(name, entity, system, arguments[name]) for name in names)


def field_of(name: str, entity: Entity, system: System, argument: str | None = None) -> FieldFacts:
    """The facts of a field of an entity."""
    validator = present(entity.field(name), system)
    field = entity.field(name)
    return FieldFacts(
        column(name),
        identifier(argument or name),
        validator,
        entity.may_lack(name),
        column(field.index_column),
        field.absent_last,
        is_chunked(field),
    )


def own_fields(entity: Entity) -> list[EntityField]:
    """The fields of all variants."""
    return [field for variant in entity.variants for field in variant.fields]


def set_by(fields: Iterable[EntityField], *setters: Setter) -> list[str]:
    """The names of the fields that the backend sets, at the times that are asked for."""
    return [field.name for field in fields if field.setter in setters]


def defaulted(fields: Iterable[EntityField]) -> list[EntityField]:
    """The fields that have a default."""
    return [field for field in fields if field.default is not None]


def names_of(names: Iterable[str]) -> tuple[Code, ...]:
    """Names that have been checked, each once."""
    return tuple(identifier(name) for name in dict.fromkeys(names))


def columns_of(names: Iterable[str], entity: Entity) -> tuple[Code, ...]:
    """The columns that indexes have for fields of an entity."""
    return tuple(column(entity.field(name).index_column) for name in names)
