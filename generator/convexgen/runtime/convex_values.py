"""Any values of Convex, and keys of records, with their encoding on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .byte_values import BASE64_PATTERN, BYTES, encode_bytes
from .codec import Codec, or_json, plain
from .errors import InvalidArgument
from .foreign_values import plainly, type_name
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
            raise ValueError("out of range: an int64 is within -2^63 and 2^63-1")
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Int64Value({int(self)})"


def convex_value_to_wire(value: object) -> Any:
    """The encoded Convex value. Raises `InvalidArgument`, naming the offending element."""
    try:
        try:
            return _encode_value(value, 0)
        except ValueRefused:
            return _encode_value(plainly(value), 0)
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
                "an int outside ±2^53; write Int64Value(…) for an int64",
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
        f"{type_name(value)} is not a Convex type; those are None, bool, int, float, "
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
    try:
        _encode_value(value, 0)
    except ValueRefused:
        plain_value = plainly(value)
        _encode_value(plain_value, 0)
        return plain_value
    return value


def _convex_value_from_json(value: Any) -> Any:
    """The value of its JSON, which is Convex's encoded JSON, for no key of a value starts with `$`.

    Numbers of JSON are doubles, whatever digits they have.
    """
    return _convex_value_from_python(_decoded(value, 0))


def _decoded(value: Any, depth: int) -> Any:
    if depth > _MAX_NESTING:
        raise ValueRefused(f"nested over {_MAX_NESTING} levels deep")
    kind: type[Any] = value.__class__
    if kind is dict:
        if len(value) == 1:
            ((key, payload),) = value.items()
            if isinstance(key, str) and key.startswith("$"):
                return _value_from_special(key, payload)
        return {key: _decoded(element, depth + 1) for key, element in value.items()}
    if kind is list:
        return [_decoded(element, depth + 1) for element in value]
    if kind is int and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        try:
            return float(value)
        except OverflowError:
            raise ValueRefused("a number larger than any double") from None
    return value


def _json_schema(handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """It contains itself, so it is a definition of its own."""
    return handler(
        core_schema.definitions_schema(
            _REFERENCE,
            [
                core_schema.any_schema(
                    ref=_NAME, metadata={"pydantic_js_functions": [_alternatives]}
                )
            ],
        )
    )


_NAME = "ConvexValue"
_REFERENCE = core_schema.definition_reference_schema(_NAME)


def _alternatives(_: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    itself = handler(_REFERENCE)
    return {
        "title": _NAME,
        "anyOf": [
            {"type": ["null", "boolean", "number", "string"]},
            {"type": "array", "items": itself},
            {
                "type": "object",
                "propertyNames": _KEY_SCHEMA,
                "additionalProperties": itself,
            },
            *map(_special_schema, ("$integer", "$float"), (_EIGHT_BYTES, _EIGHT_BYTES)),
            _special_schema("$bytes", BASE64_PATTERN),
        ],
    }


_EIGHT_BYTES = "^[A-Za-z0-9+/]{11}=$"


def _special_schema(key: str, pattern: str) -> JsonSchemaValue:
    payload = {"type": "string", "contentEncoding": "base64", "pattern": pattern}
    return {
        "type": "object",
        "properties": {key: payload},
        "required": [key],
        "additionalProperties": False,
    }


ConvexValue: TypeAlias = Annotated[
    bool | int | float | str | bytes | list[Any] | dict[str, Any] | None,
    Codec(
        name="any",
        python=or_json(_convex_value_from_python, _convex_value_from_json),
        json=plain(_convex_value_from_json),
        to_json=convex_value_to_wire,
        wire=plain(convex_value_from_wire),
        to_wire=convex_value_to_wire,
        json_schema=_json_schema,
    ),
]
"""Any Convex value. Numbers are read as `float` and int64s as `Int64Value`, which is an `int`;
an `int` that is no `Int64Value` is stored as a double, and refused outside ±2^53. In JSON, int64s,
bytes, NaN and infinities are as Convex has them, such as `{"$bytes": "YQ=="}`."""


def _record_key(value: str) -> str:
    if is_storable_key(value):
        return value
    raise ValueError(f"the key {value!r} cannot be stored: {_KEY_RULE}")


# pydantic takes a `pattern` of keys for one that tells properties apart.
_KEY_SCHEMA: JsonSchemaValue = {
    "type": "string",
    "allOf": [
        {"pattern": '^[ !"#%-~][ -~]*$', "maxLength": 1024},
        {"not": {"const": "__proto__"}},
    ],
}

RecordKey: TypeAlias = Annotated[
    str,
    AfterValidator(_record_key),
    WithJsonSchema(_KEY_SCHEMA),
]
"""A key of a record: printable ASCII that does not start with `$`."""
