"""What a type of fields is to pydantic: Python values, JSON, and the wire form.

JSON is what models read and write for everybody but Convex, as their JSON Schema says it: a moment
is ISO 8601 text, bytes are base64 text, an int64 is an integer. To Convex, values travel in its
encoded JSON: an int64 as `{"$integer": <base64>}`, bytes as `{"$bytes": <base64>}`, the doubles
that JSON lacks (NaN, infinities, -0.0) as `{"$float": <base64>}`, a moment as a number. `wire`
makes of a type what reads and writes that, in one pass of pydantic's parser.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

WIRE = "convexgen_wire"
"""The key of a schema's metadata under which its counterpart of the wire form is."""

UNKNOWN = "convexgen_unknown"
"""The key under which a schema of the wire form has that of values which are not known here."""

NAME = "convexgen_name"
"""The key under which the name of a codec is."""


# Unions hash the annotations in them, and schemas are not hashable: a codec equals itself alone.
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Codec:
    """A type's schemas for Python values, for JSON and for the wire, and its encoders.

    `json_schema` is of the JSON alone, or says it to pydantic's handler; in a schema for what comes
    in, `given` is added. The `name` is what errors call it among the types of a union. `unknown`
    reads of the wire what `wire` does not take since the backend is newer.
    """

    name: str
    python: CoreSchema
    json: CoreSchema
    to_json: Callable[[Any], Any]
    wire: CoreSchema
    to_wire: Callable[[Any], Any]
    json_schema: JsonSchemaValue | Callable[[GetJsonSchemaHandler], JsonSchemaValue]
    given: JsonSchemaValue | None = None
    unknown: CoreSchema | None = None

    def __repr__(self) -> str:
        # Signatures and `help` show it with each parameter.
        return f"<{self.name}>"

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        wire: Any = {**self.wire, "serialization": _written_by(self.to_wire)}
        if self.unknown is not None:
            wire["metadata"] = {UNKNOWN: self.unknown}
        return core_schema.json_or_python_schema(
            json_schema=self.json,
            python_schema=self.python,
            serialization=_written_by(self.to_json),
            metadata={WIRE: wire, NAME: self.name},
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        said = self.json_schema
        if callable(said):
            return said(handler)
        given = self.given if handler.mode == "validation" else None
        return deepcopy({**said, **(given or {})})


def _written_by(function: Callable[[Any], Any]) -> Any:
    return core_schema.plain_serializer_function_ser_schema(function, when_used="json")


def plain(function: Callable[[Any], Any]) -> CoreSchema:
    """The schema of what a function reads, which raises `ValueError` for what it cannot."""
    return core_schema.no_info_plain_validator_function(function)


def or_else(exactly: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> CoreSchema:
    """The schema of values that one function takes and, at second best, another.

    A union takes such a value only if none of its members takes it exactly.
    """

    def either(value: Any) -> Any:
        try:
            return exactly(value)
        except ValueError:
            with suppress(ValueError):
                return otherwise(value)
            raise

    return core_schema.lax_or_strict_schema(lax_schema=plain(either), strict_schema=plain(exactly))


def or_json(python: Callable[[Any], Any], json: Callable[[Any], Any]) -> CoreSchema:
    """The schema of Python values that takes JSON too, except from the program itself.

    A web framework reads the JSON of a request and has the values validated as Python's. Where a
    program gives text for bytes, it is a mistake: `GIVEN` is the context of that.
    """

    def either(value: Any, info: ValidationInfo) -> Any:
        try:
            return python(value)
        except ValueError:
            if info.context is GIVEN:
                raise
            try:
                return json(value)
            except ValueError:
                # What is wrong with a body is said of the text that its JSON Schema asks for.
                if isinstance(value, str):
                    raise
            raise

    return core_schema.lax_or_strict_schema(
        lax_schema=core_schema.with_info_plain_validator_function(either),
        strict_schema=plain(python),
    )


GIVEN = object()
"""The context in which a value is validated that a program gives: no JSON stands for it."""


def special(value: Any, kind: str) -> Any:
    """The payload of the encoded value `{kind: payload}`. Raises `ValueError` for any other."""
    shape: type[Any] = value.__class__
    if shape is dict and len(value) == 1 and kind in value:
        return value[kind]
    raise ValueError(f'expected {{"{kind}": …}}')


def base64_text(data: bytes) -> str:
    """Bytes as a payload has them."""
    return base64.b64encode(data).decode("ascii")
