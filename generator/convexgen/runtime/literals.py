"""Single numbers and booleans as types: `Annotated[Literal[1, 2], NumberLiteral(1, 2)]`.

Strings need nothing of the kind. `Literal` alone takes 1.0 for true, which equals it in Python.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from .codec import Codec, or_else, plain
from .errors import InvalidArgument
from .foreign_values import in_python
from .number_values import NUMBER, encode_number, int64_from_wire, int64_to_wire, whole


def BooleanLiteral(*values: bool) -> Codec:
    """A boolean that is one of these."""

    def one_of(given: Any) -> bool:
        value = in_python(given)
        if isinstance(value, bool) and value in values:
            return value
        raise ValueError(f"expected {_listed(values)}")

    return Codec(
        name=_listed(values),
        python=plain(one_of),
        json=plain(one_of),
        to_json=one_of,
        wire=plain(one_of),
        to_wire=one_of,
        json_schema={"type": "boolean", "enum": list(values)},
    )


def NumberLiteral(*values: float) -> Codec:
    """A double that is one of these."""

    def one_of(given: Any) -> float:
        value = in_python(given)
        if isinstance(value, int | float) and not isinstance(value, bool):
            for candidate in values:
                if value == candidate:
                    return candidate
        raise ValueError(f"expected {_listed(values)}")

    def to_wire(value: Any) -> float | dict[str, str]:
        try:
            return encode_number(one_of(value))
        except ValueError as error:
            raise InvalidArgument(str(error)) from error

    return Codec(
        name=_listed(values),
        python=plain(one_of),
        json=plain(one_of),
        to_json=one_of,
        wire=core_schema.no_info_after_validator_function(one_of, NUMBER.wire),
        to_wire=to_wire,
        json_schema={"type": "number", "enum": list(values)},
    )


def Int64Literal(*values: int) -> Codec:
    """An int64 that is one of these."""

    def one_of(given: Any) -> int:
        value = in_python(given)
        if isinstance(value, int) and not isinstance(value, bool) and value in values:
            return int(value)
        raise ValueError(f"expected {_listed(values)}")

    def to_wire(value: Any) -> dict[str, str]:
        try:
            return int64_to_wire(one_of(value))
        except ValueError as error:
            raise InvalidArgument(str(error)) from error

    return Codec(
        name=_listed(values),
        python=plain(one_of),
        json=or_else(one_of, lambda value: one_of(whole(value))),
        to_json=one_of,
        wire=plain(lambda value: one_of(int64_from_wire(value))),
        to_wire=to_wire,
        json_schema={"type": "integer", "enum": list(values)},
    )


def _listed(values: tuple[float, ...]) -> str:
    return " or ".join(str(value) for value in values)
