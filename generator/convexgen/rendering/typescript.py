"""The files of the TypeScript client."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.facts.typescript.entity import entity_facts
from convexgen.json_schemas.definitions import Definitions
from convexgen.model.classes import class_names
from convexgen.model.system import System
from convexgen.rendering.code_templates import CodeTemplates
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.templates import Templates, templates_directory
from convexgen.views.typescript.functions import view_functions
from convexgen.views.typescript.json_schemas import view_json_schemas
from convexgen.views.typescript.models import view_enums, view_objects
from convexgen.views.typescript.storage import view_index, view_storage, view_system

_SHARED = ("checks", "json", "values")
"""The modules of the functions that the client has too."""


def render_typescript(
    system: System, definitions: Definitions | None, line: str, templates: Templates
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the client; `definitions` of JSON Schemas.

    The `line` says where they come from.
    """
    taken = class_names(system)
    code = CodeTemplates()
    header = templates.render("typescript/header.ts.jinja", line).rstrip()

    def module(template: str, view: object) -> Draft:
        return Draft(templates.render(template, view), header)

    files = {
        ".prettierrc.yaml": Draft(templates.render("typescript/prettierrc.yaml.jinja", line)),
        "index.ts": module("typescript/index.ts.jinja", view_index(system, taken)),
        "storage.ts": module("typescript/storage.ts.jinja", view_storage(system)),
    }
    if system.entities:
        files["system.ts"] = module("typescript/system.ts.jinja", view_system(system.convex))
    for path, shapes in (
        ("enums.ts", view_enums(system, taken)),
        ("objects.ts", view_objects(system, taken)),
        ("jsonSchemas.ts", definitions and view_json_schemas(definitions)),
    ):
        if shapes is not None:
            files[path] = module("typescript/shapes.ts.jinja", shapes)
    functions = view_functions(system, taken)
    if functions is not None:
        files["functions.ts"] = module("typescript/functions.ts.jinja", functions)
    for entity in system.entities:
        text = code.render("typescript/entity.ts.jinja", entity_facts(entity, system, taken))
        files[f"entities/{entity.table}.ts"] = Draft(text, header)
    folder = templates_directory()
    copied = list((folder / "typescript" / "runtime").glob("*.ts"))
    copied += (folder / "convex" / "lib" / f"{name}.ts" for name in _SHARED)
    files |= {f"runtime/{path.name}": copy(path, header) for path in copied}
    if system.typescript is not None and system.typescript.has_testing:
        fixture = (folder / "typescript" / "testing").glob("*.ts")
        files |= {f"testing/{path.name}": copy(path, header) for path in fixture}
    return files
