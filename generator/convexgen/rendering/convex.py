"""The files of the Convex functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from convexgen.facts.convex.atomic import atomic_facts
from convexgen.facts.convex.entity import entity_facts
from convexgen.facts.convex.library import (
    access_facts,
    api_facts,
    counts_facts,
    large_facts,
    library_facts,
)
from convexgen.facts.convex.retention import crons_facts, retention_facts
from convexgen.facts.convex.rows import rows_facts
from convexgen.facts.convex.schema import schema_facts
from convexgen.facts.convex.system import system_facts
from convexgen.facts.convex.tables import tables_facts
from convexgen.facts.convex.viewer import identity_facts, viewer_facts
from convexgen.facts.header import HeaderFacts, header_of_copy
from convexgen.model.entities import Entity
from convexgen.model.numbers import number_fields
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.model.visible import visible_searches
from convexgen.rendering.compiled_templates import templates_directory
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.templates import Templates, shipped_templates

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_LIBRARY = ("documents", "errors", "paging", "ranges", "values")
"""The modules of `lib/` that are the same in every project."""
_WRITING = ("checks", "copies", "equality", "json", "writes")
"""Those of projects with functions that write."""
_WRITING_OF_SYSTEM = ("budget", "deletion", "found", "goingOn", "unfinished")
"""Those that differ between these."""
_COUNTS = (
    "counting",
    "filling",
    "functions",
    "growth",
    "indexes",
    "log",
    "reads",
    "states",
    "tree",
    "verifying",
)
"""The modules of `lib/counts/`, for systems with counted indexes, besides that of keys."""
_GENERATED = ("api.js", "dataModel.d.ts", "server.d.ts", "server.js")
"""The modules of `_generated/` that are."""


def render_convex(
    system: System, outlines: Outlines, origin: HeaderFacts, templates: Templates
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the functions.

    Their headers say where they come from.
    """
    header = templates.render("typescript/header.ts.jinja", origin).rstrip()
    library = library_facts(system)

    def module(template: str, facts: DataclassInstance | None = None) -> Draft:
        return Draft(templates.render(f"convex/{template}.jinja", facts), header)

    def modules_of(entity: Entity) -> Iterator[tuple[str, Draft]]:
        facts = cache(lambda: entity_facts(entity, outlines.seen_by(entity)))

        def of_entity(template: str) -> Draft:
            path = f"convex/{template}.jinja"
            return Draft(lambda: templates.render(path, facts()), header, entity=entity.name)

        if entity.functions.any:
            yield f"{entity.module}.ts", of_entity("entity.ts")
        yield f"model/{entity.module}.ts", of_entity("model.ts")
        if entity.has_user_functions:
            viewer = cache(lambda: viewer_facts(entity, outlines.seen_by(entity)))
            yield (
                f"viewer/{entity.module}.ts",
                Draft(
                    lambda: templates.render("convex/viewer.ts.jinja", viewer()),
                    header,
                    entity=entity.name,
                ),
            )

    def copied(path: str) -> Draft:
        return copy(templates_directory() / "convex" / path, header)

    files = {
        "schema.ts": module("schema.ts", schema_facts(system)),
        "system.ts": module("system.ts", system_facts(system)),
    }
    if system.writes:
        files["lib/tables.ts"] = module("lib/tables.ts", tables_facts(system))
    if system.is_atomic:
        files["atomic.ts"] = module("atomic.ts", atomic_facts(system))
    crons = crons_facts(system)
    if crons is not None:
        files["crons.ts"] = module("crons.ts", crons)
    for entity in system.entities:
        files |= modules_of(entity)
    for name in (*_LIBRARY, *_copied(system)):
        files[f"lib/{name}.ts"] = copied(f"lib/{name}.ts")
    for name in _needed(system):
        files[f"lib/{name}.ts"] = module(f"lib/{name}.ts", library)
    for name, facts in (
        ("access", access_facts(system)),
        ("large", large_facts(system)),
        ("retention", retention_facts(system)),
        ("rows", rows_facts(system)),
        ("viewer", identity_facts(system)),
    ):
        if facts is not None:
            files[f"lib/{name}.ts"] = module(f"lib/{name}.ts", facts)
    counts = counts_facts(system)
    if counts is not None:
        files["lib/counts/keys.ts"] = copied("lib/counts/keys.ts")
        for name in _COUNTS:
            files[f"lib/counts/{name}.ts"] = module(f"lib/counts/{name}.ts", counts)
    if system.convex.path:
        # The folder lies below somebody's own functions, whose `_generated/` Convex writes.
        return files
    modules = {path.removesuffix(".ts") for path in files if path != "schema.ts"}
    modules.update(function.module for function in system.functions)
    modules.update(module.name for module in system.copied_modules)
    files["_generated/api.d.ts"] = module("_generated/api.d.ts", api_facts(modules))
    for name in _GENERATED:
        files[f"_generated/{name}"] = copied(f"_generated/{name}")
    return files


def render_schema(system: System) -> str:
    """The text of `schema.ts` alone, before it is laid out."""
    return shipped_templates().render("convex/schema.ts.jinja", schema_facts(system))


def _copied(system: System) -> Iterator[str]:
    """The modules of `lib/`, the same in every project, of what not every one has."""
    if any(
        entity.search_functions or entity.vector_functions or visible_searches(entity)
        for entity in system.entities
    ):
        yield "search"
    if any(entity.is_written and number_fields(entity) for entity in system.entities):
        yield "increments"
    if system.writes:
        yield from _WRITING
        return
    if system.filtered:
        yield "equality"
    if system.filtered or system.has_large_fields:
        yield "json"
    if system.has_rows:
        yield "checks"


def _needed(system: System) -> Iterator[str]:
    """The modules of `lib/` that a system needs for what not every one has."""
    written = [entity for entity in system.entities if entity.is_written]
    has_tags = any(entity.variants and entity.tag for entity in written)
    has_shapes = any(entity.variants and not entity.tag for entity in written)
    has_derived_fields = any(entity.derived_fields or entity.columns for entity in written)
    if system.is_atomic:
        yield "atomic"
    if system.writes:
        yield from _WRITING_OF_SYSTEM
    elif system.has_large_fields or system.has_rows:
        yield "budget"
    if system.filtered:
        yield "filters"
    if system.windowed:
        yield "windows"
    if system.filtered or system.windowed:
        yield "places"
    if system.related:
        yield "including"
    if has_tags or has_shapes or has_derived_fields:
        yield "fitting"
    if has_tags:
        yield "variants"
    if has_shapes:
        yield "shapes"
    if has_derived_fields:
        yield "derived"


def render_copied_modules(system: System, templates: Templates) -> Mapping[str, Draft]:
    """The modules that come with the spec, by their path below the folder of the functions."""
    return {
        f"{module.name}.ts": Draft(
            module.text,
            templates.render("typescript/header.ts.jinja", header_of_copy(module.file)).rstrip(),
            is_copied=True,
        )
        for module in system.copied_modules
    }
