"""Which changes are meant: those that the new version allows, as long as it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.changes.change import Change
from convexgen.model.allowances import Allowance


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, and what the spec says of it."""

    change: Change
    allowance: Allowance | None
    """The one that lasts longest, which may have ended; None where there is none."""
    is_allowed: bool

    @property
    def is_refused(self) -> bool:
        """Whether it breaks data that is stored, and nobody has said that this is meant."""
        return self.change.breaks_stored_data and not self.is_allowed


def judge(
    changes: Iterable[Change], allowances: Sequence[Allowance], today: str
) -> tuple[Judged, ...]:
    """The changes with what allows them on a day, such as 2027-03-31."""
    return tuple(_judged(change, allowances, today) for change in changes)


def _judged(change: Change, allowances: Sequence[Allowance], today: str) -> Judged:
    own = [one for one in allowances if _is_of(one, change)]
    longest = max(own, key=lambda one: one.until, default=None)
    return Judged(change, longest, longest is not None and today <= longest.until)


def _is_of(allowance: Allowance, change: Change) -> bool:
    return (
        allowance.change == change.code
        and allowance.of in (None, change.name)
        and change.after[: len(allowance.part)] == allowance.part
    )
