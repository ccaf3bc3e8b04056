"""Single values as types."""

from __future__ import annotations

import math
from collections.abc import Iterable

from convexgen.diagnostics.display import quoted
from convexgen.model.types import (
    AnyLiteralType,
    BooleanLiteralType,
    Int64LiteralType,
    LiteralType,
    NumberLiteralType,
    Type,
)

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
    is_whole = text.lstrip("-").isdigit() and len(text) <= _MOST_DIGITS
    return value_type(int(text) if is_whole else float(text))


def value_type(value: str | bool | int | float) -> Type | str:
    """The type of a plain value, or what is wrong with it."""
    if isinstance(value, str):
        return LiteralType((value,))
    if isinstance(value, bool):
        return BooleanLiteralType((value,))
    if not math.isfinite(value):
        return f"{value} is not finite, and so is no type of a single number"
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number != value:
        return f"{value} is not exactly a double"
    # A minus before zero is not told apart: the two zeros are equal.
    return NumberLiteralType((number + 0.0,))


def merge_literals(members: Iterable[Type]) -> list[Type]:
    """The members of a union, literals of one kind put together where the first of them stands."""
    merged: list[Type] = []
    places: dict[type[Type], int] = {}
    for member in members:
        place = places.setdefault(type(member), len(merged))
        if place < len(merged) and isinstance(member, AnyLiteralType):
            merged[place] = _joined(merged[place], member)
        else:
            merged.append(member)
    return merged


def _joined(first: Type, second: Type) -> Type:
    match first, second:
        case LiteralType(some), LiteralType(more):
            return LiteralType((*some, *more))
        case BooleanLiteralType(some), BooleanLiteralType(more):
            return BooleanLiteralType((*some, *more))
        case NumberLiteralType(some), NumberLiteralType(more):
            return NumberLiteralType((*some, *more))
        case Int64LiteralType(some), Int64LiteralType(more):
            return Int64LiteralType((*some, *more))
        case _:
            raise TypeError(f"{first} and {second} are no literals of one kind")
