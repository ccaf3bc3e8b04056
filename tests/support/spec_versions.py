"""Projects of several versions of one spec, whose clients and deployments meet in tests."""

from __future__ import annotations

import sys
from pathlib import Path

from project import Project, make_project


def version(folder: Path, package: str, spec: str, own_functions: str) -> Project:
    """A generated project of one version of the spec, whose Python package can be imported."""
    (folder / f"{package} spec").mkdir()
    file = folder / f"{package} spec" / "spec.yaml"
    file.write_text(f"{spec}python: {{package: {package}}}\n")
    project = make_project(folder / package, file)
    project.generate()
    (project.root / "convex" / "own.ts").write_text(own_functions)
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return project
