"""A mapping with known keys, which every part of a spec is."""

from __future__ import annotations

from typing import Any, ClassVar, LiteralString

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from convexgen.diagnostics.codes import Code


class Surface(BaseModel):
    """A mapping with known keys."""

    noun: ClassVar[str]
    """What messages call it."""
    shape: ClassVar[str] = "a mapping"
    """What it is written as."""
    shorthand: ClassVar[str | None] = None
    """The key whose value may stand in its place."""
    may_be_true: ClassVar[bool] = False
    """Whether `true` may stand in the place of an empty one."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def refusal(
    code: Code, message: LiteralString, context: dict[str, Any] | None = None
) -> PydanticCustomError:
    """What pydantic is to report; the context may have a "help"."""
    return PydanticCustomError(code, message, context)
