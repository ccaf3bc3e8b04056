"""The command `init`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from convexgen.cli.functions_folder import configured_folder
from convexgen.cli.generation import tell_waiting
from convexgen.cli.next_steps import NewSpec, next_steps
from convexgen.cli.project import CannotRun, FoundSpec, read_spec, shown, spec_name, unwritable
from convexgen.cli.roots import SPEC_FOLDER, from_here, root_above
from convexgen.files.compare import is_headed
from convexgen.files.convex_json import DEFAULT_FUNCTIONS
from convexgen.files.lock import locked
from convexgen.files.parts import has_name, is_only_part, is_part, yaml_files
from convexgen.files.reading import read_file
from convexgen.files.staging import remove_leftovers, replace_files
from convexgen.guards import is_mapping

NODE_PACKAGES = {"convex": "^1.49.0", "convex-test": "0.0.70"}


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--name", help="Of the spec; by default that of the directory.")
def command(directory: Path, name: str | None) -> None:
    """Start a project in DIRECTORY, or add a spec to the Convex project that is there.

    Writes a small spec to edit. Leaves every file that is there as it is.
    """
    _refuse_within_another(directory)
    chosen = spec_name(name, directory)
    functions = configured_folder(directory) or DEFAULT_FUNCTIONS
    others = _specs_in(directory / SPEC_FOLDER)
    beside, below = f"{chosen}.yaml", f"{chosen}/{chosen}.yaml"
    for spec in (directory / SPEC_FOLDER / name for name in (beside, below)):
        if spec.exists():
            raise CannotRun(
                f"{shown(spec)} is there already, and nothing was written. Edit that, or name "
                "another with --name."
            )
    schema = directory / functions / "schema.ts"
    is_own = schema.exists() and not _is_generated(schema)
    at_top = [] if is_own else [one for one in others if not _is_below(directory, one)]
    if at_top:
        raise CannotRun(_not_beside(at_top[0], functions))
    has_functions = schema.exists() or bool(others)
    view = NewSpec(
        chosen,
        f"{chosen}_convex",
        has_functions,
        functions,
        f"{functions}/{chosen}" if has_functions else functions,
        # Right in the folder, it would be a second one there: commands ask which one is meant.
        f"{SPEC_FOLDER}/{below if others else beside}",
        is_second=bool(others),
        is_schema_own=is_own or not others,
    )
    packages = _lacking_packages(directory / "package.json")
    files = _files(view)
    created = [path for path in files if not os.path.lexists(directory / path)]
    try:
        for path in files:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
        with locked(directory, tell_waiting):
            remove_leftovers({(directory / path).parent for path in files})
            # The spec comes last: where that ends in between, the next one writes the rest.
            created.sort(key=lambda path: path == view.file)
            replace_files({directory / path: files[path].encode() for path in created})
    except OSError as error:
        raise unwritable(error) from error
    for path in created:
        click.echo(f"created {shown(directory / path)}")
    click.echo(next_steps(directory, view, packages))


def _lacking_packages(path: Path) -> list[str]:
    """What a package.json that is there lacks, as npm takes it.

    What it has is not named: `npm install --save-dev` would move that out of what is installed in
    production.
    """
    try:
        content: object = json.loads(read_file(path))
    except FileNotFoundError:
        return []  # it is written, with all of them
    except (OSError, ValueError, RecursionError):
        content = None  # npm says what is wrong with it
    manifest = content if is_mapping(content) else {}
    found = (manifest.get(kind) for kind in ("dependencies", "devDependencies"))
    declared = {name for names in found if is_mapping(names) for name in names}
    return [f"{name}@{wanted}" for name, wanted in NODE_PACKAGES.items() if name not in declared]


def _refuse_within_another(directory: Path) -> None:
    """A folder of a project that it belongs to is no place for a second one; beside them is."""
    folder = directory.resolve()
    root = root_above(folder.parent)
    if root is None:
        return
    for own in (SPEC_FOLDER, configured_folder(root) or DEFAULT_FUNCTIONS):
        if folder.is_relative_to(root / own):
            raise CannotRun(
                f"{shown(directory)} is in {own}/ of a project, and nothing was written. Run init "
                f"in {shown(from_here(root))}, which adds a spec to it."
            )


def _specs_in(folder: Path) -> list[Path]:
    found = yaml_files(folder) if folder.is_dir() else []
    return [path for path in found if has_name(text := read_spec(path)) and is_part(text)]


def _is_below(root: Path, spec: Path) -> bool:
    """Whether a spec says that its functions are in a folder below the root of all functions."""
    from convexgen.cli.loading import load

    parts = [path for path in yaml_files(spec.parent) if is_only_part(read_file(path))]
    system = load(FoundSpec(root, spec, tuple(parts)), read_spec(spec)).system
    return system is not None and system.convex.path != ()


def _is_generated(path: Path) -> bool:
    return is_headed(read_file(path))


def _not_beside(other: Path, functions: str) -> str:
    """Why there is no place for a second spec, and what to do."""
    return (
        f"{shown(other)} is a spec already, {functions}/ is its folder, and nothing was written. "
        "Add entities to it, or files beside it. For a spec of its own, give "
        f"{shown(other)} a folder below, such as convex: {{directory: {functions}/{other.stem}}}, "
        "and run this again."
    )


def _files(view: NewSpec) -> dict[str, str]:
    from convexgen.rendering.templates import shipped_templates
    from convexgen.spec.json_schema import spec_json_schema

    templates = shipped_templates()
    files = {
        view.file: templates.render("init/spec.yaml.jinja", view),
        # The first line of the spec names it.
        f"{SPEC_FOLDER}/convexgen.schema.json": spec_json_schema(),
        ".gitignore": templates.render("init/gitignore.jinja", view),
        ".gitattributes": templates.render("init/gitattributes.jinja", view),
        ".prettierignore": templates.render("init/prettierignore.jinja", view),
        "package.json": _json(
            {"private": True, "type": "module", "devDependencies": NODE_PACKAGES}
        ),
    }
    if not view.is_beside:
        files[f"{view.functions}/tsconfig.json"] = templates.render(
            "init/tsconfig.json.jinja", view
        )
    return files


def _json(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"
