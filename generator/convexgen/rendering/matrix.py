"""The suites of the matrix of access."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from convexgen.facts.header import HeaderFacts
from convexgen.facts.matrix.matrix import matrix_facts
from convexgen.model.system import System
from convexgen.rendering.compiled_templates import templates_directory
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.templates import Templates


def render_matrix(system: System, origin: HeaderFacts, templates: Templates) -> Mapping[str, Draft]:
    """The files, by their path in the project, where the spec asks for tests and has rules."""
    python = system.python if system.python is not None and system.python.has_testing else None
    script = system.typescript
    if script is not None and not script.has_testing:
        script = None
    if python is None and script is None:
        return {}
    facts = matrix_facts(system)
    if facts is None:
        return {}
    files: dict[str, Draft] = {}
    if python is not None:
        header = templates.render("python/header.py.jinja", origin).rstrip()
        path = str(PurePosixPath(python.directory) / f"test_{python.package}_access.py")
        files[path] = Draft(templates.render("python/test_access.py.jinja", facts), header)
    if script is not None:
        header = templates.render("typescript/header.ts.jinja", origin).rstrip()
        folder = PurePosixPath(script.directory) / "testing"
        text = templates.render("typescript/access.ts.jinja", facts)
        files[str(folder / "access.ts")] = Draft(text, header)
        for module in (templates_directory() / "typescript" / "access").glob("*.ts"):
            files[str(folder / module.name)] = copy(module, header)
    return files
