"""The command `import`."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.generation import Refused, show_problems
from convexgen.cli.project import CannotRun, find_functions, shown, unwritable
from convexgen.cli.roots import SPEC_FOLDER
from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec, read_schema
from convexgen.files.convex_json import CONVEX_JSON, DEFAULT_FUNCTIONS
from convexgen.files.reading import read_file
from convexgen.files.staging import replace_file

if TYPE_CHECKING:
    from convexgen.frontend import Loaded
    from convexgen.importing.comments import Comments
    from convexgen.importing.exported import ExportedSchema
    from convexgen.importing.keys import Reading
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


@click.command("import")
@click.argument(
    "functions", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--name", help="Of the spec; by default that of the project's folder.")
def command(functions: Path | None, name: str | None) -> None:
    """Write a spec of the Convex project whose functions are in FUNCTIONS, by default convex/.

    Runs the schema.ts that is there, changes no file of the project, and proves the spec: what it
    gives is compared with what is there, and each difference said. Ends with exit code 1 if there
    is one, or if the language cannot say all of it.
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
    from convexgen.importing.comments import read_comments
    from convexgen.importing.comparing import differences
    from convexgen.importing.exported import read_exported
    from convexgen.importing.keys import readings
    from convexgen.importing.project import Target

    read = read_schema(project.root, functions=project.functions)
    schema = read_exported(read.exported)
    directory = f"{project.functions}/{name}"
    described = _described_functions(project, directory)
    target = Target(
        name,
        directory,
        shown(
            project.folder
            / ("schema.ts" if (project.folder / "schema.ts").exists() else "schema.js")
        ),
        None if described is None else f"{name}.functions.json",
    )
    spec = project.root / SPEC_FOLDER / f"{name}.yaml"
    if spec.exists():
        raise CannotRun(f"{shown(spec)} is there already. Move it, or give another --name.")
    found = list(readings(_texts(project.folder, directory)))
    comments = read_comments(read.sources.values())
    drafted, loaded = _draft(schema, comments, found, target, described)
    _write(spec, drafted.text, target, described)
    _say_what(drafted, described, target)
    if loaded.system is None:
        show_problems(problems(loaded, project.root))
        raise Refused
    given = read_exported(_given(project, loaded.system, loaded.source.name))
    found_differences = list(differences(schema, given))
    for one in found_differences:
        click.echo(one, err=True)
    if found_differences:
        click.echo(
            f"The spec does not give the same schema: {len(found_differences)} differences.",
            err=True,
        )
        raise Refused
    click.echo("The spec gives the same schema.")
    click.echo(_next_steps(target))


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


def _described_functions(project: _Project, generated: str) -> str | None:
    """The function spec of the project, without generated modules; None if it cannot be read."""
    try:
        printed = read_function_spec(project.root, functions=project.functions)
    except BackendFailed as error:
        click.echo(f"The functions are left out, as they cannot be read: {error}", err=True)
        return None
    folder = PurePosixPath(generated).name
    functions = [
        one
        for one in json.loads(printed)["functions"]
        if not str(one.get("identifier", "")).startswith(f"{folder}/")
    ]
    if not any("identifier" in one for one in functions):
        return None
    return json.dumps({"functions": functions}, indent=2) + "\n"


def _draft(
    schema: ExportedSchema,
    comments: Comments,
    found: Sequence[Reading],
    target: Target,
    described: str | None,
) -> tuple[Drafted, Loaded]:
    """The spec, in which advice that it would get is turned off: its author did not write it."""
    from convexgen.diagnostics.codes import is_advice
    from convexgen.importing.project import draft_spec

    drafted = draft_spec(schema, comments, found, target, {})
    loaded = _loaded(drafted, target, described)
    advice = sorted({one.code for one in loaded.diagnostics if is_advice(one.code)})
    if not advice:
        return drafted, loaded
    drafted = draft_spec(schema, comments, found, target, dict.fromkeys(advice, "off"))
    return drafted, _loaded(drafted, target, described)


def _loaded(drafted: Drafted, target: Target, described: str | None) -> Loaded:
    from convexgen.frontend import load_system

    def read(name: str) -> bytes:
        if described is None or name != f"{SPEC_FOLDER}/{target.function_spec}":
            raise FileNotFoundError(2, "No such file", name)
        return described.encode()

    return load_system(drafted.text, f"{SPEC_FOLDER}/{target.name}.yaml", read)


def _write(spec: Path, text: str, target: Target, described: str | None) -> None:
    from convexgen.spec.json_schema import spec_json_schema

    spec.parent.mkdir(parents=True, exist_ok=True)
    files = {spec: text, spec.with_name("convexgen.schema.json"): spec_json_schema()}
    if described is not None and target.function_spec is not None:
        files[spec.with_name(target.function_spec)] = described
    for path, content in files.items():
        verb = "updated" if path.exists() else "created"
        if verb == "created" or read_file(path) != content.encode():
            replace_file(path, content.encode())
            click.echo(f"{verb} {shown(path)}")


def _given(project: _Project, system: System, spec: str) -> dict[str, object]:
    """What the schema that the spec gives exports."""
    from convexgen.rendering.render import render

    path = f"{system.convex.directory}/schema.ts"
    with tempfile.TemporaryDirectory(prefix="convexgen-") as made:
        scratch = Path(made).resolve() / "schema.ts"
        scratch.write_text(render(system, spec)[path].text, encoding="utf-8", newline="\n")
        read = read_schema(project.root, functions=project.functions, schema=scratch)
    return read.exported


def _say_what(drafted: Drafted, described: str | None, target: Target) -> None:
    said = [_counted(drafted.entities, "table"), f"{drafted.keyed} with a key"]
    if drafted.advised:
        said.append(f"{drafted.advised} with a comment about one")
    if described is not None:
        said.append(_counted(described.count('"identifier"'), "function"))
    click.echo(f"{target.source}: {', '.join(said)}.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _next_steps(target: Target) -> str:
    folder = PurePosixPath(target.directory).name
    return f"""
Next:
  convexgen generate      # writes {target.directory}/ and the clients
  {target.source} stays the schema that Convex reads. For the spec to say it, let that file be:

    export {{ default }} from "./{folder}/schema";"""
