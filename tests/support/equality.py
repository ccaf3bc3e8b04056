"""Whether values that were written and read are the same."""

from __future__ import annotations

import math
from typing import Any


def same(left: Any, right: Any) -> bool:
    """Whether plain values are equal, and NaN and the sign of zero are the same."""
    if isinstance(left, float) and isinstance(right, float):
        return (left == right and math.copysign(1, left) == math.copysign(1, right)) or (
            math.isnan(left) and math.isnan(right)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) is not type(right) and not {type(left), type(right)} <= {int, float}:
        return False
    return bool(left == right)


def plain(value: Any) -> Any:
    """The value without classes of the package, and without fields that are absent."""
    if hasattr(value, "model_dump"):
        given = dict(value).items()
        return {name: plain(one) for name, one in given if repr(one) != "MISSING"}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    # A value of an open enum that is not known is a string of a class of its own.
    return str(value) if type(value).__name__ == "UnknownText" else value
