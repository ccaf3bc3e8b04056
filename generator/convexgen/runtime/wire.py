"""The wire form of types: how answers are read as them, and how they are written to Convex.

pydantic builds the schema of a type for Python and JSON; here it is taken over with what differs on
the wire: codecs have schemas of their own, fields the names of the spec, and constraints are left
out, for a document can be older than a constraint.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import (
    CoreConfig,
    CoreSchema,
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
)

from .codec import UNKNOWN, WIRE
from .json_values import ValueRefused, check_json
from .mismatches import common
from .unknown_values import opened

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Wire:
    """Metadata of a field whose wire name is not the camelCase of its Python name.

    url_for: Annotated[str, Wire("URLFor")]
    """

    name: str


READ_ONLY: JsonDict = {"readOnly": True}
"""What JSON Schema says of a field that Convex or the functions write themselves."""


def is_never_sent(field: FieldInfo) -> bool:
    """Whether Convex or the functions write the field themselves."""
    return field.json_schema_extra == READ_ONLY


def wire_name(name: str, field: FieldInfo) -> str:
    """What a field is called on the wire."""
    for one in field.metadata:
        if isinstance(one, Wire):
            return one.name
    return to_camel(name)


HIDDEN: CoreConfig = {"hide_input_in_errors": True}
"""Of what refuses values that may be secret: errors are causes of others, which show no value."""


class WireForm:
    """Reads and writes the values of one type on the wire. Built at the first value, once."""

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _schema(self) -> CoreSchema:
        if _is_model(self._type):
            self._type.model_rebuild()
            return _on_wire(self._type.__pydantic_core_schema__)
        adapter: TypeAdapter[Any] = TypeAdapter(self._type)
        adapter.rebuild()
        return _on_wire(adapter.core_schema)

    @cached_property
    def _forms(self) -> tuple[_Form, ...]:
        """That of values that are all known, then one of others too, if there can be any."""
        schemas = (self._schema, opened(self._schema))
        return tuple(_Form(schema) for schema in schemas if schema is not None)

    def read(self, encoded: bytes) -> Any:
        """The value in encoded JSON. Raises `pydantic.ValidationError` if it does not fit."""
        known, *others = self._forms
        try:
            return known.read(encoded)
        except ValidationError as error:
            refusal = error
        for form in others:
            try:
                return form.read(encoded)
            except ValidationError as error:
                refusal = common(refusal, error)
        raise refusal

    def write(self, value: Any) -> Any:
        """The encoded value, without what Convex or the functions write themselves.

        Raises `PydanticSerializationError` for one that does not fit.
        """
        known, *others = self._forms
        try:
            return known.write(value)
        except PydanticSerializationError:
            for form in others:
                with suppress(PydanticSerializationError):
                    return form.write(value)
            raise


class _Form:
    """What reads and writes the values of a schema, each built when it is first used."""

    def __init__(self, schema: CoreSchema) -> None:
        self._schema = schema

    # Validators that models have already are of their JSON.
    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(self._schema, HIDDEN, _use_prebuilt=False)

    @cached_property
    def _serializer(self) -> SchemaSerializer:
        return SchemaSerializer(self._schema, _use_prebuilt=False)

    def read(self, encoded: bytes) -> Any:
        return self._validator.validate_json(
            encoded, strict=True, extra="ignore", by_alias=True, by_name=False
        )

    def write(self, value: Any) -> Any:
        try:
            return self._serializer.to_python(value, mode="json", by_alias=True, warnings="error")
        except UnicodeEncodeError as error:
            # pydantic compares text as UTF-8 with what a literal says.
            texts = _texts_in(self._serializer.to_python(value, by_alias=True))
            raise PydanticSerializationError(_described(texts, error)) from None


def _texts_in(value: Any) -> Any:
    kind: type[Any] = value.__class__
    if issubclass(kind, dict):
        return {key: _texts_in(one) for key, one in value.items()}
    if issubclass(kind, list):
        return [_texts_in(one) for one in value]
    return value if issubclass(kind, str) else None


def _described(texts: Any, error: UnicodeEncodeError) -> str:
    """Which text is not valid Unicode."""
    try:
        check_json(texts)
    except ValueRefused as refusal:
        return str(refusal)
    return str(error)


def _is_model(type_: object) -> TypeGuard[type[BaseModel]]:
    """Whether a type is a class of pydantic, which may be built later than it is made."""
    return isinstance(type_, type) and issubclass(type_, BaseModel)


def _on_wire(schema: CoreSchema) -> CoreSchema:
    node: Any = schema
    definitions: list[Any] = node.get("definitions", [])
    change = _Change({one["ref"]: one for one in definitions})
    return cast("CoreSchema", change.of(schema))


# What holds no schemas, and serializers, which are of a class whatever the form.
_KEPT = frozenset(
    {"cls", "config", "default", "discriminator", "expected", "members", "metadata"}
    | {"serialization"}
)


@dataclass(frozen=True, slots=True)
class _Change:
    """Makes the schemas of the wire form, of those of a type and of what it refers to."""

    definitions: Mapping[str, Any]

    def of(self, node: Any) -> Any:
        """The schema, or what has schemas inside, as it is on the wire."""
        kind: type[Any] = node.__class__
        if kind is dict:
            if isinstance(node.get("type"), str):
                return self._schema(node)
            # Schemas by the names of fields, or by tags.
            return {name: self.of(one) for name, one in node.items()}
        if kind is list:
            return [self.of(one) for one in node]
        if kind is tuple:
            return tuple(self.of(one) for one in node)
        return node

    def _schema(self, node: Mapping[str, Any]) -> Any:
        metadata: dict[str, Any] = node.get("metadata", {})
        counterpart = metadata.get(WIRE)
        if counterpart is True:
            return self.of(node["schema"])
        if counterpart is not None:
            return counterpart
        changed = dict(node)
        for key in node.keys() - _KEPT:
            changed[key] = self.of(node[key])
        match node["type"]:
            case "literal":
                # Which strings may be written is for the schema that is opened to say.
                changed.pop("serialization", None)
            case "union":
                # Codecs have unions of their own, of what they always are.
                changed["metadata"] = {UNKNOWN: True}
            case "tagged-union" if isinstance(node["discriminator"], str):
                changed["discriminator"] = self._discriminator(node)
            case "model":
                _name_fields(changed["schema"], node["cls"])
            case _:
                pass
        return changed

    def _discriminator(self, union: Mapping[str, Any]) -> Any:
        name = union["discriminator"]
        model = self._model(next(iter(union["choices"].values())))
        wire = wire_name(name, model.model_fields[name])
        return name if wire == name else [[name], [wire]]

    def _model(self, node: Mapping[str, Any]) -> type[BaseModel]:
        while node["type"] != "model":
            if node["type"] == "definition-ref":
                node = self.definitions[node["schema_ref"]]
            else:
                node = node["schema"]
        model: type[BaseModel] = node["cls"]
        return model


def _name_fields(schema: Any, model: type[BaseModel]) -> None:
    for name, field in _fields_of(schema).items():
        declared = model.model_fields[name]
        wire = wire_name(name, declared)
        field["serialization_exclude"] = is_never_sent(declared)
        field["validation_alias"] = field["serialization_alias"] = wire


def give_aliases(schema: Any, model: type[BaseModel]) -> None:
    """Let fields without aliases have their wire names as such; the given schema is changed."""
    for name, field in _fields_of(schema).items():
        wire = wire_name(name, model.model_fields[name])
        field.setdefault("validation_alias", wire)
        field.setdefault("serialization_alias", wire)


def _fields_of(schema: Any) -> dict[str, Any]:
    while "fields" not in schema:
        schema = schema["schema"]
    fields: dict[str, Any] = schema["fields"]
    return fields
