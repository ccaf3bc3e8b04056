"""What `generate` and `check` share: a spec rendered and compared with the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.functions_folder import check_functions_folder
from convexgen.cli.project import CannotRun, FoundSpec, read_spec
from convexgen.files.manifest import (
    Manifest,
    hash_inputs,
    hash_text,
    included_files,
    is_up_to_date,
    manifest_path,
    read_record,
)
from convexgen.files.ownership import Ownership, ownership

if TYPE_CHECKING:
    from convexgen.cli.loading import Problems
    from convexgen.files.compare import Difference


class Refused(click.exceptions.Exit):
    """What a spec gives is not known; why is said. Ends a command with exit code 1."""

    def __init__(self) -> None:
        super().__init__(1)


@dataclass(frozen=True, slots=True)
class Generation:
    """The files that differ from what a spec gives."""

    root: Path
    rendered: int
    differences: tuple[Difference, ...]


def show_problems(problems: Problems) -> None:
    """Print what is wrong with a spec, for people."""
    from convexgen.diagnostics.painting import paint
    from convexgen.diagnostics.print_text import render_text

    text = render_text(problems.diagnostics, problems.texts, paint)
    click.echo(text, nl=False, err=True)


def compare_with_disk(
    found: FoundSpec, tell: Callable[[Problems], None] = show_problems
) -> Generation | None:
    """What differs; None where hashes alone say that nothing does.

    `tell` is called with the files that were read, and the errors and warnings. Raises Refused for
    a spec with errors, and for one that gives the same files as another.
    """
    root, spec = found.root, found.name
    content = read_spec(found.path)
    path = manifest_path(spec)
    if is_up_to_date(root, spec, content, found.beside):
        record = read_record(root, path)
        owned = ownership(root, spec, record.files if record else ())
        if not owned.overlaps and owned.manifests == [path]:
            check_functions_folder(root, record.files if record else ())
            _tell_abandoned(owned)
            return None

    from convexgen.cli.loading import Problems, load, problems
    from convexgen.cli.overlaps import explain_overlaps
    from convexgen.diagnostics.codes import Severity
    from convexgen.diagnostics.diagnostic import has_errors
    from convexgen.files.compare import compare
    from convexgen.files.merging import explain_merges
    from convexgen.json_schemas.files import SchemaError
    from convexgen.rendering.render import render

    loaded = load(found, content)
    said = problems(loaded, root)
    graver = [one for one in said.diagnostics if one.severity is not Severity.NOTE]
    tell(Problems(graver, said.texts))
    if loaded.system is None or has_errors(loaded.diagnostics):
        raise Refused
    try:
        rendered = dict(render(loaded.system, spec))
    except SchemaError as error:
        raise CannotRun(str(error)) from error
    owned = ownership(root, spec, rendered)
    if owned.overlaps:
        explain_overlaps(owned.overlaps, loaded)
        raise Refused
    check_functions_folder(root, rendered)
    _tell_abandoned(owned)
    hashes = {name: hash_text(text) for name, text in rendered.items()}
    schemas = loaded.system.json_schemas
    texts = [*loaded.source.texts, *(schemas.files if schemas else ())]
    included = included_files(texts, spec)
    inputs = hash_inputs(root, spec, content, included)
    # The manifest is one of the files: it is compared and written with them.
    rendered[path] = Manifest(spec, inputs, included, hashes).to_text().encode()
    try:
        differences = compare(root, rendered, owned.written)
    except OSError as error:
        raise CannotRun(f"{error.filename} cannot be read: {error.strerror}") from error
    return Generation(root, len(rendered), explain_merges(root, owned.manifests, differences))


def _tell_abandoned(owned: Ownership) -> None:
    for one in owned.abandoned:
        click.echo(
            f"{one.spec} is gone, and {len(one.files)} files that it gave are here, which "
            f"{one.path} lists. Delete these and that, or bring the spec back.",
            err=True,
        )
