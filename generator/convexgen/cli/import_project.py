"""Importing a project."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.imported_spec import (
    EarlierSpec,
    Place,
    earlier_spec,
    named_function_spec,
    write_imported,
)
from convexgen.cli.project import find_functions, spec_name
from convexgen.embedded import BackendFailed, read_loadable_functions, read_schema
from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS
from convexgen.files.function_specs import Described
from convexgen.files.reading import read_file

if TYPE_CHECKING:
    from convexgen.embedded import LoadableFunctions
    from convexgen.importing.exported import ExportedSchema
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted, Target

_SOURCES = frozenset({".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"})
_NOT_OF_PROJECT = frozenset({"node_modules", "_generated"})


@dataclass(frozen=True, slots=True)
class _Project:
    """A project that is imported."""

    root: Path
    functions: str
    """The folder of the functions in it."""

    @property
    def folder(self) -> Path:
        """The folder of the functions."""
        return self.root / self.functions

    @property
    def place(self) -> Place:
        """Where its spec is."""
        return Place(self.root, self.functions)

    @property
    def schema(self) -> str:
        """The file with the schema, as messages show it."""
        found = [name for name in ("schema.ts", "schema.js") if (self.folder / name).exists()]
        return f"{self.functions}/{(found or ['schema.ts'])[0]}"


def import_project(functions: Path | None, name: str | None) -> None:
    """Write a spec of the Convex project whose functions are in a folder, by default convex/."""
    project = _project(functions)
    _import(project, spec_name(name, project.root))


def _import(project: _Project, name: str) -> None:
    from convexgen.importing.comments import read_comments
    from convexgen.importing.exported import read_exported
    from convexgen.importing.keys import readings
    from convexgen.importing.project import Target, draft_spec

    with ThreadPoolExecutor(max_workers=1) as beside:
        # To read the functions takes as long as the schema, in a process of its own.
        printed = beside.submit(read_loadable_functions, project.root, functions=project.functions)
        read = read_schema(project.root, functions=project.functions)
        schema = read_exported(read.exported)
    earlier = earlier_spec(project.place, name)
    directory = earlier.directory if earlier is not None else f"{project.functions}/{name}"
    described = _described_functions(printed, directory, earlier)
    target = Target(
        name,
        directory,
        project.schema,
        named_function_spec(name, described, earlier),
        functions=project.place.named_functions,
    )
    comments = read_comments(read.sources.values())
    found = list(readings(_texts(project.folder, project.root / directory)))

    def drafts(known: Known) -> Drafted:
        return draft_spec(schema, comments, found, target, known)

    given = write_imported(project.place, schema, target, drafts, described, earlier)
    if earlier is None and schema.tables:
        click.echo(_next_steps(target, given))


def _project(functions: Path | None) -> _Project:
    if functions is None:
        root = find_functions(None, None)
        return _Project(root, configured_folder(root) or DEFAULT_FUNCTIONS)
    folder = functions.resolve()
    for above in folder.parents:
        named = configured_folder(above) if (above / CONVEX_JSON).exists() else None
        if named is not None and (above / named).resolve() == folder:
            return _Project(_from_here(above), named)
        if (above / "package.json").exists():
            return _Project(_from_here(above), folder.relative_to(above).as_posix())
    return _Project(_from_here(folder.parent), folder.name)


def _from_here(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _texts(folder: Path, generated: Path) -> list[str]:
    """The files with code, but those of packages and those that are generated."""
    texts: list[str] = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in _SOURCES or _NOT_OF_PROJECT & set(parts):
            continue
        if path.is_relative_to(generated) or not path.is_file():
            continue
        texts.append(read_file(path).decode("utf-8", "replace"))
    return texts


def _described_functions(
    read: Future[LoadableFunctions], generated: str, earlier: EarlierSpec | None
) -> list[Described]:
    """The functions of a project, without those of generated modules.

    Those that cannot be read now, and could be at an earlier import, are as they were then.
    """
    before = [] if earlier is None else [*earlier.described]
    try:
        found = read.result()
    except BackendFailed as error:
        what = "stay as they were" if before else "are left out"
        click.echo(f"The functions {what}, as they cannot be read: {error}", err=True)
        return before
    folder = PurePosixPath(generated).name
    kept = [one for one in before if _module(one) in map(_stem, found.left_out)]
    reasons: dict[tuple[str, bool], list[str]] = {}
    for module, reason in found.left_out.items():
        if not module.startswith(f"{folder}/"):
            is_kept = _stem(module) in map(_module, kept)
            reasons.setdefault((reason, is_kept), []).append(module)
    for (reason, is_kept), modules in reasons.items():
        what = "stay as they were" if is_kept else "are left out"
        they = "it cannot" if len(modules) == 1 else "they cannot"
        named = ", ".join(modules)
        click.echo(f"The functions of {named} {what}, as {they} be loaded: {reason}", err=True)
    own: list[Described] = [
        one
        for one in found.functions
        if not one.get("identifier", f"{folder}/").startswith(f"{folder}/")
    ]
    return sorted([*own, *kept], key=_module) if kept else own


def _module(function: Described) -> str:
    """The module that a function is in, without its ending."""
    return _stem(function["identifier"].partition(":")[0])


def _stem(file: str) -> str:
    return file.rpartition(".")[0] or file


def _next_steps(target: Target, given: ExportedSchema) -> str:
    from convexgen.reserved import UNFINISHED_TABLE

    folder = PurePosixPath(target.directory).name
    writes = any(table.name == UNFINISHED_TABLE for table in given.tables)
    needed = f""" It gets the one table that generated functions need:

    import {folder} from "./{folder}/schema";
    …
      {UNFINISHED_TABLE}: {folder}.tables.{UNFINISHED_TABLE},
"""
    return f"""
Next:
  convexgen generate      # writes {target.directory}/ and the clients
  {target.source} stays what Convex reads.{needed if writes else ""}
  `convexgen check` says where else it is not what the spec says. For the spec to give it, take
  `schema: theirs` out, and let that file be:

    export {{ default }} from "./{folder}/schema";"""
