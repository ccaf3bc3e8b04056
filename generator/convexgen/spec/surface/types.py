"""Types, fields of objects, and enums."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator
from typing_extensions import TypeAliasType

from convexgen.guards import is_list, is_mapping
from convexgen.spec.surface.changes import Allowances, EarlierName, EarlierValues
from convexgen.spec.surface.mapping import Surface, refusal
from convexgen.spec.surface.values import Bound, Constant, Count, Deprecation, EnumValues

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
    "commitTs",
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
    "new<Entity>",
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
    renamed_values: EarlierValues = Field(default=None, alias="renamedValues")
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
        raise refusal("wrong-shape", "a type is text or a mapping", {"help": advice})

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        given = [key for key, name in FORMS.items() if getattr(self, name) is not None]
        if not given:
            raise refusal(
                "missing-key",
                "the type is missing",
                {"help": "give one of " + ", ".join(FORMS)},
            )
        if len(given) > 1:
            raise refusal(
                "contradiction",
                "{first} and {second} both say what the type is",
                {"first": f'"{given[0]}"', "second": f'"{given[1]}"', "help": "keep one of them"},
            )
        if self.tag is not None and self.members is None:
            raise refusal(
                "contradiction",
                '"tag" is for a union only',
                {"help": 'write {union: [A, B], tag: kind}, or remove "tag"'},
            )
        if self.renamed_values is not None and self.values is None:
            raise refusal(
                "contradiction",
                '"renamedValues" is for an enum only',
                {"help": 'say it of the enum, or remove "renamedValues"'},
            )
        if self.is_open is not None and self.values is None:
            raise refusal(
                "contradiction",
                '"open" is for an enum only',
                {"help": 'say it of the enum, as in {enum: [a, b], open: true}, or remove "open"'},
            )
        return self


class RecordSpec(Surface):
    """The types of the entries of a record."""

    noun = "a record"
    shape = "a type or a mapping"
    shorthand = "values"

    keys: TypeSpec | None = Field(
        default=None,
        description="The type of the keys, by default string: strings, document IDs, or a union of "
        "these.",
    )
    values: TypeSpec = Field(description="The type of the values.")

    @model_validator(mode="before")
    @classmethod
    def _expand_values(cls, value: Any) -> Any:
        is_type = is_mapping(value) and not {"keys", "values"} & value.keys()
        if isinstance(value, str) or (is_type and set(FORMS) & value.keys()):
            return {"values": value}
        return value


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
    python: str | None = Field(
        default=None,
        description="The name in Python, where the one that follows from its own is taken.",
    )
    renamed_from: EarlierName = Field(default=None, alias="renamedFrom")
    allow: Allowances = None


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
    renamed_values: EarlierValues = Field(default=None, alias="renamedValues")
    allow: Allowances = None

    @model_validator(mode="before")
    @classmethod
    def _expand_list(cls, value: Any) -> Any:
        return {"values": value} if is_list(value) else value
