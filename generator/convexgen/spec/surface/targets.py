"""What is generated, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from convexgen.spec.surface.mapping import Surface


def _flag(value: Any) -> Any:
    """The mapping that true or false is short for."""
    return {"enabled": value} if isinstance(value, bool) else value


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
    aliases: bool = Field(
        default=False,
        description="Whether the fields of models have the names of the spec as aliases.",
    )
    testing: Literal["pytest"] | None = Field(
        default=None,
        description="What tests are run with, for a suite of what `access` allows whom.",
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

    model_config = ConfigDict(extra="allow")
    if not TYPE_CHECKING:
        # pydantic looks at the annotation, whose type is not that of its class.
        __pydantic_extra__: dict[str, bool] = Field(init=False)

    enabled: bool = Field(default=True, description="Whether the client is written.")
    directory: str = Field(default="generated/typescript", description="The folder of the client.")
    testing: Literal["vitest"] | None = Field(
        default=None,
        description="What tests are run with, for a fixture that is a fresh backend in each test.",
    )
    react: bool = Field(
        default=False,
        description="Whether there are hooks of React, for what `access` opens to browsers.",
    )

    @property
    def client_code(self) -> Mapping[str, bool]:
        """Whether the client has the TypeScript of `clientCode`, by its name."""
        return self.__pydantic_extra__ or {}

    @model_validator(mode="before")
    @classmethod
    def _expand_flag(cls, value: Any) -> Any:
        return _flag(value)


class ConvexSpec(Surface):
    """Where the Convex functions go."""

    noun = '"convex"'

    directory: str = Field(default="convex", description="The folder of the Convex functions.")
    functions: str | None = Field(
        default=None,
        description="The folder of all functions of the project, which that one is in, where it is "
        "not called convex.",
    )
    schema_validation: bool = Field(
        default=True,
        alias="schemaValidation",
        description="Whether Convex refuses documents that are not as the schema says.",
    )
    schema_owner: Literal["ours", "theirs"] = Field(
        default="ours",
        alias="schema",
        description="Whose schema Convex reads: of this spec, or one written by hand beside its "
        "folder, with which check compares what this spec says.",
    )
    crons: Literal["ours", "theirs"] = Field(
        default="ours",
        description="Whose cron jobs delete what `retention` says: of this spec, or ones written "
        "by hand, which call its function.",
    )
