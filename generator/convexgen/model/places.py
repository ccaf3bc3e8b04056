"""Where a path leads from a field of an entity, as far as types can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convexgen.model.system import System
from convexgen.model.tags import object_fields
from convexgen.model.traversal import bare
from convexgen.model.types import AnyType, JsonType, RecordType, Type, UnionType


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads."""

    types: tuple[Type, ...]
    """Those that the value there may have; none where the path leads nowhere."""
    steps: int
    """How many of its names lead somewhere."""
    steps_to_json: int | None
    """How many lead to JSON, which is stored in a form of its own; None where none does."""


def place_at(types: Iterable[Type], path: Sequence[str], system: System) -> Place:
    """Where a path leads in a value that has one of some types."""
    found = list(_members(types))
    to_json: int | None = None
    for step, name in enumerate(path):
        if to_json is None and any(isinstance(type_, JsonType) for type_ in found):
            to_json = step
        inner = list(_members(one for type_ in found for one in _inside(type_, name, system)))
        if not inner:
            return Place((), step, to_json)
        found = inner
    if to_json is None and any(isinstance(type_, JsonType) for type_ in found):
        to_json = len(path)
    return Place(tuple(found), len(path), to_json)


def _members(types: Iterable[Type]) -> Iterator[Type]:
    for type_ in map(bare, types):
        if isinstance(type_, UnionType):
            yield from _members(type_.members)
        else:
            yield type_


def _inside(type_: Type, name: str, system: System) -> Iterator[Type]:
    match type_:
        case JsonType() | AnyType():
            yield type_
        case RecordType(_, value):
            yield value
        case _:
            for field in object_fields(type_, system) or ():
                if field.name == name:
                    yield field.type
