"""JSON of models with values that the backend has and this package does not.

They are given as they were read, so the JSON Schema of what models give admits them; what models
take is what is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .codec import WIRE
from .strictness import require_exact, schemas_in
from .unknown_values import UnknownVariant

_ADMITS = "convexgen_admits"
"""The key in the metadata of a union that is admitted: schemas are within those of others."""

_ANY_TEXT = {"type": "string"}
_ANY_OBJECT = {"type": "object"}


class ClosedEnum(StrEnum):
    """The strings that are known. One that was read of a newer backend is of the class too."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if handler.mode == "serialization":
            definition = handler.resolve_ref_schema(found)
            listed = {
                key: definition.pop(key) for key in ("const", "enum", "type") if key in definition
            }
            definition["anyOf"] = [listed, {**_ANY_TEXT}]
        return found


@dataclass(frozen=True, slots=True)
class Tagged:
    """Metadata of a union of shapes that the values of a field tell apart.

    shape: Annotated[Circle | Square, Tagged("kind")]
    """

    name: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _taken,
            handler.generate_schema(_discriminated(source, self.name)),
            serialization=core_schema.wrap_serializer_function_ser_schema(_given),
            metadata={WIRE: True},
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if handler.mode != "serialization":
            # An object alone may leave out a tag of one value; among others, it is told by it.
            return {**found, "required": [self.name]}
        for member in found["oneOf"]:
            # What is one of the known objects has a known tag.
            properties: Any = handler.resolve_ref_schema(member)["properties"]
            properties[self.name] = _closed(properties[self.name])
        return {"anyOf": [found, {**_ANY_OBJECT}]}


def _discriminated(union: Any, name: str) -> Any:
    return Annotated[union, Field(discriminator=name)]


# A program has one only of what it read.
def _taken(value: Any, read: Callable[[Any], Any]) -> Any:
    return value if isinstance(value, UnknownVariant) else read(value)


def _given(value: Any, write: Callable[[Any], Any]) -> Any:
    return value.raw if isinstance(value, UnknownVariant) else write(value)


def exact(schema: CoreSchema, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema, with what `require_exact` and `_admit_unknown` make of it; it is changed."""
    return require_exact(_admit_unknown(schema), handler)


class _Exact:
    """Metadata of a type that is none of a model's fields: see `exact`."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return exact(handler(source), handler)


EXACT = _Exact()


def _admit_unknown(schema: CoreSchema) -> CoreSchema:
    """The schema, in which what was read may be written for literals of strings and for unions."""
    for node in schemas_in(schema):
        match node["type"]:
            case "literal" if "serialization" not in node:
                if all(isinstance(one, str) for one in node["expected"]):
                    node["serialization"] = core_schema.simple_ser_schema("str")
                    _say(node, _opened)
            case "union" if _ADMITS not in node.get("metadata", {}):
                union: Any = {**node, "metadata": {**node.get("metadata", {}), _ADMITS: True}}
                node.clear()
                node.update(
                    core_schema.no_info_wrap_validator_function(
                        _taken,
                        union,
                        serialization=core_schema.wrap_serializer_function_ser_schema(_given),
                        metadata={WIRE: True},
                    )
                )
                _say(node, _of_any_type)
            case _:
                pass
    return schema


def _say(node: Any, said: Callable[[CoreSchema, GetJsonSchemaHandler], JsonSchemaValue]) -> None:
    # pydantic's own key for what says the JSON Schema of a schema
    node.setdefault("metadata", {}).setdefault("pydantic_js_functions", []).append(said)


def _opened(schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    found = handler(schema)
    return {"anyOf": [found, {**_ANY_TEXT}]} if handler.mode == "serialization" else found


def _of_any_type(schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    found = handler(schema)
    return {"anyOf": [found, {}]} if handler.mode == "serialization" else found


def _closed(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The opposite of `_opened`."""
    rest = dict(schema)
    members: list[JsonSchemaValue] = rest.pop("anyOf", [])
    return {**members[0], **rest} if members[1:] == [_ANY_TEXT] else schema
