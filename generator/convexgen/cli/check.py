"""The command `check`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.colors import colored_diff
from convexgen.cli.formats import format_option, render_for_programs
from convexgen.cli.function_specs import changed_functions
from convexgen.cli.generation import Refused, compare_with_disk, tell_waiting
from convexgen.cli.options import inputs_option, project_option, verbose_option
from convexgen.cli.project import FoundSpec, find_specs, shown
from convexgen.cli.schemas import SchemaChanges, changed_schema
from convexgen.cli.summary import MOST_SHOWN, counted, files
from convexgen.files.lock import locked
from convexgen.files.reading import resolved

if TYPE_CHECKING:
    from convexgen.cli.generation import Generation
    from convexgen.diagnostics.finding import Finding


@click.command("check")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@inputs_option
@format_option
@verbose_option
@click.option(
    "--no-run-code",
    "run_code",
    flag_value=False,
    default=True,
    help="Run nothing of the project, so compare neither its functions with a function spec nor a "
    "schema of others: for a pull request of somebody whom you do not trust.",
)
def command(
    spec: Path | None,
    project: Path | None,
    folders: tuple[Path, ...],
    output: str,
    *,
    verbose: bool,
    run_code: bool,
) -> None:
    """Compare the files of SPEC with the disk. Writes nothing.

    Prints a unified diff to what `generate` would write and ends with exit code 1 if files are
    changed, missing, stale or edited by hand, if a function spec of SPEC no longer says what the
    project's functions are, or if a schema of others is not what SPEC says. Both of these run the
    project's code. In a folder above projects, it checks each.
    """
    specs = find_specs(spec, project, folders)
    if output != "text":
        commands = {found: _generate_command(found, spec, project) for found in specs}
        _check_for_programs(commands, output, run_code=run_code)
        return
    is_good = True
    for found in specs:
        try:
            with locked(found.root, tell_waiting, shared=True):
                generation = compare_with_disk(found)
        except Refused:
            is_good = False
            continue
        if generation is not None and generation.differences:
            _report(generation, _generate_command(found, spec, project), verbose=verbose)
            is_good = False
            continue
        if changed := changed_functions(found, run_code=run_code):
            _report_functions(changed, _generate_command(found, spec, project))
            is_good = False
        schema = changed_schema(found, run_code=run_code)
        if schema.lines:
            _report_schema(schema)
            is_good = False
    if not is_good:
        raise SystemExit(1)
    click.echo("Up to date.")


def _check_for_programs(commands: Mapping[FoundSpec, str], output: str, *, run_code: bool) -> None:
    from convexgen.cli.findings import findings_of, other_schema, outdated_function_spec
    from convexgen.diagnostics.codes import Severity

    findings: list[Finding] = []
    is_good = True
    for found, generate in commands.items():
        try:
            with locked(found.root, tell_waiting, shared=True):
                generation = compare_with_disk(
                    found, lambda said: findings.extend(said.diagnostics)
                )
        except Refused:
            is_good = False
            continue
        if generation is not None and generation.differences:
            findings.extend(findings_of(generation.differences, generation.root, generate))
        else:
            path = shown(found.path)
            findings.extend(
                outdated_function_spec(one, path, generate)
                for one in changed_functions(found, run_code=run_code)
            )
            findings.extend(
                other_schema(one, path) for one in changed_schema(found, run_code=run_code).lines
            )
    click.echo(render_for_programs(output, findings), nl=False)
    if not is_good or any(one.severity is Severity.ERROR for one in findings):
        raise SystemExit(1)


def _report(generation: Generation, generate: str, *, verbose: bool) -> None:
    from convexgen.files.difference import unified_diff

    differences = generation.differences
    if verbose or len(differences) <= MOST_SHOWN:
        for one in differences:
            click.echo("".join(colored_diff(unified_diff(one))), nl=False)
        for one in differences:
            click.echo(f"{shown(generation.root / one.path)}: {one.drift.value}", err=True)
    else:
        for drift in dict.fromkeys(one.drift for one in differences):
            paths = [shown(generation.root / one.path) for one in differences if one.drift is drift]
            click.echo(f"{drift.value}: {counted(paths)}", err=True)
        click.echo("With -v, each is shown, with its difference.", err=True)
    for line in _advice(generation):
        click.echo(line, err=True)
    differ = "differs" if len(differences) == 1 else "differ"
    force = " --force" if any(one.is_edited for one in differences) else ""
    click.echo(f"{files(len(differences))} {differ}. Run `{generate}{force}`.", err=True)


def _report_functions(changed: Sequence[str], generate: str) -> None:
    click.echo("The function spec does not say what the functions are:", err=True)
    for line in changed:
        click.echo(f"  {line}", err=True)
    click.echo(f"Print it anew with `convexgen function-spec`, and run `{generate}`.", err=True)


def _report_schema(changed: SchemaChanges) -> None:
    click.echo("The schema is not what the spec says:", err=True)
    for line in changed.lines:
        click.echo(f"  {line}", err=True)
    if changed.differences:
        click.echo("Run `convexgen import`, which adds that to the spec, or mend either.", err=True)


def _advice(generation: Generation) -> Iterator[str]:
    """What to know about some ways to differ."""
    from convexgen.files.compare import Drift

    drifts = {one.drift for one in generation.differences}
    earlier = generation.earlier_formatters
    others = [name for name in earlier if earlier[name] != generation.formatters.get(name)]
    if others and Drift.CHANGED in drifts:
        yield (
            f"The files were laid out by {_versions(earlier, others)}, and this is "
            f"{_versions(generation.formatters, others)}."
        )
    if any(one.is_edited for one in generation.differences):
        yield "Move what you wrote to files of your own, since generated ones are written anew."
    if any(one.is_foreign for one in generation.differences):
        yield (
            "Move the files that convexgen did not write, or let the spec give its own another "
            "place."
        )
    if any(one.is_left for one in generation.differences):
        yield "What the manifest lists and convexgen did not write stays: its entry goes."
    if Drift.CONFLICT in drifts:
        yield (
            "Do not resolve conflicts in generated files: resolve those of the spec, generate, and "
            "`git add` what it wrote."
        )
    if Drift.REFORMATTED in drifts:
        yield (
            "A formatter rewrote generated files. Generate them again, and tell it to leave them "
            "alone, as docs/projects.md says."
        )


def _versions(formatters: Mapping[str, str], names: Iterable[str]) -> str:
    return " and ".join(f"{name} {formatters.get(name)}" for name in names)


def _generate_command(found: FoundSpec, spec: Path | None, project: Path | None) -> str:
    """The command that generates what was checked, from the same folder."""
    words = ["convexgen", "generate"]
    if project is not None:
        words += ["--project", project.as_posix()]
    elif spec is None and not Path.cwd().is_relative_to(resolved(found.root)):
        words += ["--project", found.root.as_posix()]
    if spec is not None:
        words.append(spec.as_posix())
    return shlex.join(words)
