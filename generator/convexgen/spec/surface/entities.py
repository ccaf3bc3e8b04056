"""Entities, and what they have."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    ModelWrapValidatorHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from convexgen.guards import is_list, is_mapping
from convexgen.spec.suggest import meant_or_listed
from convexgen.spec.surface.access import AccessSpec, Rules
from convexgen.spec.surface.changes import Allowances, EarlierName
from convexgen.spec.surface.mapping import Surface, refusal
from convexgen.spec.surface.types import FieldSpec
from convexgen.spec.surface.values import Deprecation, Duration, FieldLists, Names


def _of_whole_value(value: Any) -> Any:
    """A policy stands for that of the whole value."""
    if not isinstance(value, str):
        return value
    if value not in _POLICIES:
        raise refusal(
            "unknown-value",
            '"merge" cannot be "{given}"',
            {"given": value, "help": meant_or_listed(value, _POLICIES)},
        )
    return {"": value}


MAX_RELATED = 500
"""How many documents of a relation come with one."""

_POLICIES = ("replace", "shallow", "deep")
_MERGE: dict[str, JsonValue] = {"enum": [*_POLICIES]}
MergePolicies: TypeAlias = Annotated[
    dict[str, Literal["replace", "shallow", "deep"]],
    BeforeValidator(_of_whole_value),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                _MERGE,
                {"type": "object", "additionalProperties": _MERGE, "minProperties": 1},
            ]
        }
    ),
]


class EntityFieldSpec(FieldSpec):
    """A field of an entity."""

    noun = "a field"

    default: Any = Field(
        default=None,
        description="The value that is stored where a write of the whole entity gives none.",
    )
    immutable: bool | None = Field(
        default=None,
        description="Whether the value stays as it was created: a save of another is a Conflict.",
    )
    large: bool | None = Field(
        default=None,
        description="Whether a JSON value may be larger than a document: up to 16 MiB.",
    )
    rows: bool | None = Field(
        default=None,
        description="Whether the entries of a record are documents of a table of their own, which "
        "many may write at once.",
    )
    setter: Literal["on create", "on write"] | None = Field(
        default=None,
        alias="set",
        description="When the backend sets a timestamp by itself.",
    )
    given: Literal["keep"] | None = Field(
        default=None,
        description="Whether a value that a caller gives is stored where the backend sets one.",
    )
    revision: bool | None = Field(
        default=None,
        description="Whether it counts the writes of a document: each raises it by one.",
    )
    keep: bool | None = Field(
        default=None,
        description="Whether a save that does not give it leaves the value that is there.",
    )
    merge: MergePolicies | None = Field(
        default=None,
        description="What an update does to the value that is there, or to what is at paths in it.",
    )
    on_delete: Literal["cascade", "restrict", "setNull"] | None = Field(
        default=None,
        alias="onDelete",
        description="What becomes of this document when the one referred to is deleted.",
    )
    check: bool | None = Field(
        default=None,
        description="Whether a write is refused where the entity referred to is not there.",
    )
    touch: str | None = Field(
        default=None,
        description="The timestamp of the entity referred to that each write of this one sets.",
    )
    absent: Literal["last"] | None = Field(
        default=None,
        description="Where indexes have the documents without this field; before all others, "
        "unless said.",
    )
    source: str | None = Field(
        default=None,
        alias="from",
        description="The field, or the path into one, whose value each write puts here: "
        "state.status.",
    )
    access: Rules | None = Field(
        default=None,
        description="Which users may see and write the field, where the entity has rules.",
    )


_ORDER: dict[str, JsonValue] = {
    "type": "string",
    "pattern": r"^\s*[A-Za-z0-9_.]+(\s+(asc|desc))?\s*$",
    "patternErrorMessage": "Not an order, such as desc or createdAt desc",
}


class WindowsSpec(Surface):
    """That a query has windows around documents."""

    noun = "windows"
    shape = "true or a mapping"
    may_be_true = True

    across: Names | None = Field(
        default=None,
        description="The fields of by in which windows may have other values than the query.",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_true(cls, value: Any) -> Any:
        return {} if value is True else value


class QuerySpec(Surface):
    """A query that an index serves."""

    noun = "a query"
    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [key]} for key in ("by", "order", "where")]}
    )

    by: Names | None = Field(
        default=None, description="The field or fields that are compared for equality."
    )
    order: Annotated[str, WithJsonSchema(_ORDER)] | None = Field(
        default=None, description='"asc", "desc", a field, or a field and a direction.'
    )
    where: Names | None = Field(
        default=None,
        description="The fields, and paths into objects and JSON, that any condition may be about: "
        "[status, metadata.*].",
    )
    windows: WindowsSpec | None = Field(
        default=None,
        description="Whether there are windows of the documents before and after given ones.",
    )
    description: str | None = Field(default=None, description="What the query finds.")

    @model_validator(mode="after")
    def _check_presence(self) -> Self:
        if self.by is None and self.order is None and self.where is None:
            raise refusal(
                "missing-key",
                'a query has "by", "order" or "where"',
                {"help": "such as by: threadId"},
            )
        return self


Staged: TypeAlias = Annotated[
    bool | None,
    Field(
        default=None,
        description="Whether Convex builds the index beside what goes on, for a later push: until "
        "then, there is no query over it.",
    ),
]


OwnQuery: TypeAlias = Annotated[
    str | None,
    Field(
        default=None,
        description="What the function over the index is called, where the name that follows from "
        "its own is taken.",
    ),
]


class IndexSpec(Surface):
    """A database index: its fields, or those with what is kept of it."""

    noun = "an index"
    shape = "a list of fields or a mapping"
    shorthand = "fields"

    fields: Annotated[list[str], Field(min_length=1)] = Field(
        description="The fields of the index, in order."
    )
    counted: bool | None = Field(
        default=None,
        description="Whether the documents of the index are counted: for totals, pages at an "
        "offset and ranks.",
    )
    staged: Staged = None
    renamed_from: EarlierName = Field(default=None, alias="renamedFrom")

    @model_validator(mode="before")
    @classmethod
    def _expand_fields(cls, value: Any) -> Any:
        return {"fields": value} if is_list(value) else value

    @model_validator(mode="after")
    def _check_counted(self) -> Self:
        if self.staged and self.counted:
            raise refusal(
                "contradiction",
                '"counted" is for an index that queries read, and a staged one cannot be read',
                {"help": 'remove "counted" until Convex has built the index'},
            )
        return self


class RefSpec(Surface):
    """A reference to an entity by all fields of its key."""

    noun = "a reference"

    ref: str = Field(description="The entity that is referred to.")
    fields: Annotated[list[str], Field(min_length=1)] = Field(
        description="A field for each of its key, in the order of the key."
    )
    on_delete: Literal["cascade", "restrict", "setNull"] | None = Field(
        default=None,
        alias="onDelete",
        description="What becomes of this document when the one referred to is deleted.",
    )
    check: bool | None = Field(
        default=None,
        description="Whether a write is refused where the entity referred to is not there.",
    )
    touch: str | None = Field(
        default=None,
        description="The timestamp of the entity referred to that each write of this one sets.",
    )


class RelationSpec(Surface):
    """What documents may come with: what they refer to, or what refers to them."""

    noun = "a relation"
    shape = "a field or a mapping"
    shorthand = "by"

    by: str = Field(
        description="The field that refers to something, or the name of a reference under refs: of "
        "this entity, or of the one under entity."
    )
    entity: str | None = Field(
        default=None, description="The entity whose documents refer to those of this one."
    )
    order: Annotated[str, WithJsonSchema(_ORDER)] | None = Field(
        default=None,
        description='Of those that refer to this one: "asc", "desc", a field, or both.',
    )
    limit: Annotated[int, Field(ge=1, le=MAX_RELATED)] | None = Field(
        default=None, description="How many of those that refer to this one come, 100 unless said."
    )
    description: str | None = Field(default=None, description="What they are.")

    @model_validator(mode="before")
    @classmethod
    def _expand_name(cls, value: Any) -> Any:
        return {"by": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_direction(self) -> Self:
        for key, value in (("order", self.order), ("limit", self.limit)):
            if value is not None and self.entity is None:
                raise refusal(
                    "contradiction",
                    '"{key}" is for those that refer to this entity',
                    {
                        "key": key,
                        "help": 'name theirs as well, such as entity: Message, or remove "'
                        + key
                        + '"',
                    },
                )
        return self


class SearchIndexSpec(Surface):
    """A full-text index, and the query over it."""

    noun = "a search index"

    search: str = Field(description="The field whose text is searched.")
    filter: Names | None = Field(
        default=None, description="The field or fields that a search may compare for equality."
    )
    query: OwnQuery = None
    staged: Staged = None
    renamed_from: EarlierName = Field(default=None, alias="renamedFrom")


class VectorIndexSpec(Surface):
    """An index of vectors, and the action that finds the nearest."""

    noun = "a vector index"

    vector: str = Field(description="The field with the vectors, of a type such as vector<…>.")
    dimensions: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="How many numbers the vectors have, where the type of the field does not say.",
    )
    filter: Names | None = Field(
        default=None, description="The field or fields, one of which a search may compare."
    )
    query: OwnQuery = None
    staged: Staged = None
    renamed_from: EarlierName = Field(default=None, alias="renamedFrom")


FUNCTION_KINDS = ("get", "list", "queries", "create", "update", "delete", "clear")
_NO_FUNCTIONS = "none"


def _kinds_of_functions(value: Any) -> Any:
    """A single kind stands for a list of one, and `none` for a list of none."""
    if value == _NO_FUNCTIONS:
        return []
    kinds = [value] if isinstance(value, str) else value
    if not is_list(kinds) or not kinds:
        raise refusal(
            "wrong-shape",
            '"functions" is "none", or a list of what there is',
            {"help": f"such as functions: [list, queries]; there are {', '.join(FUNCTION_KINDS)}"},
        )
    return kinds


def _kind_of_functions(value: Any) -> Any:
    if value in FUNCTION_KINDS:
        return value
    raise refusal(
        "unknown-value",
        '"functions" cannot have "{given}"',
        {"given": str(value), "help": meant_or_listed(str(value), FUNCTION_KINDS)},
    )


_KIND: dict[str, JsonValue] = {"enum": [*FUNCTION_KINDS]}
FunctionKinds: TypeAlias = Annotated[
    list[Annotated[str, BeforeValidator(_kind_of_functions)]],
    BeforeValidator(_kinds_of_functions),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [_NO_FUNCTIONS, *FUNCTION_KINDS]},
                {"type": "array", "items": _KIND, "minItems": 1},
            ]
        }
    ),
]


class VariantSpec(Surface):
    """One of the shapes of an entity: a named object, or an object with the options of fields."""

    noun = "a variant"
    shape = "a name or a mapping"
    shorthand = "type"
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["type"]}, {"required": ["object"]}]}
    )

    expression: str | None = Field(default=None, alias="type", description="A named object.")
    properties: dict[str, EntityFieldSpec] | None = Field(
        default=None,
        alias="object",
        description="The fields that documents of this shape have besides those of the entity.",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_name(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if self.expression is None and self.properties is None:
            raise refusal(
                "missing-key",
                "the object is missing",
                {"help": "write the name of one, or {object: {kind: {literal: …}}}"},
            )
        if self.expression is not None and self.properties is not None:
            raise refusal(
                "contradiction",
                '"type" and "object" both say what the object is',
                {"help": "keep one of them"},
            )
        return self


class RetentionSpec(Surface):
    """How long documents are kept, before they are deleted by themselves."""

    noun = "a retention"

    after: Duration = Field(description="How long: a whole number of s, m, h, d or w, as in 30d.")
    on: str = Field(description="The timestamp from which on they are kept for so long.")


_ANY_FIELDS = "any"
_READ_ALONE = ("get", "list", "queries")
_OF_KNOWN_FIELDS = ("key", "union", "tag", "refs", "related", "unique", "retention")
"""What an entity says of fields that it declares."""


class _OrAny:
    """In place of fields, the word that says that they may be any."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"const": _ANY_FIELDS}, handler(schema)]}


