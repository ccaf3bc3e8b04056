"""JSON values, stored in Convex so that they always come back equal.

Convex cannot hold every JSON value: it refuses keys that start with `$` and keys that are not
printable ASCII, objects over 1,024 entries, arrays over 8,192 elements and documents nested over
16 levels deep, its numbers are doubles (https://docs.convex.dev/production/state/limits), and it
loses entries whose key is `__proto__`. A value without any of these is stored as it is. Any other
value is stored in the tagged form

    {"jsonText": "<the value as compact JSON text>"}

and so is an object whose only key is "jsonText" or "jsonChunks", so that reading is never
ambiguous. The tagged form exists at the top of a JSON value only. In its text an integer has all
its digits and nothing else, and a double beyond ±2^53 has a fraction or an exponent: so readers
tell them apart.

A field with `large: true` takes values with which its document would be larger than 1 MiB. A value
whose text has over 896 KiB in UTF-8 travels in the tagged form. Where a document would be too
large, the functions keep the text in documents of their own, and in its place

    {"jsonChunks": {"ids": [<their IDs, in order>], "bytes": <the size of the text>}}

which no caller sees: what they answer has the tagged form.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable
from typing import Any, NoReturn

from pydantic_core import to_json

from .foreign_values import type_name

MAX_SAFE_INTEGER = 2**53
"""The range in which every whole number is a double."""

MAX_NESTING = 200
"""How many levels deep a JSON value may be, to stay clear of Python's recursion limit."""

MAX_ELEMENTS = 8192
"""Of a list: docs.convex.dev/production/state/limits."""

_TAG = "jsonText"
_TAGS = frozenset([_TAG, "jsonChunks"])
_MAX_NATIVE_BYTES = 896 * 1024
# Documents nest 16 levels at most; ten leave room for the record that holds the value.
_MAX_NATIVE_NESTING = 10
_MAX_NATIVE_ENTRIES = 1024
_MAX_KEY_LENGTH = 1024


class ValueRefused(ValueError):
    """A value that cannot be held; `path` leads to the offending element."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str | int] = []

    def __str__(self) -> str:
        place = "".join(f"[{step!r}]" for step in self.path)
        return f"at {place}: {self.reason}" if place else self.reason


def check_text(text: str) -> None:
    """Refuse text that is not valid Unicode, with `ValueRefused`."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise ValueRefused(
            f"the text has a lone surrogate (U+{code:04X} at index {error.start}), "
            "which is not valid Unicode"
        ) from None


def is_storable_key(key: str) -> bool:
    """Whether Convex keeps the key in an object: printable ASCII that does not start with `$`.

    `__proto__` is none: Convex's own decoder in functions assigns to it, which loses the entry
    (`jsonToConvex` of the npm package `convex`, src/values/value.ts).
    """
    return (
        0 < len(key) <= _MAX_KEY_LENGTH
        and key[0] != "$"
        and key != "__proto__"
        and key.isascii()
        and key.isprintable()
    )


def check_json(value: Any) -> bool:
    """Whether Convex can hold the JSON value natively.

    Raises `ValueRefused`, which names the offending element, for what is not JSON at all: other
    types, keys that are not strings, NaN and infinities, lone surrogates, and values nested over
    200 levels deep.
    """
    return _check(value, 0) and not _has_tag(value)


def _has_tag(value: Any) -> bool:
    kind: type[Any] = value.__class__
    return issubclass(kind, dict) and len(value) == 1 and not _TAGS.isdisjoint(value)


def _check(value: Any, depth: int) -> bool:
    kind: type[Any] = value.__class__
    if issubclass(kind, str):
        check_text(value)
        return True
    if value is None or kind is bool:
        return True
    if issubclass(kind, int):
        return bool(-MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER)
    if issubclass(kind, float):
        if not math.isfinite(value):
            raise ValueRefused(f"{value} is not a JSON number")
        return True
    if issubclass(kind, dict):
        return _check_object(value, depth + 1)
    if issubclass(kind, list):
        return _check_array(value, depth + 1)
    raise ValueRefused(
        f"{type_name(value)} is not a JSON type; "
        "JSON has None, bool, int, float, str, list and dict"
    )


def _check_object(value: dict[Any, Any], depth: int) -> bool:
    _check_nesting(depth)
    native = depth <= _MAX_NATIVE_NESTING and len(value) <= _MAX_NATIVE_ENTRIES
    for key, element in value.items():
        if not isinstance(key, str):
            raise ValueRefused(f"the key {key!r} is not a string")
        try:
            if not is_storable_key(key):
                native = False
                check_text(key)
            native = _check(element, depth) and native
        except ValueRefused as refusal:
            refusal.path.insert(0, key)
            raise
    return native


