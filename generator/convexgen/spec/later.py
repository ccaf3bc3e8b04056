"""The parts of the language that this version refuses, by the mapping that they stand in."""

from __future__ import annotations

from convexgen.spec.surface.entities import EntitySpec
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.types import FieldSpec

_KEYS: dict[type[Surface], frozenset[str]] = {
    FieldSpec: frozenset({"default", "immutable", "large"}),
    EntitySpec: frozenset({"operations"}),
}


def is_later_key(surface: type[Surface] | None, key: str) -> bool:
    """Whether the key of that mapping is part of the language to come."""
    return surface is not None and key in _KEYS.get(surface, frozenset())


def not_supported(what: str) -> str:
    """The message for a part of the language to come."""
    return f"{what} is not supported by this version of convexgen"
