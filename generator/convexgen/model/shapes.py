"""Named enums and objects."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.types import Field


@dataclass(frozen=True, slots=True)
class EnumShape:
    """A named set of strings."""

    name: str
    values: tuple[str, ...]
    description: str | None = None
    is_open: bool = False
    """Whether other strings are values too."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Values, each with what it was called before."""


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """A named object, in an order in which none refers to a later one."""

    name: str
    fields: tuple[Field, ...]
    description: str | None = None
