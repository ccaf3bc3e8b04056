"""Changes that are meant, though they break data that is stored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """That changes of a part of the spec are meant."""

    part: tuple[str | int, ...]
    """The path of the part that says so: changes in it, and those of itself."""
    change: str
    """The code of the changes."""
    of: str | None
    """The name of what changes; None for any."""
    reason: str
    until: str
    """The last day, as in 2027-03-31."""
