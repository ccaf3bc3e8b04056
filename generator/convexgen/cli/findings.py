"""What `check` finds, for programs: files that are not what a spec gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from convexgen.cli.project import shown
from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.diagnostic import Related
from convexgen.diagnostics.span import Position, Span, start_of
from convexgen.files.compare import Difference, Drift

FUNCTION_SPEC_CODE: Final = "outdated-function-spec"
SCHEMA_CODE: Final = "other-schema"

_CODES: Final[Mapping[Drift, str]] = {
    Drift.MISSING: "missing-file",
    Drift.CHANGED: "outdated-file",
    Drift.EDITED: "edited-file",
    Drift.REFORMATTED: "reformatted-file",
    Drift.CONFLICT: "conflicting-file",
    Drift.STALE: "stale-file",
    Drift.STALE_EDITED: "stale-edited-file",
    Drift.STALE_FOREIGN: "foreign-entry",
    Drift.FOREIGN: "foreign-file",
}
GENERATE: Final = "convexgen generate"
"""The command that mends most of it, from the folder of a project with one spec."""
_GENERATE = f"run `{GENERATE}`"
_TAKE_BACK = f"move what you wrote to a file of your own, and run `{GENERATE} --force`"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a code of `check` is for."""

    demand: str
    """What it demands, in a sentence."""
    help: str
    """What to do about it."""


FILE_CODES: Final[Mapping[str, Purpose]] = {
    "missing-file": Purpose("Every file that the spec gives is there.", _GENERATE),
    "outdated-file": Purpose("A generated file is what the spec gives.", _GENERATE),
    "edited-file": Purpose("Nobody edits a generated file by hand.", _TAKE_BACK),
    "reformatted-file": Purpose(
        "No formatter lays out generated files anew.",
        f"tell it to leave them alone, and {_GENERATE}",
    ),
    "conflicting-file": Purpose(
        "No conflict of a merge is in a generated file.",
        f"resolve those of the spec, {_GENERATE}, and `git add` what it wrote",
    ),
    "stale-file": Purpose("No file is there that the spec no longer gives.", _GENERATE),
    "stale-edited-file": Purpose(
        "No file is there that the spec no longer gives, and that somebody edited.", _TAKE_BACK
    ),
    "foreign-file": Purpose(
        "Where the spec gives a file, there is none that the tool did not write.",
        "move that file, or let the spec give it another place",
    ),
    "foreign-entry": Purpose(
        "The manifest lists no file that the spec does not give and the tool did not write.",
        f"{_GENERATE}: the file stays, and its entry goes",
    ),
    SCHEMA_CODE: Purpose(
        "A schema that is theirs is what the spec says.",
        "run `convexgen import`, which adds what has changed to the spec, or mend either",
    ),
    FUNCTION_SPEC_CODE: Purpose(
        "A function spec says what the functions are.",
        f"print it anew with `convexgen function-spec`, and {_GENERATE}",
    ),
}
"""The codes of what is wrong with files, besides those of what is wrong with a spec."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A file that is not what it should be; see `Finding`."""

    code: str
    message: str
    span: Span
    generate: str = GENERATE
    """The command that generates what was checked, from where that was."""
    severity: Severity = Severity.ERROR
    related: Sequence[Related] = ()

    @property
    def help(self) -> str:
        """What to do."""
        return FILE_CODES[self.code].help.replace(GENERATE, self.generate)


def findings_of(
    differences: Iterable[Difference], root: Path, generate: str
) -> Iterator[FileFinding]:
    """Each file of a project that differs, at the first line that does."""
    for one in differences:
        line = _first_difference(one.current, one.rendered) if one.is_shown else 1
        place = Position(line, 1)
        path = shown(root / one.path)
        yield FileFinding(
            _CODES[one.drift], f"{path} is {one.drift.value}", Span(place, place, path), generate
        )


def outdated_function_spec(change: str, spec: str, generate: str) -> FileFinding:
    """A way in which the function specs of a spec are not what the functions are."""
    return FileFinding(FUNCTION_SPEC_CODE, change, start_of(spec), generate)


def other_schema(change: str, spec: str) -> FileFinding:
    """A way in which a schema written by hand is not what a spec says."""
    return FileFinding(SCHEMA_CODE, change, start_of(spec))


def _first_difference(current: bytes, rendered: bytes) -> int:
    """The line, in what is there, where it stops being what is rendered."""
    same = 0
    for ours, theirs in zip(current.splitlines(), rendered.splitlines(), strict=False):
        if ours != theirs:
            break
        same += 1
    return min(same + 1, max(1, len(current.splitlines())))
