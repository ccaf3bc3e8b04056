"""Lists of a known number of doubles: `Annotated[list[float], Vector(1536)]`."""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from .codec import Codec
from .number_values import NUMBER, number_to_wire


def Vector(dimensions: int) -> Codec:
    """A list of so many doubles. What is read is taken as it is, as with constraints."""

    def check(value: list[float]) -> list[float]:
        if len(value) != dimensions:
            raise ValueError(f"must have {dimensions} items, and has {len(value)}")
        return value

    def to_wire(value: list[float]) -> list[Any]:
        return [number_to_wire(one) for one in check(value)]

    return Codec(
        core_schema.list_schema(NUMBER.wire_schema),
        core_schema.no_info_after_validator_function(
            check, core_schema.list_schema(NUMBER.python_schema, strict=True)
        ),
        to_wire,
        {
            "type": "array",
            "items": {"type": "number"},
            "minItems": dimensions,
            "maxItems": dimensions,
        },
    )
