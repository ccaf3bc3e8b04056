"""Single values as types."""

from __future__ import annotations

import math

from convexgen.diagnostics.display import quoted
from convexgen.model.types import (
    BooleanLiteralType,
    Int64LiteralType,
    LiteralType,
    NumberLiteralType,
    Type,
)
from convexgen.source.core_schema import whole_number

_MOST_DIGITS = 400


def constant_type(text: str) -> Type | str:
    """The type of a constant as an expression has it, or what is wrong with it."""
    if text[0] in "\"'":
        return LiteralType((text[1:-1],))
    if text in {"true", "false"}:
        return BooleanLiteralType((text == "true",))
    if text.endswith("n"):
        # Python reads no integers of thousands of digits.
        if len(text) <= _MOST_DIGITS and -(2**63) <= int(text[:-1]) < 2**63:
            return Int64LiteralType((int(text[:-1]),))
        return f"{quoted(text)} is out of range: an int64 is within -2^63 and 2^63-1"
    is_whole = text.lstrip("-").isdigit()
    # Ints have but one zero, and doubles two, which Convex tells apart.
    is_negative_zero = is_whole and text.startswith("-") and not text.strip("-0")
    return value_type(whole_number(text) if is_whole and not is_negative_zero else float(text))


def value_type(value: str | bool | int | float) -> Type | str:
    """The type of a plain value, or what is wrong with it."""
    if isinstance(value, str):
        return LiteralType((value,))
    if isinstance(value, bool):
        return BooleanLiteralType((value,))
    if not math.isfinite(value):
        return f"{value} is not finite, and so is no type of a single number"
    number = float(value)
    if number != value:
        return f"{value} is not exactly a double"
    return NumberLiteralType((number,))
