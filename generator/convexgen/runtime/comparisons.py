"""Values that fields are compared with: of keys, of indexes and of searches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from math import isnan
from typing import Any, Generic, TypeAlias, TypeVar

from .errors import InvalidArgument
from .foreign_values import in_python, type_name
from .sentinels import MISSING, UNSET

T = TypeVar("T")


# Generic dataclasses have no slots: before Python 3.14 `Range[int](…)` fails for one that is frozen
# and has them (https://github.com/python/cpython/issues/116669).
@dataclass(frozen=True, kw_only=True, repr=False)
class Range(Generic[T]):
    """The bounds of an index query. At most one bound on each side; none means any value.

    Range(gte=monday, lt=friday)

    A range is over values of the type of its bounds: documents where the field is absent or null
    are never within it.
    """

    gt: T | MISSING = MISSING
    gte: T | MISSING = MISSING
    lt: T | MISSING = MISSING
    lte: T | MISSING = MISSING

    def __post_init__(self) -> None:
        if self.gt is not MISSING and self.gte is not MISSING:
            raise InvalidArgument("a range has gt or gte, not both")
        if self.lt is not MISSING and self.lte is not MISSING:
            raise InvalidArgument("a range has lt or lte, not both")
        for name, bound in self._given():
            if bound is None or bound is UNSET:
                raise InvalidArgument(
                    f"`{name}` is {bound!r}, and a range is over values: pass {bound!r} itself, "
                    "not in a range, to find the documents where the field is that"
                )
            if _is_nan(bound):
                raise InvalidArgument(
                    f"`{name}` is NaN, which nothing is before or after",
                )

    def __repr__(self) -> str:
        return f"Range({', '.join(f'{name}={bound!r}' for name, bound in self._given())})"

    def to_wire(self, encode: Callable[[T], Any] | None = None) -> dict[str, Any]:
        """The bounds as the functions take them, each encoded."""
        given = self._given()
        return {name: encoded(bound, encode) for name, bound in given}

    def _given(self) -> Iterator[tuple[str, T]]:
        if self.gt is not MISSING:
            yield "gt", self.gt
        if self.gte is not MISSING:
            yield "gte", self.gte
        if self.lt is not MISSING:
            yield "lt", self.lt
        if self.lte is not MISSING:
            yield "lte", self.lte


def _is_nan(bound: object) -> bool:
    try:
        found = in_python(bound)
    except ValueError:  # which its encoder says in words
        return False
    return isinstance(found, float) and isnan(found)


Encode: TypeAlias = Callable[[Any], Any] | None
"""What encodes a value that is not null; None for text, which is sent as it is."""


def boolean_to_wire(value: bool) -> bool:
    """The boolean itself. Raises `InvalidArgument` for anything else."""
    found = in_python(value)
    if not isinstance(found, bool):
        raise InvalidArgument(f"expected a boolean, found {type_name(value)}")
    return found


def encoded(value: object, encode: Encode) -> Any:
    """The encoded value. Raises `InvalidArgument` if it is of another type."""
    if value is None:
        return None
    if encode is not None:
        return encode(value)
    found = in_python(value)
    if not isinstance(found, str):
        raise InvalidArgument(f"expected text, found {type_name(value)}")
    return found


def compared_to_wire(
    value: object,
    encode: Encode = None,
    *,
    optional: bool = False,
    nullable: bool = False,
) -> Any:
    """The encoded value that a field is compared with, as the functions take it.

    UNSET stands for the documents where the field is absent, which it is only if it is optional,
    and None for those where it is null, which it is only if it is nullable. Raises
    `InvalidArgument` for other uses of UNSET, None and MISSING.
    """
    if value is MISSING:
        raise InvalidArgument(
            "MISSING is no value to look for: write UNSET to find the documents where an optional "
            "field is absent"
        )
    if value is UNSET:
        if not optional:
            raise InvalidArgument(
                "UNSET finds nothing: the field is not optional, so never absent",
            )
        return {"absent": True}
    if value is None and not nullable:
        advice = ". UNSET finds those without it" if optional else ""
        raise InvalidArgument(
            f"None finds nothing: the field is not nullable, so never null{advice}",
        )
    if isinstance(value, Range):
        raise InvalidArgument("it is compared with a value, and takes no Range")
    return encoded(value, encode)


def given_to_wire(
    value: object,
    encode: Encode = None,
    *,
    optional: bool = False,
    nullable: bool = False,
) -> Any:
    """As `compared_to_wire`; MISSING compares with nothing."""
    if value is MISSING:
        return MISSING
    return compared_to_wire(value, encode, optional=optional, nullable=nullable)


def bounds_to_wire(
    value: Any,
    encode: Encode = None,
    *,
    optional: bool = False,
    nullable: bool = False,
) -> Any:
    """As `given_to_wire`, of the bounds of a field. A plain value means exactly that value."""
    kind: type[Any] = value.__class__
    if issubclass(kind, Range):
        return value.to_wire(encode)
    exactly = given_to_wire(value, encode, optional=optional, nullable=nullable)
    if value is MISSING or value is UNSET:
        return exactly
    return {"gte": exactly, "lte": exactly}


@dataclass(frozen=True, slots=True)
class Compared(ABC):
    """A field that a call compares with a value."""

    name: str
    """Of the parameter; in a key, of the attribute."""
    wire: str
    """Of the field."""
    encode: Encode = None
    _: KW_ONLY
    optional: bool = False
    """Whether the field may be absent, so that UNSET finds something."""
    nullable: bool = False
    """Whether the field may be null, so that None finds something."""
    sensitive: bool = False
    """Whether errors and logs leave the value out."""

    @property
    def words(self) -> str:
        """The name in words: `thread ID`."""
        words = self.name.rstrip("_").split("_")
        return " ".join("ID" if word == "id" else word for word in words)

    @abstractmethod
    def to_wire(self, value: Any) -> Any:
        """The encoded value. Raises `InvalidArgument`."""


@dataclass(frozen=True, slots=True)
class Equal(Compared):
    """A field that has exactly one value."""

    def to_wire(self, value: Any) -> Any:
        """See `compared_to_wire`."""
        return compared_to_wire(value, self.encode, optional=self.optional, nullable=self.nullable)


@dataclass(frozen=True, slots=True)
class Filter(Compared):
    """A field that has exactly one value, if one is given."""

    def to_wire(self, value: Any) -> Any:
        """See `given_to_wire`."""
        return given_to_wire(value, self.encode, optional=self.optional, nullable=self.nullable)


@dataclass(frozen=True, slots=True)
class Bounds(Compared):
    """A field whose value is within a range, if one is given."""

    def to_wire(self, value: Any) -> Any:
        """See `bounds_to_wire`."""
        return bounds_to_wire(value, self.encode, optional=self.optional, nullable=self.nullable)
