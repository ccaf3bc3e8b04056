"""A system into all its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from convexgen.facts.header import header
from convexgen.json_schemas.classes import definitions_of
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.model.user_functions import with_user_functions
from convexgen.rendering.convex import render_convex, render_copied_modules
from convexgen.rendering.draft import Draft
from convexgen.rendering.matrix import render_matrix
from convexgen.rendering.python import render_distribution, render_python
from convexgen.rendering.templates import shipped_templates
from convexgen.rendering.typescript import render_typescript


def render(system: System, spec: str) -> dict[str, Draft]:
    """The files of a system, by their path in the project; `spec` is the path of its spec.

    The modules of entities are rendered when their text is asked for. Raises `SchemaError` where
    JSON Schemas cannot be made types.
    """
    templates = shipped_templates()
    schemas = system.json_schemas
    definitions = None if schemas is None else definitions_of(schemas.text)
    origin = header(spec)
    outlines = Outlines(system)
    files: dict[str, Draft] = {}
    if system.entities:
        files |= _below(system.convex.directory, render_convex(system, outlines, origin, templates))
    files |= _below(system.convex.directory, render_copied_modules(system, templates))
    # Clients call the functions for users as those that were written by hand.
    called = with_user_functions(system)
    if called is not system:
        outlines = Outlines(called)
    if system.python is not None:
        package = render_python(called, outlines, definitions, origin, templates)
        files |= _below(f"{system.python.directory}/{system.python.package}", package)
        beside = render_distribution(system.python, origin, templates)
        files |= _below(system.python.directory, beside)
    if system.typescript is not None:
        client = render_typescript(called, outlines, definitions, origin, templates)
        files |= _below(system.typescript.directory, client)
    files |= render_matrix(system, origin, templates)
    return files


def _below(folder: str, drafts: Mapping[str, Draft]) -> Iterator[tuple[str, Draft]]:
    for path, draft in drafts.items():
        yield str(PurePosixPath(folder) / path), draft
