"""A system into all its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from convexgen.json_schemas.classes import definitions_of
from convexgen.model.system import System
from convexgen.rendering.convex import render_convex
from convexgen.rendering.python import render_python
from convexgen.rendering.templates import Templates
from convexgen.rendering.typescript import render_typescript
from convexgen.views.header import header


def render(system: System, spec: str) -> Mapping[str, bytes]:
    """The files of a system, by their path in the project; `spec` is the path of its spec.

    Raises `SchemaError` where JSON Schemas cannot be made types.
    """
    templates = Templates()
    schemas = system.json_schemas
    definitions = None if schemas is None else definitions_of(schemas.text)
    line = header(spec)
    package = PurePosixPath(system.python.directory) / system.python.package
    folders = {
        system.convex.directory: render_convex(system, line, templates),
        str(package): render_python(system, definitions, line, templates),
    }
    if system.typescript is not None:
        folders[system.typescript.directory] = render_typescript(
            system, definitions, line, templates
        )
    return {
        str(PurePosixPath(folder) / path): text.encode("utf-8")
        for folder, files in folders.items()
        for path, text in files.items()
    }
