"""A change between two versions of a spec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from convexgen.diagnostics.change_codes import ChangeCode
from convexgen.source.nodes import Path


class Audience(StrEnum):
    """Who breaks by a change."""

    STORED = "data already stored"
    """Convex refuses the schema, or documents are no longer found, read or right."""
    TYPESCRIPT = "deployed TypeScript callers"
    """Programs that were built from the old version, and call the new one."""
    PYTHON = "older Python clients"
    TYPES = "types only"
    """Programs that are built again: checkers find where."""


CALLERS = (Audience.TYPESCRIPT, Audience.PYTHON)
TYPES_ONLY = (Audience.TYPES,)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    code: ChangeCode
    message: str
    breaks: tuple[Audience, ...]
    """In the order of the audiences; none where nobody breaks."""
    name: str
    """What the spec calls what changes, in the new version, or in the old one where it is gone."""
    before: Path
    """Where it stands in the old version, or would."""
    after: Path
    """Where it stands in the new one, or would."""
    advice: str | None = None
    """What to look at besides what is said of every change of the code."""

    @property
    def breaks_stored_data(self) -> bool:
        """Whether it breaks data that is stored."""
        return Audience.STORED in self.breaks


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in both versions."""

    before: Path
    after: Path

    def inside(self, *steps: str | int) -> Place:
        """What stands below it under the same names."""
        return Place((*self.before, *steps), (*self.after, *steps))

    def entry(self, before: str, after: str) -> Place:
        """What stands below it under a name in each version."""
        return Place((*self.before, before), (*self.after, after))

    def change(
        self,
        code: ChangeCode,
        message: str,
        breaks: tuple[Audience, ...] = (),
        *,
        name: str | None = None,
        advice: str | None = None,
    ) -> Change:
        """A change of what stands there."""
        called = str(self.after[-1]) if name is None else name
        return Change(code, message, breaks, called, self.before, self.after, advice)


@dataclass(frozen=True, slots=True)
class Use:
    """What is done with values of a type."""

    stored: bool = False
    """Documents have them."""
    given: bool = False
    """Callers give them."""
    read: bool = False
    """Callers get them."""

    def breaks(self, *, narrows: bool = False, widens: bool = False) -> tuple[Audience, ...]:
        """Who breaks where some values are values no more, or more values are."""
        stored = (Audience.STORED,) if narrows and self.stored else ()
        is_called = (narrows and self.given) or (widens and self.read)
        return (*stored, *(CALLERS if is_called else ()))

    def unless_left_out(self, *, may_be_left_out: bool) -> Use:
        """The same where writes need not give a value: none is refused for want of it."""
        return replace(self, given=False) if may_be_left_out else self
