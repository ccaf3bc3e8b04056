"""Any values of Convex, and keys of records, with their encoding on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator
from pydantic_core import core_schema

from .byte_values import BYTES, encode_bytes
from .codec import Codec
from .errors import InvalidArgument
from .json_values import (
    MAX_SAFE_INTEGER,
    ValueRefused,
    check_text,
    decode_base64,
    decode_float64,
    decode_int64,
    is_storable_key,
    rewrite,
)
from .number_values import MAX_INT64, MIN_INT64, encode_number, int64_to_wire


class Int64Value(int):
    """An int64 inside a `ConvexValue`; everywhere else it is an ordinary `int`."""

    def __new__(cls, value: int) -> Self:
        if not MIN_INT64 <= value <= MAX_INT64:
            raise ValueError(
                f"{value} is out of range: an int64 is within -2^63 and 2^63-1",
            )
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Int64Value({int(self)})"


def convex_value_to_wire(value: object) -> Any:
    """The encoded Convex value. Raises `InvalidArgument`, naming the offending element."""
    try:
        return _encode_value(value, 0)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def _encode_value(value: Any, depth: int) -> Any:
    kind: type[Any] = value.__class__
    if issubclass(kind, str):
        check_text(value)
        return value
    if value is None or kind is bool:
        return value
    if issubclass(kind, Int64Value):
        return int64_to_wire(value)
    if issubclass(kind, int):
        if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            raise ValueRefused(
                f"{value} is outside ±2^53; write Int64Value({value}) for an int64",
            )
        return value
    if issubclass(kind, float):
        return encode_number(value)
    if issubclass(kind, BYTES):
        return encode_bytes(bytes(value))
    if depth >= _MAX_NESTING:
        raise ValueRefused(f"nested over {_MAX_NESTING} levels deep, or inside itself")
    if issubclass(kind, dict):
        return _encode_object(value, depth + 1)
    if issubclass(kind, list | tuple):
        return _encode_array(value, depth + 1)
    raise ValueRefused(
        f"{kind.__qualname__} is not a Convex type; those are None, bool, int, float, "
        "Int64Value, str, bytes, list and dict"
    )


def _encode_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    encoded: dict[str, Any] = {}
    for key, element in value.items():
        if not isinstance(key, str) or not is_storable_key(key):
            raise ValueRefused(f"the key {key!r} cannot be stored: {_KEY_RULE}")
        try:
            encoded[key] = _encode_value(element, depth)
        except ValueRefused as refusal:
            refusal.path.insert(0, key)
            raise
    return encoded


def _encode_array(value: Sequence[Any], depth: int) -> list[Any]:
    encoded: list[Any] = []
    for index, element in enumerate(value):
        try:
            encoded.append(_encode_value(element, depth))
        except ValueRefused as refusal:
            refusal.path.insert(0, index)
            raise
    return encoded


# Of arguments and results; documents nest 16 levels at most.
_MAX_NESTING = 64
_KEY_RULE = (
    "Convex takes keys of printable ASCII that do not start with '$', are not empty and are not "
    "'__proto__'"
)


def convex_value_from_wire(value: Any) -> Any:
    """The Convex value of its encoded form. Takes over `value`, which the JSON parser made."""
    return rewrite(value, float, _value_from_special)


def _value_from_special(kind: str, payload: object) -> Any:
    if kind == "$integer":
        return Int64Value(decode_int64(payload))
    if kind == "$float":
        return decode_float64(payload)
    if kind == "$bytes":
        return decode_base64(payload)
    raise ValueError(f"unknown kind of value: {kind}")


def _convex_value_from_python(value: Any) -> Any:
    _encode_value(value, 0)
    return value


ConvexValue: TypeAlias = Annotated[
    bool | int | float | str | bytes | list[Any] | dict[str, Any] | None,
    Codec(
        core_schema.no_info_plain_validator_function(convex_value_from_wire),
        core_schema.no_info_plain_validator_function(_convex_value_from_python),
        convex_value_to_wire,
        {},
    ),
]
"""Any Convex value. Numbers are read as `float` and int64s as `Int64Value`, which is an `int`;
an `int` that is no `Int64Value` is stored as a double, and refused outside ±2^53."""


def _record_key(value: str) -> str:
    if is_storable_key(value):
        return value
    raise ValueError(f"the key {value!r} cannot be stored: {_KEY_RULE}")


RecordKey: TypeAlias = Annotated[str, AfterValidator(_record_key)]
"""A key of a record: printable ASCII that does not start with `$`."""
