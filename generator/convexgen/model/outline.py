"""What the modules of an entity see of a system: of other entities, as little as they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import replace

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Link
from convexgen.model.system import System
from convexgen.model.traversal import schema_parts
from convexgen.model.types import Field, IdType, RefType, Type


class Outlines:
    """A system as each of its entities sees it.

    It has all enums and objects, and of entities those that these, or the entity itself, name, and
    those that its deletion concerns: their names, their keys, the fields by which it concerns them,
    those that follow from what it touches, and the counted indexes that have any of that.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self.shared = replace(
            system,
            entities=(),
            functions=(),
            copied_modules=(),
            client_code=(),
            outside_tables=(),
            description=None,
            allowances=(),
        )
        """What all of them see."""
        self._of_objects = set(_named(field for one in system.objects for field in one.fields))
        self._order = {entity.name: place for place, entity in enumerate(system.entities)}

    def others(self, entity: Entity) -> tuple[Entity, ...]:
        """What an entity sees of entities, itself included, in the order of the system."""
        names = {*self._of_objects, *_named(field for _, field in entity.declared_fields)}
        if not entity.has_key:
            names.add(entity.name)
        names.update(link.reference.entity for link in entity.composite_links)
        names.update(relation.entity for relation in entity.relations)
        concerned: dict[str, list[Link]] = {}
        for child, link in self._system.concerned_by_deletion(entity):
            concerned.setdefault(child.name, []).append(link)
        touched = {(link.reference.entity, link.reference.touch) for link in entity.links}
        return tuple(
            _outline(self._system.entity(name), concerned.get(name, ()), touched)
            for name in sorted({*names, *concerned}, key=self._order.__getitem__)
        )

    def seen_by(self, entity: Entity) -> System:
        """The system as an entity sees it."""
        return replace(self.shared, entities=self.others(entity))


def _outline(
    entity: Entity, links: Collection[Link], touched: Set[tuple[str, str | None]]
) -> Entity:
    names = {name for link in links for name in link.fields}
    fields = [field for field in entity.fields if field.name in names]
    following = [
        field
        for field in entity.fields
        if (field.derived is not None and (entity.name, field.derived.field) in touched)
        or (field.absent_last and (entity.name, field.name) in touched)
    ]
    times = {field for name, field in touched if name == entity.name}
    moved = times.union(field.name for field in following)
    return Entity(
        name=entity.name,
        table=entity.table,
        module=entity.module,
        key=entity.key,
        key_index=entity.key_index,
        shared_fields=tuple(
            EntityField(
                field.name,
                field.type,
                reference=field.reference,
                derived=field.derived,
                absent_last=field.absent_last,
            )
            for field in dict.fromkeys((*fields, *following))
        ),
        indexes=tuple(
            index for index in entity.counted_indexes if not moved.isdisjoint(index.fields)
        ),
        queries=(),
        composite_links=tuple(link for link in entity.composite_links if link in links),
    )


def _named(fields: Iterable[Field]) -> Iterator[str]:
    """The entities of which types have document IDs or keys."""
    for field in fields:
        yield from _named_in(field.type)


def _named_in(type_: Type) -> Iterator[str]:
    for part in schema_parts(type_):
        if isinstance(part, IdType | RefType):
            yield part.entity
        if isinstance(part, RefType):
            yield from _named_in(part.target)
