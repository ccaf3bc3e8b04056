"""JSON values, plain and of a type of their own, with their encoding on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_json

from .codec import Codec
from .json_values import check_json, json_from_wire, json_to_wire, large_json_to_wire
from .mismatches import describe_mismatch


def _json_from_python(value: Any) -> Any:
    check_json(value)
    return value


Json: TypeAlias = Annotated[
    JsonValue,
    Codec(
        core_schema.no_info_plain_validator_function(json_from_wire),
        core_schema.no_info_plain_validator_function(_json_from_python),
        json_to_wire,
        {},
    ),
]
"""Any JSON value: it always comes back equal. Whole numbers come back as `int`."""

LargeJson: TypeAlias = Annotated[
    JsonValue,
    Codec(
        core_schema.no_info_plain_validator_function(json_from_wire),
        core_schema.no_info_plain_validator_function(_json_from_python),
        large_json_to_wire,
        {},
    ),
]
"""Any JSON value, as `Json`, which may be larger than the 1 MiB of a document."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _TypedJson:
    """The schemas and the encoder of a JSON value that is of a type of its own."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        typed = _TypedJsonCodec(source)
        plain = core_schema.no_info_plain_validator_function
        return core_schema.json_or_python_schema(
            json_schema=plain(typed.from_wire),
            python_schema=plain(typed.from_python),
            serialization=core_schema.plain_serializer_function_ser_schema(
                typed.to_wire, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {}


class _TypedJsonCodec:
    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._type)

    def from_wire(self, wire: Any) -> Any:
        try:
            # Unknown fields are kept, so that who reads and writes loses none.
            return self._adapter.validate_json(
                to_json(json_from_wire(wire)),
                strict=True,
                extra="allow",
                by_alias=True,
                by_name=False,
            )
        except ValidationError as error:
            raise ValueError(describe_mismatch(error)) from error

    def from_python(self, value: Any) -> Any:
        try:
            return self._adapter.validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(describe_mismatch(error)) from error

    def to_wire(self, value: Any) -> Any:
        dumped = self._adapter.dump_python(
            value,
            mode="json",
            by_alias=True,
            warnings="error",
        )
        return large_json_to_wire(dumped)


TypedJson: TypeAlias = Annotated[T, _TypedJson()]
"""A JSON value that fits a JSON Schema, stored as `Json` is; large values may be large."""
