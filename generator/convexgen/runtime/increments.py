"""Numbers that updates add to what is stored, whatever that is by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeVar

from .errors import InvalidArgument
from .foreign_values import in_python

N_co = TypeVar("N_co", bound=float, covariant=True)


# Without slots, as all generic dataclasses: see `Range`.
@dataclass(frozen=True)
class Increment(Generic[N_co]):
    """What an update adds to a number: `update("t1", tokens=Increment(5))`.

    A negative one lowers it. What is absent or null counts as 0.
    """

    amount: N_co


@dataclass(frozen=True, slots=True)
class NumberField:
    """A field that an update may add to."""

    name: str
    """That of Python."""
    wire: str
    """What the functions call it."""
    encode: Callable[[Any], Any]
    start: float = 0
    """What is added to where a new document does not give it."""

    def amount(self, increment: Increment[float]) -> Any:
        """The number that is added. Raises `InvalidArgument` if it is none of the field."""
        amount = in_python(increment.amount)
        if isinstance(amount, float) and not isfinite(amount):
            raise InvalidArgument(f"`{self.name}`: an increment is finite, not {amount}")
        try:
            self.encode(amount)
        except InvalidArgument as error:
            raise InvalidArgument(f"`{self.name}`: {error.reason}") from error
        return amount

    def sum(self, number: Any, increment: Increment[float]) -> Any:
        """The number of a new document, which may give one. Raises `InvalidArgument`."""
        result = (self.start if number is None else in_python(number)) + self.amount(increment)
        if isinstance(result, float) and not isfinite(result):
            raise InvalidArgument(f"`{self.name}` would be no finite number")
        return result


def without_increments(changes: Mapping[str, object]) -> dict[str, object]:
    """The changes that say what is stored afterwards."""
    return {name: one for name, one in changes.items() if not isinstance(one, Increment)}


def increments_in(
    changes: Mapping[str, object], numbers: Iterable[NumberField]
) -> dict[NumberField, Increment[float]]:
    """The others, by their fields. Raises `InvalidArgument` for fields that are no numbers."""
    known = {one.name: one for one in numbers}
    found: dict[NumberField, Increment[float]] = {}
    for name, change in changes.items():
        if isinstance(change, Increment):
            if name not in known:
                raise InvalidArgument(
                    f"`{name}` takes no Increment: that is for fields of a type number, integer or "
                    "int64 that an update may change"
                )
            found[known[name]] = change
    return found


def has_increments(changes: Mapping[str, object]) -> bool:
    """Whether running the changes twice adds twice."""
    return any(isinstance(one, Increment) for one in changes.values())