def _check_array(value: list[Any], depth: int) -> bool:
    _check_nesting(depth)
    native = depth <= _MAX_NATIVE_NESTING and len(value) <= MAX_ELEMENTS
    for index, element in enumerate(value):
        try:
            fits = _check(element, depth)
        except ValueRefused as refusal:
            refusal.path.insert(0, index)
            raise
        native = native and fits
    return native


def _check_nesting(depth: int) -> None:
    if depth > MAX_NESTING:
        raise ValueRefused(f"nested over {MAX_NESTING} levels deep, or inside itself")


def json_to_wire(value: object) -> Any:
    """The JSON value as it is stored: itself, or the tagged form.

    Raises `ValueRefused` for what is not JSON.
    """
    return value if check_json(value) else _tagged(value)


def large_json_to_wire(value: object) -> Any:
    """The JSON value of a field with `large: true` as it travels: text if it is large.

    Raises `ValueRefused` for what is not JSON.
    """
    wire = json_to_wire(value)
    if wire is value and len(to_json(value)) > _MAX_NATIVE_BYTES:
        return _tagged(value)
    return wire


def _tagged(value: object) -> dict[str, str]:
    try:
        text = json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
        )
    except ValueError as error:
        # The interpreter's limit on the digits of an integer.
        raise ValueRefused(str(error)) from error
    return {_TAG: text}


def json_from_wire(value: Any) -> Any:
    """The JSON value that was stored. Takes over `value`, which the JSON parser made.

    Whole numbers come back as `int`, for JSON has one type of numbers and Convex answers 1 as 1.0.
    Raises `ValueError` for stored values that are not JSON (bytes, NaN, a broken tagged form).
    """
    if _has_tag(value) and isinstance(value.get(_TAG), str):
        return _parse(value[_TAG])
    return rewrite(value, _number_from_wire, _json_from_special)


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_float=lambda digits: _number_from_wire(float(digits)),
            parse_constant=_refuse_constant,
        )
    except RecursionError as error:
        raise ValueError(
            "the stored JSON text is nested too deep to be read",
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"the stored JSON text has {name}, which is not JSON")


def _number_from_wire(number: float) -> int | float:
    if number.is_integer() and -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
        return int(number) if number or math.copysign(1, number) > 0 else number
    return number


def _json_from_special(kind: str, payload: object) -> Any:
    if kind == "$integer":
        return decode_int64(payload)
    if kind == "$float":
        number = decode_float64(payload)
        if math.isfinite(number):
            return number
        raise ValueError(f"the stored value has {number}, which is not JSON")
    raise ValueError(f"the stored value has a {kind} value, which is not JSON")


def rewrite(
    value: Any, number: Callable[[float], Any], special: Callable[[str, object], Any]
) -> Any:
    """The encoded value with its numbers and its `{"$kind": payload}` values decoded, in place."""
    kind: type[Any] = value.__class__
    if kind is float:
        return number(value)
    if kind is dict:
        if len(value) == 1:
            ((key, payload),) = value.items()
            if key.startswith("$"):
                return special(key, payload)
        for key, element in value.items():
            if type(element) in _REWRITTEN:
                value[key] = rewrite(element, number, special)
    elif kind is list:
        for index, element in enumerate(value):
            if type(element) in _REWRITTEN:
                value[index] = rewrite(element, number, special)
    return value


_REWRITTEN = frozenset([float, dict, list])


def decode_base64(payload: object) -> bytes:
    """The bytes of standard base64 text. Raises `ValueError` for anything else."""
    if isinstance(payload, str):
        return base64.b64decode(payload, validate=True)
    raise ValueError("expected base64 text")


def decode_int64(payload: object) -> int:
    """The integer of a `$integer`: eight bytes, little-endian, two's complement, in base64."""
    return int.from_bytes(_eight_bytes(payload), "little", signed=True)


def decode_float64(payload: object) -> float:
    """The double of a `$float`: eight bytes, little-endian, in base64."""
    (number,) = struct.unpack("<d", _eight_bytes(payload))
    return float(number)


def _eight_bytes(payload: object) -> bytes:
    data = decode_base64(payload)
    if len(data) != 8:
        raise ValueError(f"expected 8 bytes, found {len(data)}")
    return data
