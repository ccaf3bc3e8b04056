"""Lists of a known number of doubles: `Annotated[list[float], Vector(1536)]`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic_core import CoreSchema, core_schema

from .codec import Codec
from .foreign_values import in_python
from .number_values import NUMBER, number_to_wire

LARGEST = float((2**24 - 1) * 2**104)
"""The largest number of 32 bits, which is what indexes of vectors have numbers of."""


def require_searchable(vector: Sequence[float]) -> None:
    """Raise `ValueError` for what an index does not hold: NaN, infinities, and what is one there.

    Source: the backend's `vector/src/qdrant_index.rs`. Where a document has such a vector, its
    similarity to another is no number.
    """
    # All at once: a vector has some thousand numbers.
    if not vector or (
        math.isfinite(sum(vector)) and min(vector) >= -LARGEST and max(vector) <= LARGEST
    ):
        return
    for position, one in enumerate(vector):
        if not -LARGEST <= one <= LARGEST:
            raise ValueError(
                f"vectors have finite numbers of 32 bits, and this one none at position {position}"
            )


def Vector(dimensions: int) -> Codec:
    """A list of so many doubles. What is read is taken as it is, as with constraints."""

    def check(value: list[float]) -> list[float]:
        if len(value) != dimensions:
            raise ValueError(f"must have {dimensions} items, and has {len(value)}")
        require_searchable(value)
        return value

    def checked(numbers: CoreSchema) -> CoreSchema:
        return core_schema.no_info_after_validator_function(check, core_schema.list_schema(numbers))

    before = core_schema.no_info_before_validator_function
    return Codec(
        name="vector",
        python=before(in_python, checked(NUMBER.python)),
        json=checked(NUMBER.json),
        to_json=lambda value: [NUMBER.to_json(one) for one in _list(value)],
        wire=core_schema.list_schema(NUMBER.wire),
        to_wire=lambda value: [number_to_wire(one) for one in check(_list(value))],
        json_schema={"type": "array", "items": NUMBER.json_schema},
        given={
            "minItems": dimensions,
            "maxItems": dimensions,
            "items": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        },
    )


def _list(value: list[float]) -> list[float]:
    """The value itself. In a union, bytes are to be written otherwise, and they are a sequence."""
    kind: type[Any] = value.__class__
    if issubclass(kind, list):
        return value
    raise ValueError(f"expected a list, found {kind.__qualname__}")
