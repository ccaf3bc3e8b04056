"""The command `import`."""

from __future__ import annotations

import json
import re
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.generation import Refused, show_problems
from convexgen.cli.project import (
    CannotRun,
    find_functions,
    find_spec,
    read_spec,
    shown,
    unwritable,
)
from convexgen.cli.roots import SPEC_FOLDER
from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec, read_schema
from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS
from convexgen.files.function_specs import Described
from convexgen.files.reading import read_file
from convexgen.files.staging import replace_file

if TYPE_CHECKING:
    from convexgen.frontend import Loaded
    from convexgen.importing.exported import ExportedSchema
    from convexgen.importing.merging import Earlier
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted, Target
    from convexgen.model.system import System

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
    def schema(self) -> str:
        """The file with the schema, as messages show it."""
        found = [name for name in ("schema.ts", "schema.js") if (self.folder / name).exists()]
        return f"{self.functions}/{(found or ['schema.ts'])[0]}"


@click.command("import")
@click.argument(
    "functions", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--name", help="Of the spec; by default that of the project's folder.")
def command(functions: Path | None, name: str | None) -> None:
    """Write a spec of the Convex project whose functions are in FUNCTIONS, by default convex/.

    Runs the schema.ts that is there, changes no file of the project, and proves the spec: what it
    gives is compared with what is there, and each difference said. Ends with exit code 1 if there
    is one, or if the language cannot say all of it. Where the spec is there already, what has
    changed in the schema since is added to it, and all else in it stays.
    """
    project = _project(functions)
    chosen = _identifier(name or project.root.resolve().name)
    if DEFAULT_FUNCTIONS not in project.functions.split("/"):
        raise CannotRun(
            f"The functions are in {project.functions}/, and what is generated can stand beside "
            f"them only in a folder called {DEFAULT_FUNCTIONS}: call it so, in {CONVEX_JSON} too."
        )
    try:
        _import(project, chosen)
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise unwritable(error) from error


def _import(project: _Project, name: str) -> None:
    from convexgen.cli.loading import problems
    from convexgen.diagnostics.codes import is_advice
    from convexgen.importing.comments import read_comments
    from convexgen.importing.comparing import differences
    from convexgen.importing.exported import read_exported
    from convexgen.importing.keys import readings
    from convexgen.importing.merging import merge
    from convexgen.importing.names import Known
    from convexgen.importing.project import Target, draft_spec

    with ThreadPoolExecutor(max_workers=1) as beside:
        # To read the functions takes as long as the schema, in a process of its own.
        printed = beside.submit(read_function_spec, project.root, functions=project.functions)
        read = read_schema(project.root, functions=project.functions)
        schema = read_exported(read.exported)
    spec = project.root / SPEC_FOLDER / f"{name}.yaml"
    earlier = _earlier(project, spec) if spec.exists() else None
    directory = earlier.directory if earlier is not None else f"{project.functions}/{name}"
    described = _described_functions(printed, directory)
    if not schema.tables and not described:
        raise CannotRun(
            f"{project.schema} has no tables, and no functions were found beside it: a spec would "
            "say nothing."
        )
    target = Target(
        name,
        directory,
        project.schema,
        f"{name}.functions.json" if described else None,
    )
    known = Known() if earlier is None else earlier.names
    comments = read_comments(read.sources.values())
    found = list(readings(_texts(project.folder, directory)))
    drafted = draft_spec(schema, comments, found, target, known)
    if earlier is None:
        described, loaded = _without_refused(drafted.text({}), target, described)
        while taken := _taken(loaded) - known.taken:
            known = replace(known, taken=known.taken | taken)
            drafted = draft_spec(schema, comments, found, target, known)
            loaded = _loaded(drafted.text({}), target, described)
        # Nobody has written what advice would be about.
        advice = sorted({one.code for one in loaded.diagnostics if is_advice(one.code)})
        text = drafted.text(dict.fromkeys(advice, "off"))
    else:
        for change in differences(earlier.spec.schema, schema):
            click.echo(change)
        text = merge(earlier.spec, schema, drafted)
        described, _ = _without_refused(text, target, described)
    _write(spec, text, target, described)
    click.echo(_summary(drafted, described))
    loaded = _loaded(text, target, described)
    if loaded.system is None:
        show_problems(problems(loaded, project.root))
        raise Refused
    _prove(schema, read_exported(_given(project, loaded.system)))
    if earlier is None:
        click.echo(_next_steps(target))


def _prove(schema: ExportedSchema, given: ExportedSchema) -> None:
    """Says that what a spec gives is the schema that is there. Raises Refused where it is not."""
    from convexgen.importing.comparing import differences

    unequal = list(differences(schema, given))
    if unequal:
        for one in unequal:
            click.echo(one, err=True)
        said = _counted(len(unequal), "difference")
        click.echo(f"The spec does not give the same schema: {said}.", err=True)
        raise Refused
    click.echo("The spec gives the same schema.")


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A spec that is there, to which what has changed is added."""

    spec: Earlier
    names: Known
    directory: str


def _earlier(project: _Project, path: Path) -> _Earlier:
    """The spec of an earlier import. Raises Refused where it has errors."""
    from convexgen.cli.loading import load, problems
    from convexgen.importing.exported import read_exported
    from convexgen.importing.merging import Earlier, known_names
    from convexgen.source.parse import parse

    found = find_spec(path, project.root)
    content = read_spec(path)
    loaded = load(found, content)
    if loaded.system is None:
        show_problems(problems(loaded, project.root))
        raise Refused
    text = content.decode("utf-8-sig")
    source, _ = parse(text, found.name)
    assert source.root is not None
    earlier = Earlier(
        text,
        source.root,
        {entity.table: entity.name for entity in loaded.system.entities},
        read_exported(_given(project, loaded.system)),
    )
    return _Earlier(earlier, known_names(earlier), loaded.system.convex.directory)


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


def _identifier(name: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    return words if words[:1].isalpha() else f"app_{words}".rstrip("_")


def _texts(folder: Path, generated: str) -> list[str]:
    """The files with code, but those of packages and those that are generated."""
    texts: list[str] = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in _SOURCES or _NOT_OF_PROJECT & set(parts):
            continue
        if path.is_relative_to(folder.parent / generated) or not path.is_file():
            continue
        texts.append(read_file(path).decode("utf-8", "replace"))
    return texts


def _described_functions(printed: Future[str], generated: str) -> list[Described]:
    """The functions of a project, without those of generated modules."""
    try:
        functions = json.loads(printed.result())["functions"]
    except BackendFailed as error:
        click.echo(f"The functions are left out, as they cannot be read: {error}", err=True)
        return []
    folder = PurePosixPath(generated).name
    return [
        one for one in functions if not one.get("identifier", f"{folder}/").startswith(f"{folder}/")
    ]


def _without_refused(
    text: str, target: Target, described: Sequence[Described]
) -> tuple[list[Described], Loaded]:
    """The functions that the language can say, and the spec with them; of others it is said why."""
    from convexgen.diagnostics.codes import Severity

    kept = list(described)
    while True:
        loaded = _loaded(text, target, kept)
        name = f"{SPEC_FOLDER}/{target.function_spec}"
        refused = {
            one.span.start.line: one.message
            for one in loaded.diagnostics
            if one.severity is Severity.ERROR and one.span.file == name
        }
        lines = _function_spec(kept).splitlines()
        starts = [number for number, line in enumerate(lines, 1) if line == _FUNCTION]
        left_out = {bisect_right(starts, line) - 1: said for line, said in refused.items()}
        if not left_out.keys() & set(range(len(kept))):
            return kept, loaded
        for position, said in sorted(left_out.items()):
            click.echo(f"{kept[position]['identifier']} is left out: {said}", err=True)
        kept = [one for position, one in enumerate(kept) if position not in left_out]


def _taken(loaded: Loaded) -> frozenset[str]:
    """The names of entities, enums and objects that something else has already.

    Where the name of the class of a field is taken, it is the other one that is to give way.
    """
    lines = loaded.source.texts[loaded.source.name].splitlines()
    names: set[str] = set()
    for one in loaded.diagnostics:
        spans = (one.span, *(note.span for note in one.related))
        if one.code not in {"colliding-name", "reserved-name"} or any(
            span.file != loaded.source.name for span in spans
        ):
            continue
        line = lines[one.span.start.line - 1]
        owners = [_declaration(lines, span.start.line) for span in spans]
        if _DECLARED.match(line):
            names.update(owners[:1])
        elif len(set(owners)) > 1 and not _TABLE.match(line):
            names.update(owners[1:])
    return frozenset(names - {""})


def _declaration(lines: Sequence[str], number: int) -> str:
    """The entity, enum or object that a line is part of."""
    above = (_DECLARED.match(line) for line in reversed(lines[:number]))
    return next((found.group(1) for found in above if found is not None), "")


_DECLARED = re.compile(r"  ([A-Za-z]\w*):")
_TABLE = re.compile(r"    table:")
_FUNCTION = "    {"
"""The line with which a function starts in a function spec."""


def _function_spec(functions: Sequence[Described]) -> str:
    return json.dumps({"functions": functions}, indent=2) + "\n"


def _loaded(text: str, target: Target, described: Sequence[Described]) -> Loaded:
    from convexgen.frontend import load_system

    def read(name: str) -> bytes:
        if name == f"{SPEC_FOLDER}/{target.function_spec}":
            return _function_spec(described).encode()
        raise FileNotFoundError(2, "No such file", name)

    return load_system(text, f"{SPEC_FOLDER}/{target.name}.yaml", read)


def _write(spec: Path, text: str, target: Target, described: Sequence[Described]) -> None:
    from convexgen.spec.json_schema import spec_json_schema

    spec.parent.mkdir(parents=True, exist_ok=True)
    files = {spec: text, spec.with_name("convexgen.schema.json"): spec_json_schema()}
    if target.function_spec is not None:
        files[spec.with_name(target.function_spec)] = _function_spec(described)
    for path, content in files.items():
        verb = "updated" if path.exists() else "created"
        if verb == "created" or read_file(path) != content.encode():
            replace_file(path, content.encode())
            click.echo(f"{verb} {shown(path)}")


def _given(project: _Project, system: System) -> dict[str, object]:
    """What the schema that the spec gives exports."""
    from convexgen.rendering.convex import render_schema

    with tempfile.TemporaryDirectory(prefix="convexgen-") as made:
        scratch = Path(made).resolve() / "schema.ts"
        scratch.write_text(render_schema(system), encoding="utf-8", newline="\n")
        read = read_schema(project.root, functions=project.functions, schema=scratch)
    return read.exported


def _summary(drafted: Drafted, described: Sequence[Described]) -> str:
    said = [_counted(len(drafted.entities), "table"), f"{drafted.keyed} with a key"]
    if drafted.notes:
        said.append(f"{len(drafted.notes)} with a comment about one")
    if described:
        said.append(_counted(len(described), "function"))
    return f"{drafted.target.source}: {', '.join(said)}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _next_steps(target: Target) -> str:
    from convexgen.reserved import UNFINISHED_TABLE

    folder = PurePosixPath(target.directory).name
    return f"""
Next:
  convexgen generate      # writes {target.directory}/ and the clients
  {target.source} stays what Convex reads. It gets the one table that generated functions need:

    import {folder} from "./{folder}/schema";
    …
      {UNFINISHED_TABLE}: {folder}.tables.{UNFINISHED_TABLE},

  `convexgen check --run-code` says where else it is not what the spec says. For the spec to give
  it, take `schema: theirs` out, and let that file be:

    export {{ default }} from "./{folder}/schema";"""
