"""What a type of fields is to pydantic.

Values travel in Convex's encoded JSON: an int64 as `{"$integer": <base64>}`, bytes as
`{"$bytes": <base64>}`, and the doubles that JSON lacks (NaN, infinities, -0.0) as
`{"$float": <base64>}`. The types of fields take the user's Python values in Python and read and
write the encoded form in JSON, so one pass of pydantic's parser turns an answer into entities.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


# Unions hash the annotations in them, and schemas are not hashable: a codec equals itself alone.
@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """A type's schema for answers (JSON), its schema for Python values, and its encoder."""

    wire_schema: CoreSchema
    python_schema: CoreSchema
    to_wire: Callable[[Any], Any]
    json_schema: JsonSchemaValue

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=self.wire_schema,
            python_schema=self.python_schema,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.to_wire, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self.json_schema)


def special(value: Any, kind: str) -> Any:
    """The payload of the encoded value `{kind: payload}`. Raises `ValueError` for any other."""
    shape: type[Any] = value.__class__
    if shape is dict and len(value) == 1 and kind in value:
        return value[kind]
    raise ValueError(f'expected {{"{kind}": …}}')


def base64_text(data: bytes) -> str:
    """Bytes as a payload has them."""
    return base64.b64encode(data).decode("ascii")
