"""The files of the Convex functions."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.model.system import System
from convexgen.rendering.templates import Templates
from convexgen.views.convex.entity import view_entity
from convexgen.views.convex.library import generated_folder, view_access, view_api, view_large
from convexgen.views.convex.schema import view_schema
from convexgen.views.convex.system import view_system
from convexgen.views.library import LibraryView

_LIBRARY = ("checks", "deletion", "documents", "errors", "json", "ranges", "values")
_GENERATED = ("api.js", "dataModel.d.ts", "server.d.ts", "server.js")


def render_convex(system: System, line: str, templates: Templates) -> Mapping[str, str]:
    """The files, by their path below the folder of the functions.

    The `line` says where they come from.
    """
    header = templates.render("typescript/header.ts.jinja", line).rstrip()
    library = LibraryView(
        header, generated_folder(system.convex, below=1), large=system.has_large_fields
    )
    files = {
        "schema.ts": templates.render("convex/schema.ts.jinja", view_schema(system, header)),
        "system.ts": templates.render("convex/system.ts.jinja", view_system(system, header)),
    }
    for entity in system.entities:
        view = view_entity(entity, system, header)
        files[f"{entity.table}.ts"] = templates.render("convex/entity.ts.jinja", view)
    for name in _LIBRARY:
        files[f"lib/{name}.ts"] = templates.render(f"convex/lib/{name}.ts.jinja", library)
    if any(entity.search_indexes or entity.vector_indexes for entity in system.entities):
        files["lib/search.ts"] = templates.render("convex/lib/search.ts.jinja", library)
    if any(entity.variants for entity in system.entities):
        files["lib/variants.ts"] = templates.render("convex/lib/variants.ts.jinja", library)
    access = view_access(system, header)
    if access is not None:
        files["lib/access.ts"] = templates.render("convex/lib/access.ts.jinja", access)
    large = view_large(system, header)
    if large is not None:
        files["lib/large.ts"] = templates.render("convex/lib/large.ts.jinja", large)
    if system.convex.path:
        # The folder lies below somebody's own functions, whose `_generated/` Convex writes.
        return files
    modules = {path.removesuffix(".ts") for path in files if path != "schema.ts"}
    modules.update(function.module for function in system.functions)
    files["_generated/api.d.ts"] = templates.render(
        "convex/_generated/api.d.ts.jinja", view_api(modules, header)
    )
    for name in _GENERATED:
        files[f"_generated/{name}"] = templates.render(f"convex/_generated/{name}.jinja", library)
    return files
