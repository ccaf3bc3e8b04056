"""Changes of documents as values, for updates of many in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

from .errors import InvalidArgument
from .foreign_values import type_name
from .sentinels import UNSET
from .several import names_of

K_co = TypeVar("K_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)
X_co = TypeVar("X_co", covariant=True)

WhereMissing: TypeAlias = Literal["skip", "error"]
"""What an update of many does with a key that nothing has."""


# Without slots, as all generic dataclasses: see `Range`.
@dataclass(frozen=True)
class Update(Generic[K_co, C_co, X_co]):
    """What an update changes of the one with a key.

    `Update("t1", set={"title": "Oslo"}, unset=["note"], expected={"state": "open"})`, where names
    are those of Python.
    """

    key: K_co
    set: C_co | None = None
    unset: Sequence[str] = ()
    expected: X_co | None = None

    @property
    def changes(self) -> Mapping[str, Any]:
        """See `changes_of`."""
        return changes_of(self.set, self.unset)


def fields_of(given: object, argument: str) -> Mapping[str, Any]:
    """The values by Python name. Raises `InvalidArgument` for what is no dict, as an entity."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"`{argument}`: expected a dict of fields, found {type_name(given)}")
    return cast("Mapping[str, Any]", given)


def changes_of(given: object, unset: Sequence[str]) -> Mapping[str, Any]:
    """The values by Python name, UNSET for those removed. Raises `InvalidArgument` for both."""
    fields = fields_of(given, "set")
    removed = names_of(unset, "unset")
    for name in removed:
        if name in fields:
            raise InvalidArgument(f"`{name}` is in `set` and in `unset`: it is one or the other")
    return {**fields, **dict.fromkeys(removed, UNSET)}
