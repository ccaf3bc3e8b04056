"""What queries with `where` compare, and which indexes serve them."""

from __future__ import annotations

from dataclasses import dataclass

ANY_PATH = "*"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field that callers may compare in any way that its type has."""

    field: str
    """A field, or the path to one of an object in it."""
    paths: tuple[str, ...] = ()
    """Those into JSON, or `*` for any; none for a field that is compared itself."""
    position: int | None = None
    """Its place in `where` of the spec; None for the field of the order, which need not be."""


@dataclass(frozen=True, slots=True)
class ServingIndex:
    """An index that has the order of a query, once its first fields are equal to values."""

    name: str
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions of a query, and the indexes that may serve it."""

    conditions: tuple[Condition, ...]
    ordered: tuple[str, ...]
    """The fields of its order, before the time of creation."""
    indexes: tuple[ServingIndex, ...]
    """The last of them asks for no condition."""
