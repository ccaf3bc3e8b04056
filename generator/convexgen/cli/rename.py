"""The command `rename`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from convexgen.changes.diff import changes_between
from convexgen.cli.loading import load
from convexgen.cli.options import inputs_option, project_option
from convexgen.cli.project import CannotRun, FoundSpec, find_spec, read_spec, shown
from convexgen.cli.spec_files import tell, write_specs
from convexgen.formatting.format import format_specs_as_before
from convexgen.frontend import Loaded, load_bytes
from convexgen.model.system import System
from convexgen.renaming.rename import renamed
from convexgen.renaming.targets import CannotRename, find_target

_OTHERS = (
    *("entity-added", "entity-removed", "field-added", "field-removed", "required-field-added"),
    *("enum-value-added", "enum-value-removed", "index-added", "index-removed", "type-changed"),
)
"""Changes that no renaming is: where there is one, a name was missed."""


@click.command("rename")
@click.argument("old")
@click.argument("new")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@project_option
@inputs_option
def command(
    old: str, new: str, spec: Path | None, project: Path | None, folders: tuple[Path, ...]
) -> None:
    """Call OLD, a part of SPEC, NEW, wherever the spec names it.

    OLD is an entity, Company; a field or an index of one, Company.title; or a value of an enum,
    Stage.lead. It says renamedFrom there, for `convexgen diff`. Comments, order and layout stay.
    """
    found = find_spec(spec, project, folders)
    loaded = load(found, read_spec(found.path))
    if loaded.system is None:
        tell(loaded, found.root)
        raise SystemExit(1)
    try:
        target = find_target(old, loaded.system)
        given = renamed(target, new, loaded.source)
    except CannotRename as error:
        raise CannotRun(f"{error}.") from error
    texts = format_specs_as_before(loaded.source.texts, given)
    after = _loaded(found, texts)
    if after.system is None:
        tell(after, found.root)
        click.echo("Nothing was renamed.", err=True)
        raise SystemExit(1)
    # Of what is called again as it was before, the version before says so.
    missed = _missed(loaded.system, after.system)
    if missed and _missed(after.system, loaded.system):
        raise CannotRun(f"It would change more than a name: {missed[0]}. Nothing was renamed.")
    write_specs(found, loaded.source.texts, texts)
    for name in texts:
        click.echo(f"changed {shown(found.root / name)}")
    click.echo("Run `convexgen diff` to see who breaks, and `convexgen generate`.")


def _missed(before: System, after: System) -> list[str]:
    """What changes besides names."""
    return [one.message for one in changes_between(before, after) if one.code in _OTHERS]


def _loaded(found: FoundSpec, texts: Mapping[str, str]) -> Loaded:
    """The spec with other texts in place of those of some files."""
    inputs = _Replaced(found, texts)
    return load_bytes(inputs.read(found.name), found.name, inputs.read, found.beside)


@dataclass(frozen=True, slots=True)
class _Replaced:
    found: FoundSpec
    texts: Mapping[str, str]

    def read(self, name: str) -> bytes:
        """A file as it would be. Raises OSError."""
        if name in self.texts:
            return self.texts[name].encode()
        return (
            read_spec(self.found.path)
            if name == self.found.name
            else self.found.read_included(name)
        )
