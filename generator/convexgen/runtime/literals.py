"""Single numbers and booleans as types: `Annotated[Literal[1, 2], NumberLiteral(1, 2)]`.

Strings need nothing of the kind. `Literal` alone takes 1.0 for true, which equals it in Python.

One that was read of a newer backend, and is not known here, is written as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from .codec import Codec, or_else, plain
from .errors import InvalidArgument
from .foreign_values import in_python
from .number_values import NUMBER, encode_number, int64_from_wire, int64_to_wire, whole
from .unknown_values import UnknownBoolean, UnknownInt64, UnknownNumber

# What equals a number of another kind, and is none.
_OTHERS = (bool, UnknownBoolean, UnknownInt64)


def BooleanLiteral(*values: bool) -> Codec:
    """A boolean that is one of these."""

    def one_of(given: Any) -> bool | UnknownBoolean:
        value = in_python(given)
        if isinstance(value, UnknownBoolean):
            return value
        if isinstance(value, bool) and value in values:
            return value
        raise ValueError(f"expected {_listed(values)}")

    return Codec(
        name=_listed(values),
        python=plain(one_of),
        json=plain(one_of),
        to_json=lambda value: bool(one_of(value)),
        wire=plain(one_of),
        to_wire=lambda value: bool(one_of(value)),
        json_schema=_json_schema("boolean", values),
        unknown=_after(UnknownBoolean, core_schema.bool_schema(strict=True)),
    )


def NumberLiteral(*values: float) -> Codec:
    """A double that is one of these."""

    def one_of(given: Any) -> float:
        value = in_python(given)
        if isinstance(value, UnknownNumber):
            return value
        if isinstance(value, int | float) and not isinstance(value, _OTHERS):
            for candidate in values:
                if value == candidate:
                    return candidate
        raise ValueError(f"expected {_listed(values)}")

    def to_wire(value: Any) -> float | dict[str, str]:
        try:
            return encode_number(one_of(value))
        except ValueError as error:
            raise InvalidArgument(str(error)) from error

    def to_json(value: Any) -> Any:
        number = one_of(value)
        return number if math.isfinite(number) else NUMBER.to_json(number)

    return Codec(
        name=_listed(values),
        python=plain(one_of),
        json=plain(one_of),
        to_json=to_json,
        wire=core_schema.no_info_after_validator_function(one_of, NUMBER.wire),
        to_wire=to_wire,
        json_schema=_json_schema("number", values, NUMBER.json_schema),
        unknown=_after(UnknownNumber, NUMBER.wire),
    )


def Int64Literal(*values: int) -> Codec:
    """An int64 that is one of these."""

    def one_of(given: Any) -> int:
        value = in_python(given)
        if isinstance(value, UnknownInt64):
            return value
        if isinstance(value, int) and not isinstance(value, _OTHERS) and value in values:
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
        json_schema=_json_schema("integer", values),
        unknown=plain(lambda value: UnknownInt64(int64_from_wire(value))),
    )


def _after(unknown: Callable[[Any], Any], wire: core_schema.CoreSchema) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(unknown, wire)


def _json_schema(
    kind: str, values: tuple[float, ...], unknown: Any = None
) -> Callable[[GetJsonSchemaHandler], JsonSchemaValue]:
    """What is given may be one that is not known; what is taken is not."""

    def said(handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        listed = {"type": kind, "enum": list(values)}
        if handler.mode != "serialization":
            return listed
        return {"anyOf": [listed, {"type": kind} if unknown is None else deepcopy(unknown)]}

    return said


def _listed(values: tuple[float, ...]) -> str:
    return " or ".join(str(value) for value in values)
