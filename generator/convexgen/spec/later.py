"""The parts of the language that this version refuses, by the mapping that they stand in."""

from __future__ import annotations

from convexgen.spec.surface.entities import EntityFieldSpec, EntitySpec
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.types import FieldSpec

_FIELD_OPTIONS = frozenset({"renamedFrom"})
_ENTITY_OPTIONS = frozenset({"operations", "renamedFrom"})

_KEYS: dict[type[Surface], frozenset[str]] = {
    FieldSpec: _FIELD_OPTIONS | {"default", "immutable", "large"},
    EntityFieldSpec: _FIELD_OPTIONS,
    EntitySpec: _ENTITY_OPTIONS,
}


def is_later_key(surface: type[Surface] | None, key: str) -> bool:
    """Whether the key of that mapping is part of the language to come."""
    return surface is not None and key in _KEYS.get(surface, frozenset())


def not_supported(what: str) -> str:
    """The message for a part of the language to come."""
    return f"{what} is not supported by this version of convexgen"
