"""The command `diff`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click

from convexgen.changes.diff import changes_between
from convexgen.changes.finding import ChangeFinding, finding_of
from convexgen.changes.judging import judge
from convexgen.cli.earlier import earlier_spec
from convexgen.cli.formats import FORMATS, render_for_programs
from convexgen.cli.loading import load, placed, problems
from convexgen.cli.options import inputs_option, project_option
from convexgen.cli.project import FoundSpec, find_specs, read_spec, shown
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.painting import paint
from convexgen.diagnostics.print_text import render_text
from convexgen.diagnostics.span import Span


@click.command("diff")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@click.option(
    "--against",
    metavar="git:REF[:PATH]|FILE",
    help="What to compare with: a commit, branch or tag of git, where a path says which spec of "
    "it, or another file; by default the commit at which this branch left the default branch.",
)
@project_option
@inputs_option
@click.option(
    "--format",
    "output",
    type=click.Choice([*FORMATS, "markdown"]),
    default="text",
    show_default=True,
    help="Text is for people, Markdown for a pull request; the other formats are for programs.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day on which an `allow` of the spec has ended or not; by default the present one.",
)
def command(
    spec: Path | None,
    against: str | None,
    project: Path | None,
    folders: tuple[Path, ...],
    output: str,
    today: datetime | None,
) -> None:
    """Say what SPEC changes, and who breaks by each change.

    Ends with exit code 1 if a change breaks data that is stored, unless SPEC allows it. In a
    folder above projects, it is about each.
    """
    day = (date.today() if today is None else today.date()).isoformat()
    findings: list[ChangeFinding] = []
    wrong: list[Diagnostic] = []
    texts: dict[str, str] = {}
    labels: list[str] = []
    new: list[str] = []
    for found in find_specs(spec, project, folders):
        loaded = load(found, read_spec(found.path))
        said = problems(loaded, found.root)
        texts |= said.texts
        if loaded.system is None:
            wrong.extend(said.diagnostics)
            continue
        earlier = earlier_spec(found, spec, against, folders)
        if earlier is None:
            new.append(shown(found.path))
            continue
        labels.append(earlier.label)
        changes = changes_between(earlier.system, loaded.system)
        findings.extend(
            finding_of(one, earlier.source, loaded.source, earlier.shown, _here(found))
            for one in judge(changes, loaded.system.allowances, day)
        )
    if wrong:
        click.echo(render_text(wrong, texts, paint), nl=False, err=True)
    for name in new:
        click.echo(f"{name}: nothing to compare with, all of it is new.", err=True)
    findings.sort(key=lambda one: (one.span.file, one.span, one.code))
    verdict = (
        _verdict(findings, labels) if labels or not new else "There is nothing to compare with."
    )
    if wrong:
        unread = "A spec with errors is not compared."
        verdict = f"{verdict} {unread}" if findings else unread
    click.echo(_rendered(output, findings, texts, verdict), nl=False)
    sys.exit(1 if wrong or any(one.judged.is_refused for one in findings) else 0)


def _here(found: FoundSpec) -> Callable[[Span], Span]:
    return lambda span: placed(span, found.root)


def _rendered(
    output: str, findings: Sequence[ChangeFinding], texts: Mapping[str, str], verdict: str
) -> str:
    match output:
        case "text":
            return f"{render_text(findings, texts, paint)}{verdict}\n"
        case "markdown":
            from convexgen.changes.print_markdown import render_markdown

            return render_markdown(findings, verdict)
        case "json":
            from convexgen.changes.print_json import render_changes_json

            return render_changes_json(findings)
        case _:
            return render_for_programs(output, findings)


def _verdict(findings: Sequence[ChangeFinding], labels: Sequence[str]) -> str:
    """What it comes to, in a line."""
    since = f" since {', '.join(dict.fromkeys(labels))}" if labels else ""
    if not findings:
        return f"Nothing has changed{since}."
    refused = sum(one.judged.is_refused for one in findings)
    allowed = sum(one.judged.change.breaks_stored_data for one in findings) - refused
    many = f"{len(findings)} changes" if len(findings) > 1 else "1 change"
    if refused:
        return f"{many}{since}, of which {refused} would break data already stored."
    if allowed:
        return f"{many}{since}, of which {allowed} would break data already stored, and is allowed."
    return f"{many}{since}. Safe for stored data."
