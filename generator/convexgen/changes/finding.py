"""Changes as findings, with their places in the files of both versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from convexgen.changes.change import Audience
from convexgen.changes.judging import Judged
from convexgen.diagnostics.change_codes import CHANGES, ChangeCode
from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.diagnostic import Related
from convexgen.diagnostics.span import Span
from convexgen.source.nodes import Path
from convexgen.source.source import Part, Source

_OF_NAMES = ("-added", "-removed", "-renamed")
"""The ends of the codes of what comes, goes or is called otherwise: its name is shown."""


@dataclass(frozen=True, slots=True)
class ChangeFinding:
    """A change; see `Finding`."""

    judged: Judged
    span: Span
    """In the new version."""
    before: Span
    """In the old one."""

    @property
    def code(self) -> ChangeCode:
        """What kind of change it is."""
        return self.judged.change.code

    @property
    def breaks(self) -> tuple[Audience, ...]:
        """Who breaks."""
        return self.judged.change.breaks

    @property
    def severity(self) -> Severity:
        """An error where data breaks and it is not allowed; a warning where callers do."""
        if self.judged.is_refused:
            return Severity.ERROR
        is_fine = self.judged.is_allowed or set(self.breaks) <= {Audience.TYPES}
        return Severity.NOTE if is_fine else Severity.WARNING

    @property
    def message(self) -> str:
        """What changes, who breaks, and whether that is allowed."""
        allowance = self.judged.allowance
        allowed = ""
        if allowance is not None:
            words = "allowed until" if self.judged.is_allowed else "no longer allowed since"
            allowed = f"; {words} {allowance.until}: {allowance.reason}"
        return f"{self.judged.change.message} ({broken(self.breaks)}){allowed}"

    @property
    def help(self) -> str | None:
        """What to do where somebody breaks who could be spared."""
        if self.severity is Severity.NOTE:
            return self.judged.change.advice
        asked = self.judged.change.advice
        advice = CHANGES[self.code].advice
        return "; else ".join(one for one in (asked, advice) if one is not None) or None

    @property
    def related(self) -> tuple[Related, ...]:
        """Where it stood."""
        return (Related("before, this is", self.before),)


def broken(breaks: Iterable[Audience]) -> str:
    """Who breaks, in words."""
    listed = ", ".join(breaks)
    return f"breaks {listed}" if listed else "breaks nothing"


def finding_of(
    judged: Judged,
    before: Source,
    after: Source,
    shown_before: Callable[[Span], Span],
    shown: Callable[[Span], Span],
) -> ChangeFinding:
    """A change with its places; the last two give those of each version as messages have them."""
    change = judged.change
    return ChangeFinding(
        judged,
        shown(_span(change.after, after, change.code)),
        shown_before(_span(change.before, before, change.code)),
    )


def _span(path: Path, source: Source, code: str) -> Span:
    return source.span(path, Part.KEY if code.endswith(_OF_NAMES) else Part.VALUE)
