"""The command `init`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import click

from convexgen.cli.project import CannotRun, shown
from convexgen.cli.roots import SPEC_FOLDER

_DEPENDENCIES = {"convex": "^1.48.0", "convex-test": "0.0.60"}


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What the first spec of a project prints."""

    name: str
    package: str
    is_beside: bool
    """Whether the project has functions already."""
    directory: str


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--name", help="Of the spec; by default that of the directory.")
def command(directory: Path, name: str | None) -> None:
    """Start a project in DIRECTORY, or add a spec to the Convex project that is there.

    Writes a small spec to edit. Leaves every file that is there as it is.
    """
    chosen = _identifier(name or directory.resolve().name)
    has_functions = (directory / "convex" / "schema.ts").exists()
    view = ProjectView(chosen, f"{chosen}_convex", has_functions, f"convex/{chosen}")
    has_package = (directory / "package.json").exists()
    files = _files(view)
    spec = directory / SPEC_FOLDER / f"{chosen}.yaml"
    if spec.exists():
        raise CannotRun(f"{shown(spec)} is there already. Name another with --name.")
    try:
        for path, text in files.items():
            target = directory / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
                click.echo(f"created {shown(target)}")
    except OSError as error:
        raise CannotRun(f"{error.filename} cannot be written: {error.strerror}") from error
    click.echo(_next_steps(directory, view, has_package=has_package))


def _identifier(name: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    return words if words[:1].isalpha() else f"app_{words}".rstrip("_")


def _files(view: ProjectView) -> dict[str, str]:
    from convexgen.rendering.templates import Templates
    from convexgen.spec.json_schema import spec_json_schema

    templates = Templates()
    files = {
        f"{SPEC_FOLDER}/{view.name}.yaml": templates.render("init/spec.yaml.jinja", view),
        # The first line of the spec names it.
        f"{SPEC_FOLDER}/convexgen.schema.json": spec_json_schema(),
        "package.json": _json(
            {"private": True, "type": "module", "devDependencies": _DEPENDENCIES}
        ),
    }
    if not view.is_beside:
        files["convex/tsconfig.json"] = templates.render("init/tsconfig.json.jinja", view)
    return files


def _json(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"


def _next_steps(directory: Path, view: ProjectView, *, has_package: bool) -> str:
    packages = " ".join(f"{name}@{version}" for name, version in _DEPENDENCIES.items())
    steps = [] if directory.resolve() == Path.cwd() else [f"cd {directory}"]
    steps += [f"edit {SPEC_FOLDER}/{view.name}.yaml", "convexgen generate"]
    if view.is_beside:
        steps.append(
            f'spread its tables in convex/schema.ts: import {view.name} from "./{view.name}/schema"'
            f" and defineSchema({{ ...{view.name}.tables, … }})"
        )
    steps.append(f"npm install --save-dev {packages}" if has_package else "npm install")
    steps.append("convexgen dev")
    return "Next:\n" + "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
