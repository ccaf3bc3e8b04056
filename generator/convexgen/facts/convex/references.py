"""Facts of what an entity does to those that it refers to, and they to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.fields import names_of
from convexgen.facts.convex.modules import model_alias
from convexgen.facts.convex.validators import key_type
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.naming import pascal_case


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A module in `model/`, and what another one there calls it."""

    table: Code
    alias: Code


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """Others that are deleted with an entity, before it."""

    removal: Code
    """The function of their module in `model/` that deletes them."""
    model: ModelFacts | None
    """That module; None where they are of the same entity."""


@dataclass(frozen=True, slots=True)
class ParentFacts:
    """An entity referred to, with which this one is deleted."""

    removal: Code
    """The function that it calls."""
    field: Code
    index: Code
    key_type: Code


@dataclass(frozen=True, slots=True)
class TouchFacts:
    """A timestamp of an entity referred to that each write sets."""

    field: Code
    is_nullable: bool
    key_type: Code
    entity: Code
    table: Code
    index: Code
    key: Code
    timestamp: Code
    derived: tuple[Code, ...]
    """The fields of that entity that follow from the timestamp."""


def cascading(entity: Entity) -> list[EntityField]:
    """The references by which an entity is deleted with another."""
    return [field for field in entity.fields if field.reference and field.reference.cascade]


def touching(entity: Entity) -> list[EntityField]:
    """The references to entities of which each write sets a timestamp."""
    return [field for field in entity.fields if field.reference and field.reference.touch]


def child_facts(child: Entity, field: EntityField, entity: Entity) -> ChildFacts:
    """The facts of what refers to an entity by a field."""
    table = identifier(child.table)
    is_own = child.name == entity.name
    model = None if is_own else ModelFacts(table, model_alias(child.table))
    return ChildFacts(_removal(field), model)


def child_models(children: Sequence[ChildFacts]) -> tuple[ModelFacts, ...]:
    """The modules of others that are deleted with an entity, each once."""
    models = {child.model for child in children if child.model is not None}
    return tuple(sorted(models, key=lambda model: model.table))


def parent_facts(field: EntityField, entity: Entity, system: System) -> ParentFacts:
    """The facts of the deletion that the entity referred to calls."""
    index = next(index.name for index in entity.indexes if index.fields[0] == field.name)
    return ParentFacts(
        _removal(field),
        identifier(field.index_column),
        identifier(index),
        key_type(field.type, system),
    )


def touch_facts(field: EntityField, system: System) -> TouchFacts:
    """The facts of the timestamp. Raises ValueError where the field sets none."""
    reference = field.reference
    if reference is None or reference.touch is None:
        raise ValueError(f"{field.name} touches nothing")
    target = system.entity(reference.entity)
    (key,) = target.key
    return TouchFacts(
        field=identifier(field.name),
        is_nullable=field.nullable,
        key_type=key_type(field.type, system),
        entity=identifier(target.name),
        table=identifier(target.table),
        index=identifier(target.key_index),
        key=identifier(key),
        timestamp=identifier(reference.touch),
        derived=names_of(
            name
            for one in target.fields
            if one.name == reference.touch
            or (one.derived is not None and one.derived.field == reference.touch)
            for name in (one.name, one.index_column)
            if name != reference.touch
        ),
    )


def _removal(field: EntityField) -> Code:
    return identifier(f"removeBy{pascal_case(field.name)}")
