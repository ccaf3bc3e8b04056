"""A whole spec."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from convexgen.diagnostics.codes import ADVICE
from convexgen.spec.surface.access import IdentitySpec
from convexgen.spec.surface.changes import Allowances
from convexgen.spec.surface.client_code import ClientCodeSpec
from convexgen.spec.surface.entities import EntitySpec, ExtensionSpec
from convexgen.spec.surface.files import FilesSpec
from convexgen.spec.surface.functions import FunctionSpec
from convexgen.spec.surface.mapping import Surface, refusal
from convexgen.spec.surface.targets import ConvexSpec, PythonSpec, TypeScriptSpec
from convexgen.spec.surface.types import EnumSpec, FieldSpec
from convexgen.spec.surface.values import Names

LANGUAGE_VERSION = 1
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
        description="Files whose enums, objects, entities, functions and client code are part of "
        "this spec: paths beside this file, folders, whose names end in a slash, or a pack of the "
        "tool, such as pack:mastra.",
    )
    python: PythonSpec = Field(
        default=PythonSpec(), description="The Python package; false where none is wanted."
    )
    typescript: TypeScriptSpec = Field(
        default=TypeScriptSpec(), description="The TypeScript client; false where none is wanted."
    )
    convex: ConvexSpec = Field(default=ConvexSpec(), description="The Convex functions.")
    identity: IdentitySpec | None = Field(
        default=None, description="Where it stands who calls, for rules of access."
    )
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
    objects: dict[str, dict[str, FieldSpec]] = Field(
        default_factory=dict[str, dict[str, FieldSpec]], description="Named objects: their fields."
    )
    entities: dict[str, EntitySpec] = Field(
        default_factory=dict[str, EntitySpec],
        description="The entities, by name. A spec may have functions alone, or say by {} that "
        "there are no tables.",
    )
    tables: Names | None = Field(
        default=None,
        description="Tables of which id<…> may be besides the entities: those that the project's "
        "own schema adds.",
    )
    files: FilesSpec | None = Field(
        default=None,
        description="Who may call the functions of stored files, which are written where this is "
        "said, and with them what sends and receives files in the clients.",
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
    allow: Allowances = None
    client_code: dict[str, ClientCodeSpec] = Field(
        default_factory=dict[str, ClientCodeSpec],
        alias="clientCode",
        description="Code of the clients that comes with this spec, by the name of its package.",
    )

    @model_validator(mode="after")
    def _check_contents(self) -> Self:
        said = {"entities", "functions", "function_spec"} & self.model_fields_set
        if not self.entities and not said:
            raise refusal(
                "missing-key",
                'a spec has "entities", "functions" or both',
                {"help": "such as entities: {Sale: {table: sales, key: saleId, fields: {…}}}"},
            )
        if self.files is not None and not self.entities:
            raise refusal(
                "contradiction",
                '"files" writes functions, which there are beside entities alone',
                {"help": "leave it out, and call functions of your own that store files"},
            )
        return self
