"""What can be renamed, as commands name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.spec.suggest import did_you_mean

GROUPS = ("indexes", "searchIndexes", "vectorIndexes")


class CannotRename(Exception):
    """What is named is not there, or cannot be called otherwise; says what to do."""


@dataclass(frozen=True, slots=True)
class EntityTarget:
    """An entity."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldTarget:
    """A field of an entity, or of variants that stand in place."""

    entity: str
    name: str


@dataclass(frozen=True, slots=True)
class IndexTarget:
    """An index of an entity, of any kind."""

    entity: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class ValueTarget:
    """A value of a named enum."""

    enum: str
    name: str


Target: TypeAlias = EntityTarget | FieldTarget | IndexTarget | ValueTarget


def find_target(text: str, system: System) -> Target:
    """What is meant by `Company`, `Company.title`, `Company.indexes.by_title` or `Stage.lead`.

    Raises CannotRename.
    """
    owner, dot, name = text.partition(".")
    entities = {entity.name: entity for entity in system.entities}
    enums = {enum.name: enum.values for enum in system.enums}
    if owner in entities:
        return _in_entity(entities[owner], name) if dot else EntityTarget(owner)
    if owner in enums and dot:
        if name not in enums[owner]:
            raise CannotRename(_lacking(f"{owner} has no value {quoted(name)}", name, enums[owner]))
        return ValueTarget(owner, name)
    known = [*entities, *enums]
    raise CannotRename(_lacking(f"there is no entity or enum {quoted(owner)}", owner, known))


def _in_entity(entity: Entity, name: str) -> Target:
    group, dot, inner = name.partition(".")
    indexes = {
        "indexes": [one.name for one in entity.all_indexes if not one.implicit],
        "searchIndexes": [one.name for one in entity.all_search_indexes],
        "vectorIndexes": [one.name for one in entity.all_vector_indexes],
    }
    if dot and group in GROUPS:
        if inner not in indexes[group]:
            message = f"{entity.name} has no index {quoted(inner)}"
            raise CannotRename(_lacking(message, inner, indexes[group]))
        return IndexTarget(entity.name, group, inner)
    found: list[Target] = [
        IndexTarget(entity.name, key, name) for key in GROUPS if name in indexes[key]
    ]
    fields = [field.name for field in entity.fields]
    if name in fields:
        found.append(FieldTarget(entity.name, name))
    if len(found) > 1:
        raise CannotRename(
            f"{quoted(name)} is several things of {entity.name}: name an index as "
            f"{entity.name}.indexes.{name}"
        )
    if not found:
        known = [*fields, *(one for names in indexes.values() for one in names)]
        message = f"{entity.name} has no field or index {quoted(name)}"
        raise CannotRename(_lacking(message, name, known))
    return found[0]


def _lacking(message: str, name: str, known: list[str] | tuple[str, ...]) -> str:
    meant = did_you_mean(name, known)
    return message if meant is None else f"{message}: {meant}"
