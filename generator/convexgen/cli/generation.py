"""What `generate` and `check` share: a spec rendered and compared with the disk."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.project import CannotRun, find_spec, read_included, read_spec
from convexgen.files.manifest import (
    Manifest,
    hash_bytes,
    hash_inputs,
    included_files,
    is_up_to_date,
    manifest_path,
    read_manifest,
)

if TYPE_CHECKING:
    from convexgen.files.compare import Difference


@dataclass(frozen=True, slots=True)
class Generation:
    """The files that differ from what a spec gives."""

    root: Path
    rendered: int
    differences: tuple[Difference, ...]


def compare_with_disk(argument: Path | None) -> Generation | None:
    """What differs; None where hashes alone say that nothing does.

    Ends the run with exit code 1 after printing what is wrong with the spec.
    """
    root = Path.cwd()
    found = find_spec(argument, root)
    path = found.path
    content = read_spec(path)
    spec = Path(os.path.relpath(path, root)).as_posix()
    beside = [Path(os.path.relpath(part, root)).as_posix() for part in found.parts]
    if is_up_to_date(root, spec, content, beside):
        return None

    from convexgen.diagnostics.codes import Severity
    from convexgen.diagnostics.diagnostic import has_errors
    from convexgen.diagnostics.painting import paint
    from convexgen.diagnostics.print_text import render_text
    from convexgen.files.compare import compare
    from convexgen.frontend import load_bytes
    from convexgen.json_schemas.files import SchemaError
    from convexgen.rendering.render import render

    loaded = load_bytes(content, spec, read_included, beside)
    shown = [one for one in loaded.diagnostics if one.severity is not Severity.NOTE]
    if shown:
        click.echo(render_text(shown, loaded.source.texts, paint), nl=False, err=True)
    if loaded.system is None or has_errors(loaded.diagnostics):
        sys.exit(1)
    try:
        rendered = dict(render(loaded.system, spec))
    except SchemaError as error:
        raise CannotRun(str(error)) from error
    hashes = {name: hash_bytes(text) for name, text in rendered.items()}
    own_path = manifest_path(spec)
    manifest = read_manifest(root / own_path)
    # The manifest is one of the files: it is compared and written with them.
    schemas = loaded.system.json_schemas
    texts = [*loaded.source.texts, *(schemas.files if schemas else ())]
    included = included_files(texts, spec)
    inputs = hash_inputs(root, spec, content, included)
    rendered[own_path] = Manifest(inputs, included, hashes).to_text().encode()
    try:
        differences = compare(root, rendered, _with_itself(manifest, root, own_path))
    except OSError as error:
        raise CannotRun(f"{error.filename} cannot be read: {error.strerror}") from error
    return Generation(root, len(rendered), differences)


def _with_itself(manifest: Manifest | None, root: Path, path: str) -> Manifest | None:
    """The manifest, listing its own file, which nobody edits by hand."""
    if manifest is None:
        return None
    return Manifest(
        manifest.inputs,
        manifest.included,
        {**manifest.files, path: hash_bytes((root / path).read_bytes())},
    )
