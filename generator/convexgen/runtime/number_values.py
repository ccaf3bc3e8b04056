"""Whole numbers and doubles, each with its encoding on the wire."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic_core import core_schema

from .codec import Codec, base64_text, or_else, or_json, plain, special
from .errors import InvalidArgument
from .foreign_values import in_python, type_name
from .json_values import MAX_SAFE_INTEGER, decode_float64, decode_int64

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1


def int64_to_wire(value: int) -> dict[str, str]:
    """The encoded int64. Raises `InvalidArgument` outside -2^63 … 2^63-1."""
    try:
        number = _int64_from_python(value)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    return {"$integer": base64_text(number.to_bytes(8, "little", signed=True))}


def int64_from_wire(value: object) -> int:
    """The integer of an encoded int64. Raises `ValueError` for anything else."""
    return decode_int64(special(value, "$integer"))


def _int64_from_python(value: object) -> int:
    return _integer(value, MIN_INT64, MAX_INT64, "an int64 is within -2^63 and 2^63-1")


def _int64_from_json(value: object) -> int:
    return _int64_from_python(whole(value))


def _integer(value: object, least: int, most: int, rule: str) -> int:
    number = in_python(value)
    if isinstance(number, int) and not isinstance(number, bool):
        if least <= number <= most:
            return int(number)
        raise ValueError(f"out of range: {rule}")
    raise ValueError(f"expected an int, found {type_name(value)}")


def whole(value: object) -> object:
    """What an integer of JSON means: it has one type of numbers, and 5.0 is an integer to it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Int64: TypeAlias = Annotated[
    int,
    Codec(
        name="int64",
        python=or_json(_int64_from_python, _int64_from_json),
        json=or_else(_int64_from_python, _int64_from_json),
        to_json=_int64_from_python,
        wire=plain(int64_from_wire),
        to_wire=int64_to_wire,
        json_schema={"type": "integer", "minimum": MIN_INT64, "maximum": MAX_INT64},
    ),
]
"""A whole number from -2^63 to 2^63-1, stored as Convex's int64."""


def integer_to_wire(value: int) -> int:
    """The integer itself. Raises `InvalidArgument` outside ±2^53."""
    try:
        return _integer_from_python(value)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def whole_number(name: str, value: object) -> int:
    """An argument that counts, such as a limit. Raises `InvalidArgument`, which names it."""
    try:
        return _integer_from_python(value)
    except ValueError as error:
        raise InvalidArgument(f"`{name}`: {error}") from error


def _integer_from_python(value: object) -> int:
    return _integer(
        value,
        -MAX_SAFE_INTEGER,
        MAX_SAFE_INTEGER,
        "an integer is within ±2^53, where every whole number is a double",
    )


def _integer_from_json(value: object) -> int:
    return _integer_from_python(whole(value))


def _integer_from_wire(value: float) -> int:
    if not value.is_integer() or not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise ValueError("expected a whole number within ±2^53")
    return int(value)


Integer: TypeAlias = Annotated[
    int,
    Codec(
        name="integer",
        python=or_json(_integer_from_python, _integer_from_json),
        json=or_else(_integer_from_python, _integer_from_json),
        to_json=_integer_from_python,
        wire=core_schema.no_info_after_validator_function(
            _integer_from_wire, core_schema.float_schema(strict=True)
        ),
        to_wire=integer_to_wire,
        json_schema={
            "type": "integer",
            "minimum": -MAX_SAFE_INTEGER,
            "maximum": MAX_SAFE_INTEGER,
        },
    ),
]
"""A whole number within ±2^53, stored as a double."""


def number_to_wire(value: float) -> float | dict[str, str]:
    """The number, encoded where JSON has no form for it. Raises `InvalidArgument`."""
    try:
        number = _number_from_python(value)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    return encode_number(number)


def doubles(values: Iterable[float]) -> list[float]:
    """The numbers as doubles. Raises `ValueError` for what are none."""
    return [_number_from_python(value) for value in values]


def encode_number(value: float) -> float | dict[str, str]:
    """The double, encoded where JSON has no form for it."""
    if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
        return {"$float": base64_text(struct.pack("<d", value))}
    return value


def _number_to_wire(value: object) -> float | dict[str, str]:
    return encode_number(_number_from_python(value))


def _number_from_wire(value: object) -> float:
    return decode_float64(special(value, "$float"))


def _number_from_python(value: object) -> float:
    number = in_python(value)
    if isinstance(number, float):
        return float(number)
    if isinstance(number, int) and not isinstance(number, bool):
        try:
            double = float(number)
        except OverflowError:
            double = math.inf
        if double != number:
            raise ValueError("an int that is not exactly a double; use a type for large integers")
        return double
    raise ValueError(f"expected a float or an int, found {type_name(value)}")


# What JSON has no number for, as protocol buffers and pydantic (`ser_json_inf_nan`) write it:
# https://protobuf.dev/programming-guides/json
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _number_from_json(value: object) -> float:
    """The double next to the digits, as every reader of JSON has it."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("larger than any double") from None
    raise ValueError(f"expected a number, or one of {', '.join(_WORDS)}")


def _number_to_json(value: object) -> float | str:
    number = _number_from_python(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


_FINITE = core_schema.float_schema(strict=True, allow_inf_nan=False)

NUMBER = Codec(
    name="number",
    python=or_json(_number_from_python, _number_from_json),
    json=plain(_number_from_json),
    to_json=_number_to_json,
    wire=core_schema.union_schema(
        [_FINITE, plain(_number_from_wire)],
        mode="left_to_right",
    ),
    to_wire=_number_to_wire,
    json_schema={"anyOf": [{"type": "number"}, {"enum": list(_WORDS)}]},
)

Number: TypeAlias = Annotated[float, NUMBER]
"""A double, NaN, the infinities and -0.0 included. An int is taken if a double holds it exactly.

In JSON, the first three are text: "NaN", "Infinity" and "-Infinity".
"""
