"""The files of a spec, which some commands change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from convexgen.cli.generation import tell_waiting
from convexgen.cli.loading import Problems, problems
from convexgen.cli.project import CannotRun, FoundSpec, shown, unwritable
from convexgen.diagnostics.painting import paint
from convexgen.diagnostics.print_text import render_text
from convexgen.files.lock import locked
from convexgen.files.parts import YAML_SUFFIXES
from convexgen.files.reading import read_file
from convexgen.files.staging import remove_unheld_leftovers, replace_files
from convexgen.frontend import Loaded
from convexgen.packs import PACK


def own_files(loaded: Loaded) -> Iterator[str]:
    """The files of YAML that somebody may change: those of packs are the tool's."""
    for name in loaded.source.texts:
        if not name.startswith(PACK) and Path(name).suffix in YAML_SUFFIXES:
            yield name


def write_specs(found: FoundSpec, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Write the files that change, with the ends of lines that they had.

    Raises CannotRun where one has changed meanwhile, or cannot be written.
    """
    try:
        with locked(found.root, tell_waiting):
            remove_unheld_leftovers({(found.root / name).parent for name in after})
            replace_files(dict(_contents(found.root, before, after)))
    except OSError as error:
        raise unwritable(error) from error


def _contents(
    root: Path, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[Path, bytes]]:
    for name, text in after.items():
        path = root / name
        content = read_file(path)
        if content.decode("utf-8-sig") != before[name]:
            raise CannotRun(f"{shown(path)} has changed meanwhile: run it again.")
        mark = content[: len(content) - len(content.removeprefix(b"\xef\xbb\xbf"))]
        yield path, mark + text.encode()


def tell(loaded: Loaded, root: Path) -> None:
    """Print what is wrong with a spec."""
    said: Problems = problems(loaded, root)
    click.echo(render_text(said.diagnostics, said.texts, paint), nl=False, err=True)
