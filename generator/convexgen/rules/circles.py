"""The rule on documents that need the IDs of one another before they can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from convexgen.model.system import System
from convexgen.model.types import Field, IdType, InlineObjectType, ObjectType, Type
from convexgen.rules.rule import Finding, Rule


@dataclass(frozen=True, slots=True)
class _Need:
    """A field that holds the ID of a document of an entity, whatever is written."""

    field: str
    entity: str


def check_circular_ids(system: System) -> Iterator[Finding]:
    """Entities of which no document can be the first."""
    objects = {shape.name: shape.fields for shape in system.objects}
    needs = {
        entity.name: [
            _Need(field.name, needed)
            for field in entity.shared_fields
            for needed in _needed((field,), objects)
        ]
        for entity in system.entities
    }
    reported: set[str] = set()
    for name in needs:
        circle = _circle(name, needs)
        if circle is None or not reported.isdisjoint(need.entity for need in circle):
            continue
        reported.update(need.entity for need in circle)
        chain = " → ".join((name, *(need.entity for need in circle)))
        yield Finding(
            f"no document can be the first, since each needs the ID of another: {chain}",
            ("entities", name, "fields", circle[0].field),
            advice='let one of the IDs be absent ("?"), or null',
        )


def _needed(fields: tuple[Field, ...], objects: Mapping[str, tuple[Field, ...]]) -> Iterator[str]:
    """The entities of which each value of the fields holds an ID."""
    waiting: list[Type] = [field.type for field in _required(fields)]
    # Many objects may have the same ones, level by level.
    seen: set[str] = set()
    while waiting:
        match waiting.pop():
            case IdType(entity):
                yield entity
            case ObjectType(name) if name not in seen:
                seen.add(name)
                waiting.extend(field.type for field in _required(objects[name]))
            case InlineObjectType(inner):
                waiting.extend(field.type for field in _required(inner))
            case _:
                # Lists and records can be empty, and a union has other members.
                pass


def _required(fields: tuple[Field, ...]) -> Iterator[Field]:
    return (field for field in fields if not field.optional and not field.nullable)


def _circle(start: str, needs: Mapping[str, list[_Need]]) -> list[_Need] | None:
    """The shortest way from an entity back to itself."""
    ways: dict[str, list[_Need]] = {start: []}
    waiting = [start]
    for current in waiting:
        for need in needs[current]:
            way = [*ways[current], need]
            if need.entity == start:
                return way
            if need.entity not in ways:
                ways[need.entity] = way
                waiting.append(need.entity)
    return None


RULES = (Rule("circular-id", check_circular_ids),)
