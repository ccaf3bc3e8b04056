"""Facts of what an entity does to those that it refers to, and they to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.fields import names_of
from convexgen.facts.convex.modules import model_alias
from convexgen.facts.convex.validators import key_type
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, OnDelete
from convexgen.model.system import System
from convexgen.naming import pascal_case


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A module in `model/`, and what another one there calls it."""

    table: Code
    alias: Code


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """Others that refer to an entity, and that its deletion concerns."""

    function: Code
    """That of their module in `model/` which deletes them, or frees them, or looks for one."""
    restricts: bool
    """Whether the entity is not deleted while there are any."""
    table: Code
    model: ModelFacts | None
    """That module; None where they are of the same entity."""


@dataclass(frozen=True, slots=True)
class ParentFacts:
    """An entity referred to, whose deletion concerns this one."""

    function: Code
    """The function that it calls."""
    on_delete: str
    field: Code
    column: Code
    """What the index has for the field."""
    freed: Code
    """What the field has when it refers to nothing."""
    index: Code
    key_type: Code


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """An entity referred to that must be there when this one is written."""

    field: Code
    entity: Code
    table: Code
    index: Code
    key: Code
    is_own: bool
    """Whether it is of the same table, so that one may refer to itself."""


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


def depending(entity: Entity) -> list[EntityField]:
    """The references by which the deletion of another concerns an entity."""
    return [field for field in entity.fields if field.reference and field.reference.on_delete]


def checked(entity: Entity) -> list[EntityField]:
    """The references to what must be there."""
    return [field for field in entity.fields if field.reference and field.reference.is_checked]


def touching(entity: Entity) -> list[EntityField]:
    """The references to entities of which each write sets a timestamp."""
    return [field for field in entity.fields if field.reference and field.reference.touch]


def child_facts(child: Entity, field: EntityField, entity: Entity) -> ChildFacts:
    """The facts of what refers to an entity by a field."""
    table = identifier(child.table)
    is_own = child.name == entity.name
    model = None if is_own else ModelFacts(table, model_alias(child.table))
    on_delete = _on_delete(field)
    return ChildFacts(_function(field), on_delete is OnDelete.RESTRICT, table, model)


def child_models(children: Sequence[ChildFacts]) -> tuple[ModelFacts, ...]:
    """The modules of others that the deletion of an entity concerns, each once."""
    models = {child.model for child in children if child.model is not None}
    return tuple(sorted(models, key=lambda model: model.table))


def parent_facts(field: EntityField, entity: Entity, system: System) -> ParentFacts:
    """The facts of the function that the deletion of the entity referred to calls."""
    index = next(index.name for index in entity.indexes if index.fields[0] == field.name)
    return ParentFacts(
        _function(field),
        _on_delete(field).value,
        identifier(field.name),
        identifier(field.index_column),
        Code("null" if field.nullable else "undefined"),
        identifier(index),
        key_type(field.type, system),
    )


def target_facts(field: EntityField, entity: Entity, system: System) -> TargetFacts:
    """The facts of what must be there. Raises ValueError where the field is no reference."""
    if field.reference is None:
        raise ValueError(f"{field.name} refers to nothing")
    target = system.entity(field.reference.entity)
    (key,) = target.key
    return TargetFacts(
        field=identifier(field.name),
        entity=identifier(target.name),
        table=identifier(target.table),
        index=identifier(target.key_index),
        key=identifier(key),
        is_own=target.name == entity.name,
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


_FUNCTIONS = {
    OnDelete.CASCADE: "removeBy",
    OnDelete.RESTRICT: "isReferringBy",
    OnDelete.SET_NULL: "freeBy",
}


def _function(field: EntityField) -> Code:
    return identifier(f"{_FUNCTIONS[_on_delete(field)]}{pascal_case(field.name)}")


def _on_delete(field: EntityField) -> OnDelete:
    """Raises ValueError where deletions do not concern the field."""
    if field.reference is None or field.reference.on_delete is None:
        raise ValueError(f"no deletion concerns {field.name}")
    return field.reference.on_delete
