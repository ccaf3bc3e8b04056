"""The values of keys: names, numbers, constants."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from convexgen.guards import is_list
from convexgen.spec.surface.mapping import refusal


def _as_list(value: Any) -> Any:
    """A single name stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _enum_value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise refusal("enum-value-not-text", "a value of an enum is text")


def _constant(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    raise refusal("wrong-shape", "a literal is text, a number, true or false")


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise refusal("wrong-shape", "a bound is a number")


_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DURATION = r"[1-9][0-9]{0,8}[smhdw]"


def _duration(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_DURATION, value) is not None:
        return value
    raise refusal(
        "invalid-value",
        "a duration is a whole number, at least 1, and a unit",
        {"help": "s, m, h, d or w, as in 90s, 12h, 30d"},
    )


def _date(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_DATE, value) is not None:
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat()
    raise refusal(
        "invalid-value", "a date is a year, a month and a day", {"help": "as in 2027-03-31"}
    )


def _each_as_list(value: Any) -> Any:
    """A single name stands for a list of one, and a list of names for one list each."""
    return [_as_list(one) for one in value] if is_list(value) else [_as_list(value)]


def _deprecation(value: Any) -> Any:
    if isinstance(value, str | bool):
        return value
    raise refusal(
        "wrong-shape",
        "a deprecation is true, or text",
        {"help": "say what to use instead, such as deprecated: use title"},
    )


Names: TypeAlias = Annotated[
    list[str],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
FieldLists: TypeAlias = Annotated[
    list[Annotated[list[str], Field(min_length=1)]],
    BeforeValidator(_each_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "anyOf": [
                            {"type": "string"},
                            {"type": "array", "items": {"type": "string"}, "minItems": 1},
                        ]
                    },
                },
            ]
        }
    ),
]
EnumValue: TypeAlias = Annotated[str, BeforeValidator(_enum_value)]
Constant: TypeAlias = Annotated[
    Any, BeforeValidator(_constant), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Bound: TypeAlias = Annotated[Any, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Duration: TypeAlias = Annotated[
    str,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$"}),
]
Day: TypeAlias = Annotated[
    str,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE}$"}),
]
Deprecation: TypeAlias = Annotated[
    Any, BeforeValidator(_deprecation), WithJsonSchema({"type": ["string", "boolean"]})
]
EnumValues: TypeAlias = Annotated[list[EnumValue], Field(min_length=1)]
