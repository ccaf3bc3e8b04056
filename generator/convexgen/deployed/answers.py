"""The forms of what a deployment says of itself: what has another one is refused at its place.

Whoever answers at an address need not be a deployment, nor mean well. Sources: `ValidatorJSON` and
`SchemaDefinition.export` of the npm package `convex`, and `crates/common/src/shapes/dashboard.rs`
of Convex's backend.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from convexgen.guards import is_list, is_mapping

MOST_LEVELS = 200
"""A value of Convex has 64, each of which has three in the JSON of its validator."""

_NUMBER_BYTES = 8


class UnknownForm(Exception):
    """What is not as a deployment says it; the message says where."""


def _is_number(encoded: str) -> str:
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    if len(content) != _NUMBER_BYTES:
        raise ValueError(f"it has {len(content)} bytes and not {_NUMBER_BYTES}")
    return encoded


_Number = Annotated[str, AfterValidator(_is_number)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_FieldName = Annotated[str, Field(pattern="^[ -~]{1,1024}$")]
_FieldPath = Annotated[str, Field(pattern="^[ -~]{1,4096}$")]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, strict=True)


class _Integer(_Part):
    value: _Number = Field(alias="$integer")


class _Float(_Part):
    value: _Number = Field(alias="$float")


class _Simple(_Part):
    type: Literal["any", "bigint", "boolean", "bytes", "commitTs", "null", "number", "string"]


class _Literal(_Part):
    type: Literal["literal"]
    value: str | bool | float | _Integer | _Float


class _Function(_Part):
    type: Literal["function"]
    fn_type: Literal["query", "mutation", "action"] | None = None


class _Id(_Part):
    type: Literal["id"]
    table_name: _Name


class _Array(_Part):
    type: Literal["array"]
    value: _Validator


class _Union(_Part):
    type: Literal["union"]
    value: list[_Validator]


class _Field(_Part):
    field_type: _Validator
    optional: bool


class _Object(_Part):
    type: Literal["object"]
    value: dict[_FieldName, _Field]


class _Record(_Part):
    type: Literal["record"]
    keys: _Validator
    values: _Validator | _Field  # some versions of `convex` wrap it


_Validator: TypeAlias = Annotated[
    _Simple | _Literal | _Function | _Id | _Array | _Union | _Object | _Record,
    Field(discriminator="type"),
]


class _Index(_Part):
    index_descriptor: _Name
    fields: list[_FieldPath]


class _SearchIndex(_Part):
    index_descriptor: _Name
    search_field: _FieldPath
    filter_fields: list[_FieldPath] | None = None


class _VectorIndex(_Part):
    index_descriptor: _Name
    vector_field: _FieldPath
    filter_fields: list[_FieldPath] | None = None
    dimensions: int


class _Table(_Part):
    table_name: _Name
    document_type: _Validator | None
    staged_document_type: _Validator | None = None
    indexes: list[_Index] | None = None
    staged_db_indexes: list[_Index] | None = None
    search_indexes: list[_SearchIndex] | None = None
    staged_search_indexes: list[_SearchIndex] | None = None
    vector_indexes: list[_VectorIndex] | None = None
    staged_vector_indexes: list[_VectorIndex] | None = None


class _Schema(_Part):
    tables: list[_Table]
    schema_validation: bool | None = None


class _SimpleShape(_Part):
    type: Literal["Boolean", "Bytes", "Float64", "Int64", "Never", "Null", "String", "Unknown"]


class _IdShape(_Part):
    type: Literal["Id"]
    table_name: _Name


class _ArrayShape(_Part):
    type: Literal["Array"]
    shape: _Shape


class _UnionShape(_Part):
    type: Literal["Union"]
    shapes: list[_Shape] = Field(min_length=1)


class _FieldShape(_Part):
    field_name: _FieldName
    optional: bool
    shape: _Shape


class _ObjectShape(_Part):
    type: Literal["Object"]
    fields: list[_FieldShape]


class _ValueShape(_Part):
    shape: _Shape


class _RecordShape(_Part):
    type: Literal["Record"]
    key_shape: _Shape
    value_shape: _ValueShape


_Shape: TypeAlias = Annotated[
    _SimpleShape | _IdShape | _ArrayShape | _UnionShape | _ObjectShape | _RecordShape,
    Field(discriminator="type"),
]


_SCHEMA = TypeAdapter[object](_Schema)
_SHAPES = TypeAdapter[object](dict[_Name, _Shape])


def check_schema(said: object) -> None:
    """Raises UnknownForm for what is no schema."""
    _check(_SCHEMA, said)


def check_shapes(said: object) -> None:
    """Raises UnknownForm for what is not the shapes of the documents of tables."""
    _check(_SHAPES, said)


def check_levels(said: object) -> None:
    """Raises UnknownForm for what is nested more deeply than anything that Convex says."""
    waiting = [(said, 0)]
    while waiting:
        one, level = waiting.pop()
        if level > MOST_LEVELS:
            raise UnknownForm(f"it is nested over {MOST_LEVELS} deep")
        if is_mapping(one):
            waiting += ((inner, level + 1) for inner in one.values())
        elif is_list(one):
            waiting += ((inner, level + 1) for inner in one)


def _check(form: TypeAdapter[object], said: object) -> None:
    try:
        form.validate_python(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UnknownForm(f"{place}: {first['msg']}" if place else first["msg"]) from error
