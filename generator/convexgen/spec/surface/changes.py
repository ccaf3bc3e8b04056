"""What a spec says of how it changes: which changes are meant, in spite of what they break."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from convexgen.diagnostics.change_codes import ChangeCode
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.values import Day


class AllowSpec(Surface):
    """That a change is meant, though it breaks data that is stored."""

    noun = "an allowance"

    change: ChangeCode = Field(description="The code of the change, as convexgen diff says it.")
    of: str | None = Field(
        default=None,
        description="The name of what changes, such as a field that is removed; any, unless said.",
    )
    reason: Annotated[str, Field(min_length=1)] = Field(description="Why it breaks nothing here.")
    until: Day = Field(description="The last day on which it is allowed.")


Allowances: TypeAlias = Annotated[
    list[AllowSpec] | None,
    Field(
        default=None,
        min_length=1,
        description="The changes of this part of the spec that are meant, though they break data "
        "that is stored.",
    ),
]
EarlierName: TypeAlias = Annotated[
    str | None,
    Field(
        default=None,
        description="What it was called before, for convexgen diff: not to be taken for another.",
    ),
]
EarlierValues: TypeAlias = Annotated[
    dict[str, str] | None,
    Field(
        default=None,
        min_length=1,
        description="What values of an enum were called before: {new: old}.",
    ),
]
