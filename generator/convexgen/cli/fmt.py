"""The command `fmt`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from convexgen.cli.loading import load
from convexgen.cli.options import inputs_option, project_option
from convexgen.cli.project import CannotRun, find_specs, read_spec, shown
from convexgen.cli.spec_files import own_files, tell, write_specs
from convexgen.source.parse import parse
from convexgen.spec.data import Data, to_data


@click.command("fmt")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@inputs_option
@click.option(
    "--check", "checks", is_flag=True, help="Write nothing; end with 1 if a file differs."
)
def command(
    spec: Path | None, project: Path | None, folders: tuple[Path, ...], *, checks: bool
) -> None:
    """Lay out the files of SPEC, a file or a folder, by default schema/.

    It changes spaces, quotes and where lines end; comments, order and all that the spec says stay.
    In a folder above projects, it is about each.
    """
    from convexgen.formatting.format import FormattingFailed, format_specs
    from convexgen.formatting.formatters import FormatterMissing

    differ: list[str] = []
    for found in find_specs(spec, project, folders):
        loaded = load(found, read_spec(found.path))
        before = {name: loaded.source.texts[name] for name in own_files(loaded)}
        # A file that cannot be read is a part that would be left out.
        is_whole = not any(one.code == "include" for one in loaded.diagnostics)
        if not is_whole or any(parse(text, name)[1] for name, text in before.items()):
            tell(loaded, found.root)
            raise SystemExit(1)
        try:
            after = format_specs({name: _plain(text) for name, text in before.items()})
        except (FormatterMissing, FormattingFailed) as error:
            raise CannotRun(str(error)) from error
        changed = {
            name: _with_ends_of(before[name], text)
            for name, text in after.items()
            if text != _plain(before[name])
        }
        _check_meaning(before, changed)
        differ.extend(shown(found.root / name) for name in changed)
        if not checks:
            write_specs(found, before, changed)
    for path in differ:
        click.echo(f"{path}: {'differs' if checks else 'laid out'}")
    if not differ:
        return
    if checks:
        click.echo("Run `convexgen fmt`.", err=True)
        raise SystemExit(1)
    # The manifest has the digest of what the files were.
    click.echo("Run `convexgen generate`.", err=True)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _with_ends_of(before: str, text: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in before else text


def _check_meaning(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raises CannotRun where a file would say something else."""
    for name, text in after.items():
        if _said(before[name], name) != _said(text, name):
            raise CannotRun(f"{name} would say something else when it is laid out: it stays.")


def _said(text: str, name: str) -> Data:
    root = parse(text, name)[0].root
    return None if root is None else to_data(root, [])
