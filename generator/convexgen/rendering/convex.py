"""The files of the Convex functions."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.model.system import System
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.templates import Templates, templates_directory
from convexgen.views.convex.entity import view_entity
from convexgen.views.convex.library import generated_folder, view_access, view_api, view_large
from convexgen.views.convex.schema import view_schema
from convexgen.views.convex.system import view_system
from convexgen.views.library import LibraryView

_LIBRARY = ("deletion", "documents", "errors", "ranges")
_COPIED = ("checks", "json", "values")
_GENERATED = ("api.js", "dataModel.d.ts", "server.d.ts", "server.js")


def render_convex(system: System, line: str, templates: Templates) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the functions.

    The `line` says where they come from.
    """
    header = templates.render("typescript/header.ts.jinja", line).rstrip()
    library = LibraryView(generated_folder(system.convex, below=1), large=system.has_large_fields)

    def module(template: str, view: object) -> Draft:
        return Draft(templates.render(f"convex/{template}", view), header)

    files = {
        "schema.ts": module("schema.ts.jinja", view_schema(system)),
        "system.ts": module("system.ts.jinja", view_system(system)),
    }
    for entity in system.entities:
        view = view_entity(entity, system)
        files[f"{entity.table}.ts"] = module("entity.ts.jinja", view)
    for name in _LIBRARY:
        files[f"lib/{name}.ts"] = module(f"lib/{name}.ts.jinja", library)
    for name in _COPIED:
        path = templates_directory() / "convex" / "lib" / f"{name}.ts"
        files[f"lib/{name}.ts"] = copy(path, header)
    if any(entity.search_indexes or entity.vector_indexes for entity in system.entities):
        files["lib/search.ts"] = module("lib/search.ts.jinja", library)
    if any(entity.variants for entity in system.entities):
        files["lib/variants.ts"] = module("lib/variants.ts.jinja", library)
    access = view_access(system)
    if access is not None:
        files["lib/access.ts"] = module("lib/access.ts.jinja", access)
    large = view_large(system)
    if large is not None:
        files["lib/large.ts"] = module("lib/large.ts.jinja", large)
    if system.convex.path:
        # The folder lies below somebody's own functions, whose `_generated/` Convex writes.
        return files
    modules = {path.removesuffix(".ts") for path in files if path != "schema.ts"}
    modules.update(function.module for function in system.functions)
    files["_generated/api.d.ts"] = module("_generated/api.d.ts.jinja", view_api(modules))
    for name in _GENERATED:
        files[f"_generated/{name}"] = module(f"_generated/{name}.jinja", library)
    return files
