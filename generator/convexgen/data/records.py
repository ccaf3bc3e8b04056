"""Documents of an entity as records of a file: rows of JSON values, by the names of Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Literal, TypeAlias, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

Row: TypeAlias = dict[str, Any]

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "moment", "json"]
"""`json` is all that no column of one type holds."""

_KINDS: Mapping[str, Kind] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}


class DataError(Exception):
    """What is wrong with a file, or with what was to be written to one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a column of a table."""

    name: str
    kind: Kind
    may_be_null: bool
    may_be_absent: bool


class Records:
    """The documents of one entity of a generated package."""

    def __init__(self, package: str, description: Any) -> None:
        """`description` is what the stores of the package know of the entity."""
        self._description = description
        self._is_never_sent: Any = import_module(f"{package}._runtime.wire").is_never_sent
        self._describe: Any = import_module(f"{package}._runtime.mismatches").describe_mismatch
        errors: Any = import_module(f"{package}._runtime.errors")
        self._refusal: type[Exception] = errors.ConvexgenError

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        adapter: TypeAdapter[Any] = TypeAdapter(self._description.type)
        return adapter

    def row(self, entity: Any) -> Row:
        """The document, without what Convex and the functions set themselves.

        Raises DataError for one of a variant that the package does not know.
        """
        if not isinstance(entity, BaseModel):
            raise DataError(
                "a document is of a variant that the package does not know: generate it anew"
            )
        fields = type(entity).model_fields.items()
        given = {name for name, field in fields if not self._is_never_sent(field)}
        return entity.model_dump(mode="json", include=given, by_alias=False)

    def entity(self, encoded: bytes) -> Any:
        """The document of a row in JSON. Raises DataError where it is none that can be saved."""
        try:
            entity = self._adapter.validate_json(encoded)
        except ValidationError as error:
            raise DataError(self._describe(error)) from None
        self._encoded(entity)
        return entity

    @property
    def has_key(self) -> bool:
        """Whether fields tell documents apart; where they do not, each is another one."""
        return bool(self._description.has_key)

    def key(self, entity: Any) -> bytes:
        """Its key: equal ones are one document."""
        document = self._encoded(entity)
        return to_json([document.get(one.wire) for one in self._description.key])

    def _encoded(self, entity: Any) -> Mapping[str, Any]:
        try:
            return cast("Mapping[str, Any]", self._description.encode(entity))
        except self._refusal as error:
            raise DataError(str(error)) from None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The fields that a file has; of a table of several shapes, those of all of them."""
        schema = self._adapter.json_schema(by_alias=False)
        definitions: dict[str, Any] = schema.get("$defs", {})
        shapes = [one for one in _alternatives(schema, definitions) if "properties" in one]
        hidden = {
            name
            for model in _models(self._description)
            for name, field in model.model_fields.items()
            if self._is_never_sent(field)
        }
        names = dict.fromkeys(
            name for shape in shapes for name in shape["properties"] if name not in hidden
        )
        return tuple(_column(name, shapes, definitions) for name in names)


def _models(description: Any) -> Iterable[type[BaseModel]]:
    variants = description.variants
    return (description.type,) if variants is None else variants.classes


def _alternatives(schema: Row, definitions: Mapping[str, Any]) -> Iterator[Row]:
    """The schemas of which a value has one."""
    if "$ref" in schema:
        yield from _alternatives(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return
    members: list[Row] = schema.get("anyOf") or schema.get("oneOf") or []
    kinds: Any = schema.get("type")
    if isinstance(kinds, list):
        members = [{**schema, "type": kind} for kind in cast("list[str]", kinds)]
    if not members:
        yield schema
    for one in members:
        yield from _alternatives(one, definitions)


def _column(name: str, shapes: list[Row], definitions: Mapping[str, Any]) -> Column:
    found = [
        one
        for shape in shapes
        if name in shape["properties"]
        for one in _alternatives(shape["properties"][name], definitions)
    ]
    kinds: set[Kind] = {_kind(one) for one in found if one.get("type") != "null"}
    return Column(
        name,
        kinds.pop() if len(kinds) == 1 else "json",
        any(one.get("type") == "null" or not one for one in found),
        not all(name in shape.get("required", ()) for shape in shapes),
    )


def _kind(schema: Row) -> Kind:
    """The kind of the values of a schema."""
    if schema.get("type") == "string" and schema.get("format") == "date-time":
        return "moment"
    return _KINDS.get(schema.get("type", ""), "json")


def parsed(text: str | bytes) -> Any:
    """A JSON value. Raises DataError."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise DataError(f"it is no JSON: {error}") from None
