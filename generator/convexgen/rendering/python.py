"""The files of the Python package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import convexgen
from convexgen.json_schemas.definitions import Definitions
from convexgen.model.classes import class_names
from convexgen.model.system import System
from convexgen.model.targets import PythonTarget
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.templates import Templates
from convexgen.views.python.distribution import view_distribution
from convexgen.views.python.entity import view_entity
from convexgen.views.python.functions import view_functions
from convexgen.views.python.json_schemas import view_json_schemas
from convexgen.views.python.models import view_enums, view_objects
from convexgen.views.python.storage import (
    entity_module,
    view_ids,
    view_package,
    view_storage,
    view_system,
)

_RUNTIME = Path(convexgen.__file__).parent / "runtime"


def render_python(
    system: System, definitions: Definitions | None, line: str, templates: Templates
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the package; `definitions` of JSON Schemas.

    The `line` says where they come from.
    """
    taken = class_names(system)
    header = templates.render("python/header.py.jinja", line).rstrip()

    def module(template: str, view: object) -> Draft:
        return Draft(templates.render(f"python/{template}", view), header)

    files = {
        "__init__.py": module("package.py.jinja", view_package(system, taken)),
        "_storage.py": module("storage.py.jinja", view_storage(system)),
        "py.typed": Draft(""),
        "ruff.toml": Draft(templates.render("python/ruff.toml.jinja", line)),
    }
    if system.entities:
        files["_ids.py"] = module("ids.py.jinja", view_ids(system))
        files["_system.py"] = module("system.py.jinja", view_system(system.convex))
    for path, shapes in (
        ("_enums.py", view_enums(system, taken)),
        ("_objects.py", view_objects(system, taken)),
    ):
        if shapes is not None:
            files[path] = module("shapes.py.jinja", shapes)
    functions = view_functions(system, taken)
    if functions is not None:
        files["_functions.py"] = module("functions.py.jinja", functions)
    if definitions is not None:
        files["json_schemas.py"] = module("json_schemas.py.jinja", view_json_schemas(definitions))
    for entity in system.entities:
        view = view_entity(entity, system, taken)
        files[f"{entity_module(entity)}.py"] = module("entity.py.jinja", view)
    for copied in sorted(_RUNTIME.glob("*.py")):
        files[f"_runtime/{copied.name}"] = copy(copied, header)
    return files


def render_distribution(
    target: PythonTarget, line: str, templates: Templates
) -> Mapping[str, Draft]:
    """The files beside the package that make it one to install, if it is.

    The `line` says where they come from.
    """
    if not target.is_installable:
        return {}
    text = templates.render("python/pyproject.toml.jinja", view_distribution(target, line))
    return {"pyproject.toml": Draft(text)}
