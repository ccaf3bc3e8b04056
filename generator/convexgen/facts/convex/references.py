"""Facts of what an entity does to those that it refers to, and they to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.fields import names_of
from convexgen.facts.convex.modules import model_alias
from convexgen.facts.convex.validators import key_type
from convexgen.model.entities import Entity
from convexgen.model.fields import Link, OnDelete
from convexgen.model.system import System
from convexgen.naming import pascal_case


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A module in `model/`, and what another one there calls it."""

    module: Code
    alias: Code


@dataclass(frozen=True, slots=True)
class PartFacts:
    """A field of a reference, and that of the key which it holds."""

    field: Code
    column: Code
    """What indexes have for the field."""
    key: Code
    """Of a reference by document ID, the field of that."""
    type: Code
    """That of the key in TypeScript."""
    is_nullable: bool
    freed: Code
    """What the field has when it refers to nothing."""
    null_in: tuple[str, ...]
    """Where that differs by variant, the tags of those that have null: others are without it."""
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """Others that refer to an entity, and that its deletion concerns."""

    function: Code
    """That of their module in `model/` which deletes them, or frees them, or looks for one."""
    restricts: bool
    """Whether the entity is not deleted while there are any."""
    is_by_id: bool
    table: Code
    model: ModelFacts | None
    """That module; None where they are of the same entity."""


@dataclass(frozen=True, slots=True)
class ParentFacts:
    """An entity referred to, whose deletion concerns this one."""

    function: Code
    """The function that it calls."""
    on_delete: str
    parts: tuple[PartFacts, ...]
    """In the order of the index."""
    index: Code


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """An entity referred to that must be there when this one is written."""

    parts: tuple[PartFacts, ...]
    entity: Code
    table: Code
    index: Code | None
    """That of its key; None where it has none."""
    is_own: bool
    """Whether it is of the same table, so that one may refer to itself."""
    is_by_id: bool


@dataclass(frozen=True, slots=True)
class TouchFacts:
    """A timestamp of an entity referred to that each write sets."""

    parts: tuple[PartFacts, ...]
    entity: Code
    table: Code
    index: Code | None
    is_by_id: bool
    timestamp: Code
    derived: tuple[Code, ...]
    """The fields of that entity that follow from the timestamp."""
    is_counted: bool
    """Whether a counted index of that entity has the timestamp, or what follows from it."""


def key_index(entity: Entity) -> Code | None:
    """The index of the key of an entity; None where it has none."""
    return None if entity.key_index is None else identifier(entity.key_index)


def depending(entity: Entity) -> list[Link]:
    """The references by which the deletion of another concerns an entity."""
    return [link for link in entity.links if link.reference.on_delete]


def checked(entity: Entity) -> list[Link]:
    """The references to what must be there."""
    return [link for link in entity.links if link.reference.is_checked]


def touching(entity: Entity) -> list[Link]:
    """The references to entities of which each write sets a timestamp."""
    return [link for link in entity.links if link.reference.touch]


def child_facts(child: Entity, link: Link, entity: Entity) -> ChildFacts:
    """The facts of what refers to an entity."""
    table = identifier(child.table)
    is_own = child.name == entity.name
    model = None if is_own else ModelFacts(identifier(child.module), model_alias(child.module))
    return ChildFacts(
        _function(link),
        _on_delete(link) is OnDelete.RESTRICT,
        link.reference.is_by_id,
        table,
        model,
    )


def child_models(children: Sequence[ChildFacts]) -> tuple[ModelFacts, ...]:
    """The modules of others that the deletion of an entity concerns, each once."""
    models = {child.model for child in children if child.model is not None}
    return tuple(sorted(models, key=lambda model: model.module))


def parent_facts(link: Link, entity: Entity, system: System) -> ParentFacts:
    """The facts of the function that the deletion of the entity referred to calls."""
    size = len(link.fields)
    index = next(one for one in entity.indexes if set(one.fields[:size]) == set(link.fields))
    parts = {part.field: part for part in _parts(link, entity, system)}
    return ParentFacts(
        _function(link),
        _on_delete(link).value,
        tuple(parts[identifier(name)] for name in index.fields[:size]),
        identifier(index.name),
    )


def target_facts(link: Link, entity: Entity, system: System) -> TargetFacts:
    """The facts of what must be there."""
    target = system.entity(link.reference.entity)
    return TargetFacts(
        parts=_parts(link, entity, system),
        entity=identifier(target.name),
        table=identifier(target.table),
        index=key_index(target),
        is_own=target.name == entity.name,
        is_by_id=link.reference.is_by_id,
    )


def touch_facts(link: Link, entity: Entity, system: System) -> TouchFacts:
    """The facts of the timestamp. Raises ValueError where the reference sets none."""
    timestamp = link.reference.touch
    if timestamp is None:
        raise ValueError(f"{link.fields} touches nothing")
    target = system.entity(link.reference.entity)
    moved = {timestamp}.union(
        one.name
        for one in target.fields
        if one.derived is not None and one.derived.field == timestamp
    )
    return TouchFacts(
        parts=_parts(link, entity, system),
        entity=identifier(target.name),
        table=identifier(target.table),
        index=key_index(target),
        is_by_id=link.reference.is_by_id,
        timestamp=identifier(timestamp),
        derived=names_of(
            name
            for one in target.fields
            if one.name in moved
            for name in (one.name, one.index_column)
            if name != timestamp
        ),
        is_counted=any(not moved.isdisjoint(index.fields) for index in target.counted_indexes),
    )


def value_types(entity: Entity, system: System) -> set[Code]:
    """The types of what the functions of an entity take of others, or give them."""
    links = (*depending(entity), *touching(entity))
    return {part.type for link in links for part in _parts(link, entity, system)}


def _parts(link: Link, entity: Entity, system: System) -> tuple[PartFacts, ...]:
    target = system.entity(link.reference.entity)
    keys = ("_id",) if link.reference.is_by_id else target.key
    fields = [entity.field(name) for name in link.fields]
    return tuple(
        PartFacts(
            identifier(field.name),
            identifier(field.index_column),
            identifier(key),
            key_type(field.type, system),
            field.nullable,
            Code("null" if field.nullable else "undefined"),
            _tags_of_null(field.name, entity),
            field.sensitive,
        )
        for field, key in zip(fields, keys, strict=True)
    )


def _tags_of_null(name: str, entity: Entity) -> tuple[str, ...]:
    fields = [
        (variant, field)
        for variant in entity.variants
        for field in variant.fields
        if field.name == name
    ]
    if all(field.nullable for _, field in fields):
        return ()
    return tuple(value for variant, field in fields if field.nullable for value in variant.values)


_FUNCTIONS = {
    OnDelete.CASCADE: "removeBy",
    OnDelete.RESTRICT: "isReferringBy",
    OnDelete.SET_NULL: "freeBy",
}


def _function(link: Link) -> Code:
    fields = "And".join(map(pascal_case, link.fields))
    return identifier(f"{_FUNCTIONS[_on_delete(link)]}{fields}")


def _on_delete(link: Link) -> OnDelete:
    """Raises ValueError where deletions do not concern the fields."""
    if link.reference.on_delete is None:
        raise ValueError(f"no deletion concerns {link.fields}")
    return link.reference.on_delete
