"""JSON values, plain and of a type of their own, with their encoding on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticSerializationError, core_schema, to_json

from .codec import Codec, or_json, plain
from .foreign_values import plainly
from .json_values import (
    ValueRefused,
    check_json,
    json_from_wire,
    json_to_wire,
    large_json_to_wire,
)
from .mismatches import describe_mismatch


def _json(value: Any) -> Any:
    try:
        check_json(value)
    except ValueRefused:
        plain_value = plainly(value)
        check_json(plain_value)
        return plain_value
    return value


def _codec(to_wire: Callable[[Any], Any]) -> Codec:
    return Codec(
        name="json",
        python=plain(_json),
        json=plain(_json),
        to_json=_json,
        wire=plain(json_from_wire),
        to_wire=to_wire,
        json_schema={},
    )


Json: TypeAlias = Annotated[JsonValue, _codec(json_to_wire)]
"""Any JSON value: it always comes back equal. Whole numbers come back as `int`."""

LargeJson: TypeAlias = Annotated[JsonValue, _codec(large_json_to_wire)]
"""Any JSON value, as `Json`, which may be larger than the 1 MiB of a document."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _TypedJson:
    """The schemas and the encoders of a JSON value that is of a type of its own."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        typed = _TypedJsonCodec(source)
        codec = Codec(
            name="json",
            python=or_json(typed.from_python, typed.from_json),
            json=plain(typed.from_json),
            to_json=typed.to_json,
            wire=plain(typed.from_wire),
            to_wire=typed.to_wire,
            json_schema=typed.json_schema,
        )
        return handler(Annotated[Any, codec])


class _TypedJsonCodec:
    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._type)

    def from_python(self, value: Any) -> Any:
        try:
            return self._from_python(value)
        except ValidationError:
            try:
                return self._from_python(plainly(value))
            except ValidationError as error:
                raise ValueError(describe_mismatch(error)) from error

    def _from_python(self, value: Any) -> Any:
        return self._adapter.validate_python(value, strict=True, by_name=True)

    def from_json(self, value: Any) -> Any:
        return self._from_json(value, None)

    def from_wire(self, wire: Any) -> Any:
        # Unknown fields are kept, so that who reads and writes loses none.
        return self._from_json(json_from_wire(wire), "allow")

    def _from_json(self, value: Any, extra: Literal["allow"] | None) -> Any:
        try:
            return self._adapter.validate_json(
                to_json(value), strict=True, extra=extra, by_alias=True, by_name=False
            )
        except PydanticSerializationError as error:
            raise ValueError(str(error)) from error
        except ValidationError as error:
            raise ValueError(describe_mismatch(error)) from error

    def to_json(self, value: Any) -> Any:
        dump = self._adapter.dump_python
        return dump(value, mode="json", by_alias=True, warnings="error")

    def to_wire(self, value: Any) -> Any:
        return large_json_to_wire(self.to_json(value))

    def json_schema(self, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # Without this around it, the type would not be a definition of its own.
        return handler(core_schema.definitions_schema(self._adapter.core_schema, []))


TypedJson: TypeAlias = Annotated[T, _TypedJson()]
"""A JSON value that fits a JSON Schema, stored as `Json` is; large values may be large."""
