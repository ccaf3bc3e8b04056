"""Functions that somebody wrote by hand."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.types import FieldSpec


class FunctionSpec(Surface):
    """A function that somebody wrote by hand, which the client calls."""

    noun = "a function"

    kind: Literal["query", "mutation", "action"] = Field(description="What it is to Convex.")
    args: dict[str, FieldSpec] = Field(
        default_factory=dict[str, FieldSpec], description="The arguments, by name."
    )
    positional: bool | None = Field(
        default=None,
        description="Whether clients take the arguments by their positions, in the order of args, "
        "and not by name.",
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
    code: str | None = Field(
        default=None,
        description="The file of TypeScript, beside this one, that is copied as its module.",
    )
