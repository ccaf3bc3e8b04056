"""Conditions of queries: what `where` says of fields, and of what is at paths in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

from pydantic import JsonValue

from .comparisons import Compared, Encode, Range, compared_to_wire, encoded
from .errors import InvalidArgument
from .foreign_values import in_python, plainly, type_name
from .json_values import ValueRefused, json_to_wire
from .sentinels import MISSING, UNSET

T_co = TypeVar("T_co", covariant=True)


class In(Generic[T_co]):
    """One of some values; with `absent`, also no value at all.

    In(["open", "closed"])
    """

    # UNSET would say so too, but pyright takes no sentinel for an element of its own type.
    def __init__(self, values: Iterable[T_co], *, absent: bool = False) -> None:
        if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
            raise InvalidArgument(f"In takes a list of values, not {values!r} alone")
        self.values: tuple[T_co, ...] = tuple(values)
        self.absent = absent
        if any(one is UNSET for one in self.values):
            raise InvalidArgument("UNSET is no value: write In([…], absent=True)")

    def __repr__(self) -> str:
        return f"In({list(self.values)!r}{', absent=True' if self.absent else ''})"


class Contains(Generic[T_co]):
    """All of some elements of a list, or of some parts of a text.

    Contains("urgent", "paid")
    """

    def __init__(self, *parts: T_co) -> None:
        if not parts:
            raise InvalidArgument("Contains takes at least one element or part of a text")
        self.parts: tuple[T_co, ...] = parts

    def __repr__(self) -> str:
        return f"Contains({', '.join(map(repr, self.parts))})"


JsonComparison: TypeAlias = JsonValue | Range[Any] | In[Any] | Contains[Any] | UNSET
"""What is at a path in JSON is compared with this: a value of JSON, or a condition."""

Takes: TypeAlias = Literal["equal", "ordered", "text", "list"]
"""The conditions that a field takes: bounds from `ordered` on, parts of `text` and of `list`."""


@dataclass(frozen=True, slots=True)
class Condition(Compared):
    """A field that a condition may be about; of a list, `encode` is that of an element."""

    takes: Takes = "equal"
    nullable_elements: bool = False
    """Whether null may be in the list."""

    def to_wire(self, value: object) -> dict[str, Any]:
        """The condition as the functions take it. Raises `InvalidArgument`."""
        if self.takes == "list":
            return _to_wire(value, self._of_list, self.encode, self)
        return _to_wire(value, self.encode, None, self)

    def element(self, value: object, encode: Encode) -> Any:
        """The encoded value of an element of the list. Raises `InvalidArgument`."""
        if value is None and not self.nullable_elements:
            raise InvalidArgument("None finds nothing: no element of the list is null")
        return compared_to_wire(value, _Plain(encode), nullable=True)

    def _of_list(self, value: object) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise InvalidArgument(f"expected a list, found {type_name(value)}: write Contains(…)")
        elements = cast("Iterable[object]", value)
        return [self.element(one, self.encode) for one in elements]


@dataclass(frozen=True, slots=True)
class JsonConditions(Compared):
    """A field of JSON, of which conditions are about paths; some, or any."""

    paths: tuple[str, ...] | None = None

    def to_wire(self, value: Any) -> list[dict[str, Any]]:
        """The conditions as the functions take them. Raises `InvalidArgument`."""
        if not isinstance(value, Mapping):
            raise InvalidArgument(
                f"expected a mapping of paths, such as {{'user.id': 5}}, found {type_name(value)}"
            )
        given = cast("Mapping[object, object]", value)
        return [self._at(path, condition) for path, condition in given.items()]

    def _at(self, path: object, condition: object) -> dict[str, Any]:
        if not isinstance(path, str) or (self.paths is not None and path not in self.paths):
            known = "text" if self.paths is None else f"one of {', '.join(map(repr, self.paths))}"
            raise InvalidArgument(f"the path is {path!r}, which is not {known}")
        anything = _Anything(
            self.name, self.wire, optional=True, nullable=True, nullable_elements=True
        )
        try:
            return {"path": path, **_to_wire(condition, _json, _json, anything)}
        except InvalidArgument as error:
            raise InvalidArgument(f"at {path!r}: {error.reason}") from error


@dataclass(frozen=True, slots=True)
class _Anything(Condition):
    """What is at a path in JSON."""

    takes: Takes = "text"


@dataclass(frozen=True, slots=True)
class Where(Compared):
    """The conditions of a query, by the names of the fields."""

    _: KW_ONLY
    conditions: tuple[Compared, ...] = ()

    def to_wire(self, value: Any) -> Any:
        """All that is given. Raises `InvalidArgument`, which names the field."""
        if value is None or value is MISSING:
            return MISSING
        if not isinstance(value, Mapping):
            raise InvalidArgument(f"expected a mapping of conditions, found {type_name(value)}")
        known = {one.name: one for one in self.conditions}
        found: dict[str, Any] = {}
        for name, given in cast("Mapping[str, object]", value).items():
            condition = known.get(name)
            if condition is None:
                names = ", ".join(known)
                raise InvalidArgument(f"there is no condition {name!r} here; there are {names}")
            try:
                found[condition.wire] = condition.to_wire(given)
            except InvalidArgument as error:
                raise InvalidArgument(f"`{name}`: {error.reason}") from error
        return found


def _to_wire(
    given: object, encode: Encode, encode_part: Encode, condition: Condition
) -> dict[str, Any]:
    if isinstance(given, Range):
        if condition.takes not in ("ordered", "text"):
            raise InvalidArgument("a Range is for text, numbers and timestamps")
        bounds = cast("Range[object]", given).to_wire(_Plain(encode))
        return bounds
    if isinstance(given, Contains):
        parts = cast("Contains[object]", given).parts
        return {"contains": [_part(one, encode_part, condition) for one in parts]}
    one_of = cast("In[object]", given) if isinstance(given, In) else _only(given)
    found = [
        compared_to_wire(
            one, _Plain(encode), optional=condition.optional, nullable=condition.nullable
        )
        for one in one_of.values
    ]
    if not one_of.absent:
        return {"in": found}
    compared_to_wire(UNSET, optional=condition.optional)
    return {"in": found, "absent": True}


def _only(value: object) -> In[object]:
    return In((), absent=True) if value is UNSET else In((value,))


def _part(part: object, encode: Encode, condition: Condition) -> Any:
    """An element of a list, or a part of a text."""
    if condition.takes == "text" and not isinstance(condition, _Anything):
        if isinstance(part, str):
            return part
        raise InvalidArgument(f"a part of a text is text, not {type_name(part)}")
    if condition.takes in ("text", "list"):
        return condition.element(part, encode)
    raise InvalidArgument("Contains is for text and lists")


@dataclass(frozen=True, slots=True)
class _Plain:
    """Encodes values, of other libraries too."""

    encode: Encode

    def __call__(self, value: object) -> Any:
        try:
            plain = in_python(value)
        except ValueError as error:
            raise InvalidArgument(str(error)) from error
        return encoded(plain, self.encode)


def _json(value: object) -> Any:
    try:
        return json_to_wire(plainly(value))
    except ValueRefused as refusal:
        raise InvalidArgument(str(refusal)) from refusal
