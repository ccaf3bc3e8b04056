"""What of an old version is what of a new one, by names and by what the spec says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from convexgen.model.entities import Entity

_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class Pairs(Generic[_Named]):
    """Things of both versions, by their names."""

    both: tuple[tuple[_Named, _Named], ...]
    removed: tuple[_Named, ...]
    added: tuple[_Named, ...]


def pairs(
    before: Mapping[str, _Named],
    after: Mapping[str, _Named],
    renamed_from: Callable[[_Named], str | None],
) -> Pairs[_Named]:
    """What is the same: what is called the same, or says what it was called.

    What it says counts once: where the old version has the new name, or the new one still has the
    old, it is of an earlier change.
    """
    earlier: dict[str, str] = {}
    for name, one in after.items():
        old = renamed_from(one)
        if name in before:
            earlier[name] = name
        elif old is not None and old in before and old not in after:
            earlier[name] = old
    taken = set(earlier.values())
    return Pairs(
        tuple((before[old], after[name]) for name, old in earlier.items()),
        tuple(one for name, one in before.items() if name not in taken),
        tuple(one for name, one in after.items() if name not in earlier),
    )


def entity_pairs(before: Iterable[Entity], after: Iterable[Entity]) -> Pairs[Entity]:
    """The entities that have the same documents: those of a table, whatever they are called.

    Of others, those that say what they were called, and then those that are called the same.
    """
    old = {entity.name: entity for entity in before}
    new = {entity.name: entity for entity in after}
    tables = {entity.table: entity for entity in old.values()}
    found: dict[str, Entity] = {}

    def take(name: str, entity: Entity | None) -> None:
        if entity is not None and name not in found and entity not in found.values():
            found[name] = entity

    for name, entity in new.items():
        source = entity.renamed_from
        if source is not None and source not in new and name not in old:
            take(name, old.get(source))
    for name, entity in new.items():
        take(name, tables.get(entity.table))
    for name in new:
        take(name, old.get(name))
    taken = {entity.name for entity in found.values()}
    return Pairs(
        tuple((found[name], entity) for name, entity in new.items() if name in found),
        tuple(entity for name, entity in old.items() if name not in taken),
        tuple(entity for name, entity in new.items() if name not in found),
    )
