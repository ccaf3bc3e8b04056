"""What the formats for programs show: a problem of a spec, or of a file that is generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.diagnostic import Related
from convexgen.diagnostics.span import Span


class Finding(Protocol):
    """One thing that is wrong, with its place."""

    @property
    def code(self) -> str:
        """What kind of thing it is, stable."""
        ...

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        ...

    @property
    def message(self) -> str:
        """What is wrong."""
        ...

    @property
    def help(self) -> str | None:
        """What to do."""
        ...

    @property
    def span(self) -> Span:
        """Where."""
        ...

    @property
    def related(self) -> Sequence[Related]:
        """Other places that have to do with it."""
        ...
