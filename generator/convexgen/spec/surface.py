"""The keys of a spec, their types and their meaning.

What a value says beyond its shape (that a type exists, that a name is legal) is decided later,
where the whole spec is known.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, LiteralString, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from convexgen.diagnostics.codes import ADVICE, Code
from convexgen.guards import is_list, is_mapping

LANGUAGE_VERSION = 1


class Surface(BaseModel):
    """A mapping with known keys."""

    noun: ClassVar[str]
    """What messages call it."""
    shape: ClassVar[str] = "a mapping"
    """What it is written as."""
    shorthand: ClassVar[str | None] = None
    """The key whose value may stand in its place."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _refusal(
    code: Code, message: LiteralString, context: dict[str, Any] | None = None
) -> PydanticCustomError:
    """What pydantic is to report; the context may have a "help"."""
    return PydanticCustomError(code, message, context)


def _as_list(value: Any) -> Any:
    """A single name stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _enum_value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise _refusal("enum-value-not-text", "a value of an enum is text")


def _constant(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    raise _refusal("wrong-shape", "a literal is text, a number, true or false")


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _refusal("wrong-shape", "a bound is a number")


def _each_as_list(value: Any) -> Any:
    """A single name stands for a list of one, and a list of names for one list each."""
    return [_as_list(one) for one in value] if is_list(value) else [_as_list(value)]


def _deprecation(value: Any) -> Any:
    if isinstance(value, str | bool):
        return value
    raise _refusal(
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
Deprecation: TypeAlias = Annotated[
    Any, BeforeValidator(_deprecation), WithJsonSchema({"type": ["string", "boolean"]})
]
EnumValues: TypeAlias = Annotated[list[EnumValue], Field(min_length=1)]

FORMS = {
    "type": "expression",
    "enum": "values",
    "literal": "constant",
    "object": "properties",
    "union": "members",
    "list": "element",
    "record": "entries",
}
"""The keys of which a type has exactly one, and the attributes that hold them."""

_EXAMPLES = (
    "string",
    "boolean",
    "number",
    "integer",
    "int64",
    "timestamp",
    "bytes",
    "json",
    "any",
    "string?",
    "string | null",
    "list<string>",
    "record<string, number>",
    "vector<1536>",
    "1 | 2",
    "id<Entity>",
    "ref<Entity>",
    "function<mutation>",
)

TypeExpression = TypeAliasType(
    "TypeExpression",
    Annotated[
        str,
        WithJsonSchema(
            {
                "description": "A type: string, list<Message>, record<string, number>, A | B. "
                'A "?" at the end: the field may be absent. "| null": it may be null.',
                "type": ["string", "null"],
                # Their characters; how these fit together is more than a pattern can tell.
                "pattern": r"^([-A-Za-z0-9_|<>(),.\s]|\"[^\"]*\"|'[^']*'|json\([^()\s]+\))+\??\s*$",
                # Two keys of editors: github.com/redhat-developer/yaml-language-server
                "patternErrorMessage": "Not a type, such as string or list<string>",
                "defaultSnippets": [{"label": text, "body": text} for text in _EXAMPLES],
            }
        ),
    ],
)


class TypeSpec(Surface):
    """A type: an expression, or a mapping with one of the keys of `FORMS`."""

    noun = "a type"
    shorthand = "type"
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in FORMS]})

    expression: TypeExpression | None = Field(
        default=None, alias="type", description="A type expression, such as list<string>."
    )
    values: EnumValues | None = Field(
        default=None, alias="enum", description="The strings that the value may be."
    )
    constant: Constant | None = Field(
        default=None,
        alias="literal",
        description="The only value: text, a number, true or false. An int64 is type: 5n.",
    )
    is_open: bool | None = Field(
        default=None,
        alias="open",
        description="Of an enum: whether other strings are values too, such as those of later "
        "versions.",
    )
    properties: dict[str, FieldSpec] | None = Field(
        default=None, alias="object", description="The fields of an object that has no name."
    )
    members: Annotated[list[TypeSpec], Field(min_length=2)] | None = Field(
        default=None, alias="union", description="The types of which the value has one."
    )
    tag: str | None = Field(
        default=None,
        description="Of a union of objects: the field whose values, strings, tell them apart.",
    )
    element: TypeSpec | None = Field(
        default=None, alias="list", description="The type of the elements of a list."
    )
    entries: RecordSpec | None = Field(
        default=None, alias="record", description="The types of the keys and values of a record."
    )
    min_length: Count | None = Field(
        default=None, alias="minLength", description="The fewest Unicode characters of a string."
    )
    max_length: Count | None = Field(
        default=None, alias="maxLength", description="The most Unicode characters of a string."
    )
    pattern: str | None = Field(
        default=None,
        description="A regular expression that the whole string matches, in the dialect that "
        "Python and JavaScript share.",
    )
    minimum: Bound | None = Field(
        default=None,
        alias="min",
        description="The least number; NaN and the infinities are refused.",
    )
    maximum: Bound | None = Field(
        default=None,
        alias="max",
        description="The greatest number; NaN and the infinities are refused.",
    )
    min_items: Count | None = Field(
        default=None, alias="minItems", description="The fewest elements of a list or a record."
    )
    max_items: Count | None = Field(
        default=None, alias="maxItems", description="The most elements of a list or a record."
    )
    integer: bool | None = Field(
        default=None, description="Whether a number is whole: the same as the type integer."
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_expression(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"type": value}
        if value is None:
            return {"type": "null"}
        if is_mapping(value):
            # A plain `null` is a value to YAML, and a type here.
            return {**value, "type": "null"} if value.get("type", "") is None else value
        advice = "such as string or list<string>"
        if isinstance(value, bool | int | float):
            advice = f"write {{literal: {str(value).lower()}}} for the type of this value alone"
        raise _refusal("wrong-shape", "a type is text or a mapping", {"help": advice})

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        given = [key for key, name in FORMS.items() if getattr(self, name) is not None]
        if not given:
            raise _refusal(
                "missing-key",
                "the type is missing",
                {"help": "give one of " + ", ".join(FORMS)},
            )
        if len(given) > 1:
            raise _refusal(
                "contradiction",
                "{first} and {second} both say what the type is",
                {"first": f'"{given[0]}"', "second": f'"{given[1]}"', "help": "keep one of them"},
            )
        if self.tag is not None and self.members is None:
            raise _refusal(
                "contradiction",
                '"tag" is for a union only',
                {"help": 'write {union: [A, B], tag: kind}, or remove "tag"'},
            )
        if self.is_open is not None and self.values is None:
            raise _refusal(
                "contradiction",
                '"open" is for an enum only',
                {"help": 'say it of the enum, as in {enum: [a, b], open: true}, or remove "open"'},
            )
        return self


class RecordSpec(Surface):
    """The types of the entries of a record."""

    noun = "a record"

    keys: TypeSpec | None = Field(
        default=None,
        description="The type of the keys, by default string: strings, document IDs, or a union of "
        "these.",
    )
    values: TypeSpec = Field(description="The type of the values.")


class FieldSpec(TypeSpec):
    """A field of an object."""

    noun = "a field of an object"

    optional: bool | None = Field(default=None, description="Whether the field may be absent.")
    nullable: bool | None = Field(default=None, description="Whether the value may be null.")
    description: str | None = Field(default=None, description="What the field holds.")
    deprecated: Deprecation | None = Field(
        default=None, description="True, or text that says what to use instead."
    )
    sensitive: bool | None = Field(
        default=None,
        description="Whether the value is kept out of the representation of entities and of texts.",
    )


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
    setter: Literal["on create", "on write"] | None = Field(
        default=None,
        alias="set",
        description="When the backend sets a timestamp by itself.",
    )
    merge: Literal["replace", "shallow", "deep"] | None = Field(
        default=None, description="What an update does to the value that is there."
    )
    on_delete: Literal["cascade"] | None = Field(
        default=None,
        alias="onDelete",
        description="What becomes of this document when the one referred to is deleted.",
    )
    touch: str | None = Field(
        default=None,
        description="The timestamp of the entity referred to that each write of this one sets.",
    )


class EnumSpec(Surface):
    """A named set of strings: a list, or a mapping with `values`."""

    noun = "an enum"
    shape = "a list or a mapping"
    shorthand = "values"

    values: EnumValues = Field(description="The strings, each once.")
    is_open: bool = Field(
        default=False,
        alias="open",
        description="Whether other strings are values too, such as those of later versions.",
    )
    description: str | None = Field(default=None, description="What the enum stands for.")

    @model_validator(mode="before")
    @classmethod
    def _expand_list(cls, value: Any) -> Any:
        return {"values": value} if is_list(value) else value


_ORDER: dict[str, JsonValue] = {
    "type": "string",
    "pattern": r"^\s*[A-Za-z0-9_]+(\s+(asc|desc))?\s*$",
    "patternErrorMessage": "Not an order, such as desc or createdAt desc",
}


class QuerySpec(Surface):
    """A query that an index serves."""

    noun = "a query"
    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["by"]}, {"required": ["order"]}]}
    )

    by: Names | None = Field(
        default=None, description="The field or fields that are compared for equality."
    )
    order: Annotated[str, WithJsonSchema(_ORDER)] | None = Field(
        default=None, description='"asc", "desc", a field, or a field and a direction.'
    )
    description: str | None = Field(default=None, description="What the query finds.")

    @model_validator(mode="after")
    def _check_presence(self) -> Self:
        if self.by is None and self.order is None:
            raise _refusal(
                "missing-key", 'a query has "by", "order" or both', {"help": "such as by: threadId"}
            )
        return self


class SearchIndexSpec(Surface):
    """A full-text index, and the query over it."""

    noun = "a search index"

    search: str = Field(description="The field whose text is searched.")
    filter: Names | None = Field(
        default=None, description="The field or fields that a search may compare for equality."
    )


class VectorIndexSpec(Surface):
    """An index of vectors, and the action that finds the nearest."""

    noun = "a vector index"

    vector: str = Field(description="The field of a type vector<…>.")
    filter: Names | None = Field(
        default=None, description="The field or fields, one of which a search may compare."
    )


AccessMode: TypeAlias = Literal["internal", "public"]


class AccessSpec(Surface):
    """Who may call the functions of an entity: one mode, or one for each kind of function."""

    noun = "access"
    shape = "a mode or a mapping"
    shorthand = "read"

    read: AccessMode = Field(default="internal", description="Who may call the queries.")
    write: AccessMode = Field(default="internal", description="Who may call the mutations.")

    @model_validator(mode="before")
    @classmethod
    def _expand_mode(cls, value: Any) -> Any:
        return {"read": value, "write": value} if isinstance(value, str) else value


class VariantSpec(Surface):
    """One of the shapes of an entity: a named object, or an object with the options of fields."""

    noun = "a variant"
    shape = "a name or a mapping"
    shorthand = "type"
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["type"]}, {"required": ["object"]}]}
    )

    expression: str | None = Field(default=None, alias="type", description="A named object.")
    properties: Annotated[dict[str, EntityFieldSpec], Field(min_length=1)] | None = Field(
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
            raise _refusal(
                "missing-key",
                "the object is missing",
                {"help": "write the name of one, or {object: {kind: {literal: …}}}"},
            )
        if self.expression is not None and self.properties is not None:
            raise _refusal(
                "contradiction",
                '"type" and "object" both say what the object is',
                {"help": "keep one of them"},
            )
        return self


class EntitySpec(Surface):
    """A table with its key and the functions over it."""

    noun = "an entity"
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["union", "tag"]},
                {"not": {"anyOf": [{"required": ["union"]}, {"required": ["tag"]}]}},
            ]
        }
    )

    table: str = Field(description="The Convex table, and the module of its functions.")
    key: Names = Field(description="The field or fields that tell entities apart.")
    fields: Annotated[dict[str, EntityFieldSpec], Field(min_length=1)] = Field(
        description="The fields, by name; with a union, those that all documents have."
    )
    variants: Annotated[list[VariantSpec], Field(min_length=2)] | None = Field(
        default=None,
        alias="union",
        description="The shapes of which a document has one: objects whose fields it has besides.",
    )
    tag: str | None = Field(
        default=None,
        description="Of a union: the field of the objects whose values, strings, tell them apart.",
    )
    description: str | None = Field(default=None, description="What an entity is.")
    indexes: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(
        default_factory=dict[str, list[str]],
        description="The fields of each database index, in order.",
    )
    queries: dict[str, QuerySpec] = Field(
        default_factory=dict[str, QuerySpec], description="Queries besides one for each index."
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
    unique: FieldLists | None = Field(
        default=None,
        description="Fields, or lists of fields, of which no two entities have the same values. "
        "Those that are absent or null are not compared.",
    )
    access: AccessSpec = Field(default=AccessSpec(), description="Who may call the functions.")
    deprecated: Deprecation | None = Field(
        default=None, description="True, or text that says what to use instead."
    )

    @model_validator(mode="after")
    def _check_tag(self) -> Self:
        if self.variants is not None and self.tag is None:
            raise _refusal(
                "missing-key",
                'the "tag" of the union is missing',
                {"help": "name the field whose values tell the objects apart, such as tag: kind"},
            )
        if self.tag is not None and self.variants is None:
            raise _refusal(
                "contradiction",
                '"tag" is for a union only',
                {"help": 'write union: [A, B] as well, or remove "tag"'},
            )
        return self


class FunctionSpec(Surface):
    """A function that somebody wrote by hand, which the client calls."""

    noun = "a function"

    kind: Literal["query", "mutation", "action"] = Field(description="What it is to Convex.")
    args: dict[str, FieldSpec] = Field(
        default_factory=dict[str, FieldSpec], description="The arguments, by name."
    )
    input: FieldSpec | None = Field(
        default=None,
        description="The type of all arguments at once, in place of args: a record, or a union of "
        "objects.",
    )
    returns: FieldSpec = Field(
        default=FieldSpec(type="any"),
        description="The type of the result; by default any. An entity stands for its documents.",
    )
    idempotent: bool | None = Field(
        default=None,
        description="Whether a mutation or an action may run twice, and so be repeated.",
    )
    description: str | None = Field(default=None, description="What the function does.")


class ExtensionSpec(Surface):
    """What a spec adds to an entity that another file declares."""

    noun = "an extension"

    fields: dict[str, EntityFieldSpec] = Field(
        default_factory=dict[str, EntityFieldSpec], description="More fields, by name."
    )
    indexes: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(
        default_factory=dict[str, list[str]], description="More indexes."
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
    unique: FieldLists | None = Field(default=None, description="More that is unique.")


class PythonSpec(Surface):
    """Where the Python package goes, or that there is none."""

    noun = '"python"'
    shape = "false or a mapping"
    shorthand = "enabled"

    enabled: bool = Field(default=True, description="Whether the package is written.")
    package: str | None = Field(
        default=None, description='The name to import it by; by default the name and "_convex".'
    )
    directory: str = Field(
        default="generated/python", description="The folder that holds the package."
    )
    pyproject: bool = Field(
        default=False,
        description="Whether a pyproject.toml beside the package makes it one to install.",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_flag(cls, value: Any) -> Any:
        return _flag(value)


class TypeScriptSpec(Surface):
    """Where the TypeScript client goes, or that there is none."""

    noun = '"typescript"'
    shape = "false or a mapping"
    shorthand = "enabled"

    enabled: bool = Field(default=True, description="Whether the client is written.")
    directory: str = Field(default="generated/typescript", description="The folder of the client.")
    testing: Literal["vitest"] | None = Field(
        default=None,
        description="What tests are run with, for a fixture that is a fresh backend in each test.",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_flag(cls, value: Any) -> Any:
        return _flag(value)


def _flag(value: Any) -> Any:
    """The mapping that true or false is short for."""
    return {"enabled": value} if isinstance(value, bool) else value


class ConvexSpec(Surface):
    """Where the Convex functions go."""

    noun = '"convex"'

    directory: str = Field(default="convex", description="The folder of the Convex functions.")


Level: TypeAlias = Literal["error", "warning", "note", "off"]
Advice: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": [*sorted(ADVICE)]})]


class Spec(Surface):
    """A whole spec."""

    noun = "a spec"
    # A file without a name is part of a spec that includes it.
    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["name"]},
            "then": {
                "required": ["convexgen"],
                "anyOf": [
                    {"required": [key]}
                    for key in ("entities", "include", "functions", "functionSpec")
                ],
            },
        }
    )

    convexgen: Literal[1] = Field(description="The version of the spec language.")
    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] = Field(
        description="What the data model is called."
    )
    description: str | None = Field(default=None, description="What the data model is for.")
    include: Names | None = Field(
        default=None,
        description="Files whose enums, objects, entities and functions are part of this spec: "
        "paths beside this file, folders, whose names end in a slash, or a pack of the tool, such "
        "as pack:mastra.",
    )
    python: PythonSpec = Field(
        default=PythonSpec(), description="The Python package; false where none is wanted."
    )
    typescript: TypeScriptSpec = Field(
        default=TypeScriptSpec(), description="The TypeScript client; false where none is wanted."
    )
    convex: ConvexSpec = Field(default=ConvexSpec(), description="The Convex functions.")
    lint: dict[Advice, Level] = Field(
        default_factory=dict[str, Level],
        description="How grave each advice is, by its code, such as redundant-index: error.",
    )
    extend: dict[str, ExtensionSpec] = Field(
        default_factory=dict[str, ExtensionSpec],
        description="What entities of included files have besides, by entity. It has joined the "
        "entities when a spec is read.",
    )
    enums: dict[str, EnumSpec] = Field(
        default_factory=dict[str, EnumSpec], description="Named sets of strings."
    )
    objects: dict[str, Annotated[dict[str, FieldSpec], Field(min_length=1)]] = Field(
        default_factory=dict[str, dict[str, FieldSpec]], description="Named objects: their fields."
    )
    entities: Annotated[dict[str, EntitySpec], Field(min_length=1)] = Field(
        default_factory=dict[str, EntitySpec],
        description="The entities, by name. A spec may have functions alone.",
    )
    function_spec: Names | None = Field(
        default=None,
        alias="functionSpec",
        description="JSON files with the functions written by hand, as `convexgen function-spec` "
        "and `npx convex function-spec` print them. What functions says of one counts more.",
    )
    functions: dict[str, FunctionSpec] = Field(
        default_factory=dict[str, FunctionSpec],
        description="Functions written by hand, by their path, such as reports:weekly.",
    )

    @model_validator(mode="after")
    def _check_contents(self) -> Self:
        if not self.entities and not self.functions and self.function_spec is None:
            raise _refusal(
                "missing-key",
                'a spec has "entities", "functions" or both',
                {"help": "such as entities: {Sale: {table: sales, key: saleId, fields: {…}}}"},
            )
        return self