_or_any = _OrAny()


class EntitySpec(Surface):
    """A table and the functions over it."""

    noun = "an entity"
    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["union"]}, {"not": {"required": ["tag"]}}]}
    )

    table: str = Field(description="The Convex table, and the module of its functions.")
    module: str | None = Field(
        default=None,
        description="The module of its functions and its store in clients, where these are to have "
        "another name than the table.",
    )
    key: Names = Field(
        default=[],
        description="The field or fields that tell entities apart: without, their document IDs do.",
    )
    fields: Annotated[dict[str, EntityFieldSpec], _or_any] = Field(
        description="The fields, by name; with a union, those that all documents have. Or any: "
        "documents have what they have."
    )
    variants: Annotated[list[VariantSpec], Field(min_length=2)] | None = Field(
        default=None,
        alias="union",
        description="The shapes of which a document has one: objects whose fields it has besides.",
    )
    tag: str | None = Field(
        default=None,
        description="Of a union: the field of the objects whose values, strings, tell them apart. "
        "Without, documents are of the shape that they fit.",
    )
    description: str | None = Field(default=None, description="What an entity is.")
    indexes: dict[str, IndexSpec] = Field(
        default_factory=dict[str, IndexSpec],
        description="The fields of each database index, in order.",
    )
    queries: dict[str, QuerySpec] = Field(
        default_factory=dict[str, QuerySpec],
        description="Queries besides those of the indexes, or in place of them.",
    )
    search_indexes: dict[str, SearchIndexSpec] = Field(
        default_factory=dict[str, SearchIndexSpec],
        alias="searchIndexes",
        description="Full-text indexes, with a query over each.",
    )
    vector_indexes: dict[str, VectorIndexSpec] = Field(
        default_factory=dict[str, VectorIndexSpec],
        alias="vectorIndexes",
        description="Indexes of vectors, with an action over each that finds the nearest.",
    )
    refs: dict[str, RefSpec] = Field(
        default_factory=dict[str, RefSpec],
        description="References to entities with keys of several fields, by names.",
    )
    related: dict[str, RelationSpec] = Field(
        default_factory=dict[str, RelationSpec],
        description="What may come with a document in one call, by names: what it refers to, or "
        "what refers to it.",
    )
    unique: FieldLists | None = Field(
        default=None,
        description="Fields, or lists of fields, of which no two entities have the same values. "
        "Those that are absent or null are not compared.",
    )
    access: AccessSpec = Field(
        default=AccessSpec(),
        description="Who may call the functions, or rules for what users may do.",
    )
    functions: FunctionKinds | None = Field(
        default=None,
        description="Which of the standard functions there are: none, or a list of kinds. All "
        "unless said.",
    )
    retention: RetentionSpec | None = Field(
        default=None, description="How long documents are kept, before they are deleted."
    )
    renamed_from: EarlierName = Field(default=None, alias="renamedFrom")
    allow: Allowances = None
    deprecated: Deprecation | None = Field(
        default=None, description="True, or text that says what to use instead."
    )

    _has_any_fields: bool = PrivateAttr(default=False)

    @property
    def named_module(self) -> str:
        """The module of its functions, which is called as the table unless another is named."""
        return self.module or self.table

    @property
    def has_any_fields(self) -> bool:
        """Whether documents may have any fields, and the spec declares none."""
        return self._has_any_fields

    @model_validator(mode="wrap")
    @classmethod
    def _take_any_fields(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not is_mapping(value) or value.get("fields") != _ANY_FIELDS:
            return handler(value)
        found = handler({**value, "fields": {}})
        found._has_any_fields = True
        for key in _OF_KNOWN_FIELDS:
            if key in value:
                raise refusal(
                    "contradiction",
                    'nothing is known of the fields, of which "{key}" says something',
                    {"key": key, "help": f'declare them in "fields", or remove "{key}"'},
                )
        if found.functions is None or set(found.functions) - set(_READ_ALONE):
            raise refusal(
                "contradiction",
                "nothing is known of the fields that functions would write",
                {"help": "write functions: [list, queries], or a part of get, list and queries"},
            )
        return found

    @model_validator(mode="after")
    def _check_tag(self) -> Self:
        if self.tag is not None and self.variants is None:
            raise refusal(
                "contradiction",
                '"tag" is for a union only',
                {"help": 'write union: [A, B] as well, or remove "tag"'},
            )
        return self

    @model_validator(mode="after")
    def _check_functions(self) -> Self:
        kinds = self.functions
        if kinds is None:
            return self
        if self.queries and "queries" not in kinds:
            raise refusal(
                "contradiction",
                '"functions" leaves out the queries that "queries" declares',
                {"help": 'add queries to "functions", or remove "queries"'},
            )
        if self.related and not {"get", "list", "queries"} & set(kinds):
            raise refusal(
                "contradiction",
                '"functions" has none that "related" documents come with',
                {"help": 'add get, list or queries to "functions", or remove "related"'},
            )
        return self


class ExtensionSpec(Surface):
    """What a spec adds to an entity that another file declares."""

    noun = "an extension"

    fields: dict[str, EntityFieldSpec] = Field(
        default_factory=dict[str, EntityFieldSpec], description="More fields, by name."
    )
    indexes: dict[str, IndexSpec] = Field(
        default_factory=dict[str, IndexSpec], description="More indexes."
    )
    queries: dict[str, QuerySpec] = Field(
        default_factory=dict[str, QuerySpec], description="More queries."
    )
    search_indexes: dict[str, SearchIndexSpec] = Field(
        default_factory=dict[str, SearchIndexSpec],
        alias="searchIndexes",
        description="More full-text indexes.",
    )
    vector_indexes: dict[str, VectorIndexSpec] = Field(
        default_factory=dict[str, VectorIndexSpec],
        alias="vectorIndexes",
        description="More indexes of vectors.",
    )
    refs: dict[str, RefSpec] = Field(
        default_factory=dict[str, RefSpec], description="More references."
    )
    related: dict[str, RelationSpec] = Field(
        default_factory=dict[str, RelationSpec], description="More of what may come with it."
    )
    unique: FieldLists | None = Field(default=None, description="More that is unique.")
