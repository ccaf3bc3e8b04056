"""The files of the Python package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import convexgen
from convexgen.json_schemas.definitions import Definitions
from convexgen.model.classes import class_names
from convexgen.model.system import PythonTarget, System
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
) -> Mapping[str, str]:
    """The files, by their path below the folder of the package; `definitions` of JSON Schemas.

    The `line` says where they come from.
    """
    taken = class_names(system)
    header = templates.render("python/header.py.jinja", line).rstrip()
    files = {
        "__init__.py": templates.render(
            "python/package.py.jinja", view_package(system, header, taken)
        ),
        "_storage.py": templates.render("python/storage.py.jinja", view_storage(system, header)),
        "py.typed": "",
        "ruff.toml": templates.render("python/ruff.toml.jinja", line),
    }
    if system.entities:
        files["_ids.py"] = templates.render("python/ids.py.jinja", view_ids(system, header))
        files["_system.py"] = templates.render(
            "python/system.py.jinja", view_system(system.convex, header)
        )
    for path, shapes in (
        ("_enums.py", view_enums(system, header, taken)),
        ("_objects.py", view_objects(system, header, taken)),
    ):
        if shapes is not None:
            files[path] = templates.render("python/shapes.py.jinja", shapes)
    functions = view_functions(system, header, taken)
    if functions is not None:
        files["_functions.py"] = templates.render("python/functions.py.jinja", functions)
    if definitions is not None:
        files["json_schemas.py"] = templates.render(
            "python/json_schemas.py.jinja", view_json_schemas(definitions, header)
        )
    for entity in system.entities:
        view = view_entity(entity, system, header, taken)
        files[f"{entity_module(entity)}.py"] = templates.render("python/entity.py.jinja", view)
    for module in sorted(_RUNTIME.glob("*.py")):
        files[f"_runtime/{module.name}"] = f"{header}\n{module.read_text(encoding='utf-8')}"
    return files


def render_distribution(
    target: PythonTarget, header: str, templates: Templates
) -> Mapping[str, str]:
    """The files beside the package that make it one to install, if it is."""
    if not target.is_installable:
        return {}
    view = view_distribution(target, header)
    return {"pyproject.toml": templates.render("python/pyproject.toml.jinja", view)}
