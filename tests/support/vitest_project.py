"""The project of `tests/clients/vitest`, which tests its functions by vitest."""

from __future__ import annotations

import shutil
from pathlib import Path

from project import ROOT, Project, make_project

VITEST = ROOT / "tests" / "clients" / "vitest"


def make_tested(folder: Path) -> Project:
    """That project in a folder, with what the tool generates."""
    project = make_project(folder, VITEST / "spec.yaml")
    project.generate()
    for path in ("convex", "tests"):
        shutil.copytree(VITEST / path, project.root / path, dirs_exist_ok=True)
    for path in ("tsconfig.json", "vitest.config.ts"):
        shutil.copy(VITEST / path, project.root)
    return project
