"""What `generate` and `check` share: a spec rendered and compared with the disk."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convexgen.cli.crons_file import check_crons_file
from convexgen.cli.functions_folder import check_functions_folder
from convexgen.cli.project import CannotRun, FoundSpec, read_spec, unreadable
from convexgen.files.manifest import (
    Manifest,
    hash_inputs,
    hash_text,
    hash_tool,
    included_files,
    manifest_path,
    read_record,
)
from convexgen.files.memory import Memory, is_up_to_date, laid_out_before, recall, remember
from convexgen.files.ownership import Ownership, ownership
from convexgen.files.reading import read_file
from convexgen.formatting.formatters import FormatterMissing, formatter_versions

if TYPE_CHECKING:
    from convexgen.cli.loading import Problems
    from convexgen.files.compare import Difference
    from convexgen.frontend import Loaded
    from convexgen.model.system import System
    from convexgen.rendering.draft import Draft


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
    manifest: Manifest
    """What is to be written."""
    written: Mapping[str, frozenset[str]]
    """The hashes of what was written before, by the paths of the files."""
    formatters: Mapping[str, str]
    """The versions of those that lay the files out."""
    earlier_formatters: Mapping[str, str]
    """Of those that laid them out when they were written."""


def show_problems(problems: Problems) -> None:
    """Print what is wrong with a spec, for people."""
    from convexgen.diagnostics.painting import paint
    from convexgen.diagnostics.print_text import render_text

    text = render_text(problems.diagnostics, problems.texts, paint)
    click.echo(text, nl=False, err=True)


def tell_waiting() -> None:
    """Say why nothing happens: another command has the lock of the project."""
    click.echo("Another convexgen writes to this project: waiting for it.", err=True)


@contextmanager
def _uncollected() -> Generator[None]:
    """Puts off the search for garbage in cycles, of which a spec and its files have next to none.

    It would go through all of them again and again: a tenth of the time for a thousand entities.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
def compare_with_disk(
    found: FoundSpec, tell: Callable[[Problems], None] = show_problems
) -> Generation | None:
    """What differs; None where all is as this machine rendered it last.

    `tell` is called with the files that were read, and the errors and warnings. Raises Refused for
    a spec with errors, and for one that gives the same files as another; and CannotRun where files
    cannot be read, which may also have gone meanwhile.
    """
    try:
        return _compare_with_disk(found, tell)
    except OSError as error:
        raise unreadable(error) from error


def _compare_with_disk(found: FoundSpec, tell: Callable[[Problems], None]) -> Generation | None:
    root, spec = found.root, found.name
    content = read_spec(found.path)
    path = manifest_path(spec)
    formatters = _formatter_versions()
    memory = recall(root, spec)
    # Each once: somebody may save one meanwhile, and what is remembered is of what was loaded.
    tool, read = hash_tool(), cache(found.read_included)
    if memory is not None and is_up_to_date(
        root, read, memory, spec, content, found.beside, tool, formatters
    ):
        owned = ownership(root, spec, memory.included, memory.files, folders=found.folders)
        if not owned.overlaps and owned.manifests == [path]:
            check_functions_folder(root, memory.files)
            check_crons_file(root, memory.files)
            _tell_abandoned(owned)
            return None

    from convexgen.cli.overlaps import explain_overlaps
    from convexgen.files.compare import compare
    from convexgen.files.formatting import explain_formatting
    from convexgen.files.merging import explain_merges
    from convexgen.rendering.inputs import entity_inputs

    record = read_record(root, path)
    loaded, system = _loaded(found, content, read, tell)
    drafts = _rendered(system, spec)
    entities = entity_inputs(system, spec, tool)
    digests = _digests(drafts, entities, memory)
    laid_out = laid_out_before(root, memory, digests, formatters)
    rendered = _laid_out(spec, drafts, laid_out)
    included = _included(loaded, system)
    owned = ownership(root, spec, included, rendered, record, found.folders)
    if owned.overlaps:
        explain_overlaps(owned.overlaps, loaded)
        raise Refused
    check_functions_folder(root, rendered)
    check_crons_file(root, rendered)
    _tell_abandoned(owned)
    hashes = {name: hash_text(text) for name, text in rendered.items()}
    earlier = formatters if record is None else record.formatters
    # What other versions lay out the same is as good: the manifest goes on naming the earlier.
    is_same = record is not None and bool(earlier) and record.has_exactly(hashes)
    named = earlier if is_same else formatters
    # The manifest is one of the files: it is compared and written with them.
    manifest = Manifest(spec, included, named, hashes)
    rendered[path] = manifest.to_text().encode()
    differences = compare(root, rendered, owned.written, laid_out)
    # A formatter may have laid the manifest out otherwise.
    is_changed = any(one.path == path for one in differences)
    said = hash_text(rendered[path] if is_changed else read_file(root / path))
    inputs = hash_inputs(read, spec, content, included, tool)
    now = Memory(inputs, included, formatters, entities, digests, hashes, said)
    if now != memory:
        remember(root, spec, now)
    differences = explain_merges(root, owned.manifests, differences)
    differences = explain_formatting(differences)
    return Generation(
        root, len(rendered), differences, manifest, owned.written, formatters, earlier
    )


