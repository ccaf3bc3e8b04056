"""What is given where several values are expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from .errors import InvalidArgument
from .foreign_values import type_name

T = TypeVar("T")

_NO_TUPLES = (str, bytes, bytearray, memoryview, Mapping, set, frozenset, BaseModel)


def items_of(given: Iterable[T]) -> Iterable[T]:
    """The items that were given. Raises `InvalidArgument` for one thing where many are expected.

    Of text and bytes Python makes characters and numbers, and of an entity its fields.
    """
    if isinstance(given, (str, bytes, bytearray, memoryview, BaseModel)):
        name = type_name(given)
        raise InvalidArgument(f"expected a list, or what else is iterated, and found one {name}")
    if not hasattr(given, "__iter__"):
        raise InvalidArgument(
            f"expected a list, or what else is iterated, found {type_name(given)}"
        )
    return given


def tuple_of(one: T, size: int) -> T:
    """The tuple of so many values that was given. Raises `InvalidArgument`.

    Text of that length is none, whose characters Python would take for the values.
    """
    value: Any = one
    if isinstance(value, _NO_TUPLES) or not hasattr(value, "__len__") or len(value) != size:
        raise InvalidArgument(f"expected a tuple of {size} values, found {one!r}")
    return one


def names_of(given: Iterable[object], argument: str) -> list[str]:
    """The names that were given, also by what is iterated once. Raises `InvalidArgument`."""
    try:
        names = list(items_of(given))
    except InvalidArgument as error:
        raise InvalidArgument(f"`{argument}`: {error.reason}") from error
    for name in names:
        if not isinstance(name, str):
            raise InvalidArgument(f"`{argument}`: expected names, found {type_name(name)}")
    return cast("list[str]", names)
