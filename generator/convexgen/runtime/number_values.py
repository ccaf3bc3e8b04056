"""Whole numbers and doubles, each with its encoding on the wire."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic_core import core_schema

from .codec import Codec, base64_text, special
from .errors import InvalidArgument
from .json_values import MAX_SAFE_INTEGER, decode_float64, decode_int64

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1


def int64_to_wire(value: int) -> dict[str, str]:
    """The encoded int64. Raises `InvalidArgument` outside -2^63 … 2^63-1."""
    _require_integer(value, MIN_INT64, MAX_INT64, "an int64 is within -2^63 and 2^63-1")
    return {"$integer": base64_text(value.to_bytes(8, "little", signed=True))}


def int64_from_wire(value: object) -> int:
    """The integer of an encoded int64. Raises `ValueError` for anything else."""
    return decode_int64(special(value, "$integer"))


def _require_integer(value: object, least: int, greatest: int, rule: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(f"{value!r} is not an int")
    if not least <= value <= greatest:
        raise InvalidArgument(f"{value} is out of range: {rule}")


Int64: TypeAlias = Annotated[
    int,
    Codec(
        core_schema.no_info_plain_validator_function(int64_from_wire),
        core_schema.int_schema(strict=True, ge=MIN_INT64, le=MAX_INT64),
        int64_to_wire,
        {"type": "integer", "minimum": MIN_INT64, "maximum": MAX_INT64},
    ),
]
"""A whole number from -2^63 to 2^63-1, stored as Convex's int64."""


def integer_to_wire(value: int) -> int:
    """The integer itself. Raises `InvalidArgument` outside ±2^53."""
    _require_integer(
        value,
        -MAX_SAFE_INTEGER,
        MAX_SAFE_INTEGER,
        "an integer is within ±2^53, where every whole number is a double",
    )
    return value


def _integer_from_wire(value: float) -> int:
    if not value.is_integer() or not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise ValueError(f"expected a whole number within ±2^53, found {value}")
    return int(value)


Integer: TypeAlias = Annotated[
    int,
    Codec(
        core_schema.no_info_after_validator_function(
            _integer_from_wire, core_schema.float_schema(strict=True)
        ),
        core_schema.int_schema(strict=True, ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER),
        integer_to_wire,
        {"type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER},
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


def numbers_to_wire(values: Iterable[float]) -> list[float | dict[str, str]]:
    """The numbers, each encoded. Raises `InvalidArgument`."""
    return [number_to_wire(value) for value in values]


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
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if number != value:
            raise ValueError(
                f"{value} is not exactly a double; use a type for large integers",
            )
        return number
    raise ValueError(f"expected a float or an int, found {type(value).__qualname__}")


NUMBER = Codec(
    core_schema.union_schema(
        [
            core_schema.float_schema(strict=True, allow_inf_nan=False),
            core_schema.no_info_plain_validator_function(_number_from_wire),
        ],
        mode="left_to_right",
    ),
    core_schema.no_info_plain_validator_function(_number_from_python),
    _number_to_wire,
    {"type": "number"},
)

Number: TypeAlias = Annotated[float, NUMBER]
"""A double, NaN, the infinities and -0.0 included. An int is taken if a double holds it exactly."""
