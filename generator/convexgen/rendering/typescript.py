"""The files of the TypeScript client."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.json_schemas.definitions import Definitions
from convexgen.model.classes import class_names
from convexgen.model.system import System
from convexgen.rendering.draft import Draft
from convexgen.rendering.templates import Templates
from convexgen.views.library import LibraryView
from convexgen.views.typescript.entity import view_entity
from convexgen.views.typescript.functions import view_functions
from convexgen.views.typescript.json_schemas import view_json_schemas
from convexgen.views.typescript.models import view_enums, view_objects
from convexgen.views.typescript.storage import view_index, view_storage, view_system

_RUNTIME = (
    "bulk",
    "calls",
    "client",
    "codecs",
    "errors",
    "exchange",
    "failures",
    "functions",
    "index",
    "store",
    "subscriptions",
    "types",
)
_TESTING = ("backend", "connection", "index", "server", "servers", "settings", "setup")
_SHARED = ("checks", "json", "values")
"""What the functions and the client have in common."""


def render_typescript(
    system: System, definitions: Definitions | None, line: str, templates: Templates
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the client; `definitions` of JSON Schemas.

    The `line` says where they come from.
    """
    taken = class_names(system)
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
        view = view_entity(entity, system, taken)
        files[f"entities/{entity.table}.ts"] = module("typescript/entity.ts.jinja", view)
    library = LibraryView()
    for name in _RUNTIME:
        files[f"runtime/{name}.ts"] = module(f"typescript/runtime/{name}.ts.jinja", library)
    if system.typescript is not None and system.typescript.has_testing:
        for name in _TESTING:
            files[f"testing/{name}.ts"] = module(f"typescript/testing/{name}.ts.jinja", library)
    for name in _SHARED:
        files[f"runtime/{name}.ts"] = module(f"convex/lib/{name}.ts.jinja", library)
    return files