def _loaded(
    found: FoundSpec,
    content: bytes,
    read: Callable[[str], bytes],
    tell: Callable[[Problems], None],
) -> tuple[Loaded, System]:
    from convexgen.cli.loading import Problems, problems
    from convexgen.diagnostics.codes import Severity
    from convexgen.diagnostics.diagnostic import has_errors
    from convexgen.frontend import load_bytes

    loaded = load_bytes(content, found.name, read, found.beside)
    said = problems(loaded, found.root)
    graver = [one for one in said.diagnostics if one.severity is not Severity.NOTE]
    tell(Problems(graver, said.texts))
    if loaded.system is None or has_errors(loaded.diagnostics):
        raise Refused
    return loaded, loaded.system


def _included(loaded: Loaded, system: System) -> list[str]:
    """The files that the spec consists of, besides its own."""
    schemas = system.json_schemas
    copied = [module.file for module in system.copied_modules]
    of_clients = [module.file for code in system.client_code for module in code.copied]
    texts = [
        *loaded.source.texts,
        *(schemas.files if schemas else ()),
        *copied,
        *of_clients,
    ]
    return included_files(texts, loaded.source.name)


def _rendered(system: System, spec: str) -> dict[str, Draft]:
    from convexgen.json_schemas.files import SchemaError
    from convexgen.rendering.render import render

    try:
        return render(system, spec)
    except SchemaError as error:
        files = system.json_schemas.files if system.json_schemas else ()
        raise CannotRun(f"{', '.join(files)}: {error}") from error


def _digests(
    drafts: Mapping[str, Draft], entities: Mapping[str, str], memory: Memory | None
) -> dict[str, str]:
    """What tells drafts from others; of entities whose inputs are as before, none is rendered."""
    from convexgen.rendering.lay_out import digest

    if memory is None:
        return {path: digest(draft) for path, draft in drafts.items()}
    same = {name for name, inputs in entities.items() if memory.entities.get(name) == inputs}
    return {
        path: memory.drafts[path]
        if draft.entity in same and path in memory.drafts
        else digest(draft)
        for path, draft in drafts.items()
    }


def _laid_out(
    spec: str, drafts: Mapping[str, Draft], laid_out: Mapping[str, bytes]
) -> dict[str, bytes]:
    from convexgen.formatting.format import FormattingFailed
    from convexgen.rendering.lay_out import lay_out

    try:
        return lay_out(drafts, laid_out)
    except FormattingFailed as error:
        raise CannotRun(
            f"What the templates give for {spec} cannot be laid out, and nothing was written. "
            f"Please report this fault of convexgen, with the spec:\n{error}"
        ) from error
    except OSError as error:
        raise CannotRun(f"The formatters cannot run on temporary files: {error}") from error


def _formatter_versions() -> Mapping[str, str]:
    try:
        return formatter_versions()
    except FormatterMissing as error:
        raise CannotRun(str(error)) from error


def _tell_abandoned(owned: Ownership) -> None:
    for one in owned.abandoned:
        click.echo(
            f"{one.spec} is gone, or not in this repository, and {len(one.files)} files that it "
            f"gave are here, which {one.path} lists. Delete these and that, or bring the spec "
            "back.",
            err=True,
        )
