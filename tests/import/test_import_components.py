"""Components of npm: what their schemas export comes back from the specs of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from project import ROOT, Project

COMPONENTS = ["aggregate", "better-auth", "migrations"]
"""Those of @convex-dev that tests have installed."""


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_is_imported(name: str, tmp_path: Path) -> None:
    package = ROOT / "node_modules" / "@convex-dev" / name
    root = tmp_path / "shop"
    shutil.copytree(package / "src" / "component", root / "convex")
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copy(package / "package.json", root)
    project = Project(root)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "The spec gives the same schema." in done.stdout
    project.generate()
    before = project.tree()
    assert project.convexgen("import").returncode == 0
    assert project.convexgen("check").returncode == 0
    assert project.tree() == before
