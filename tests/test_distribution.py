"""The wheel holds all that the tool needs, and `init` starts a project that works with it."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path

import pytest
from project import ROOT, Project, node_tool, run


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, which sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("distribution")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    built = run([*command, folder, ROOT], folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("convexgen-*.whl")
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps"]
    added = run([*command, wheel], folder)
    assert added.returncode == 0, added.stderr
    # Everything but the tool itself: its dependencies are as this environment has them.
    (site_packages,) = (folder / "environment").glob("lib/python*/site-packages")
    dependencies = Path(pytest.__file__).parent.parent
    (site_packages / "dependencies.pth").write_text(f"{dependencies}\n")
    return python


def convexgen(python: Path, folder: Path, *arguments: str) -> str:
    # Nothing of this checkout may be found by accident.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = python.parent / "convexgen"
    finished = run([program, *arguments], folder, environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_a_new_project(installed: Path, tmp_path: Path) -> None:
    where = run([installed, "-c", "import convexgen; print(convexgen.__file__)"], tmp_path)
    assert str(ROOT) not in where.stdout
    folder = tmp_path / "my-notes"
    assert "1. cd" in convexgen(installed, tmp_path, "init", str(folder))
    linted = run([installed, "-m", "convexgen", "lint"], folder)
    assert (linted.returncode, linted.stderr) == (0, "")
    convexgen(installed, folder, "generate")
    assert convexgen(installed, folder, "check") == "Up to date.\n"
    assert "duplicate-key" in convexgen(installed, folder, "explain", "--list")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    assert run([node_tool("tsc"), "--project", "convex"], folder).returncode == 0
    assert json.loads((folder / "package.json").read_text())["devDependencies"]["convex-test"]

    program = """
import sys
from pathlib import Path
from convexgen.embedded import EmbeddedBackend
sys.path.insert(0, "generated/python")
from my_notes_convex import ConvexStorage, Note, NoteStatus
with EmbeddedBackend.start(Path.cwd()) as backend:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        note = Note(note_id="n", author_id="a", published_by=None, status=NoteStatus.DRAFT, tags=[])
        storage.notes.save(note)
        print([one.note_id for one in storage.notes.by_author_id("a")])
"""
    finished = run([installed, "-c", program], folder)
    assert finished.stdout == "['n']\n", finished.stderr


def test_a_pack_comes_along(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    spec = "convexgen: 1\nname: mine\ninclude: pack:mastra\n"
    (tmp_path / "schema" / "mine.yaml").write_text(spec)
    convexgen(installed, tmp_path, "generate")
    assert (tmp_path / "generated" / "python" / "mine_convex" / "threads.py").exists()


def test_beside_functions_of_ones_own(installed: Path, tmp_path: Path) -> None:
    own = """import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ mine: defineTable({ text: v.string() }) });
"""
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "schema.ts").write_text(own)
    (tmp_path / "package.json").write_text("{}\n")
    before = Project(tmp_path).tree()
    said = convexgen(installed, tmp_path, "init", "--name", "notes")
    assert "spread its tables in convex/schema.ts" in said
    convexgen(installed, tmp_path, "generate")
    after = Project(tmp_path).tree()
    assert {path: after[path] for path in before} == before
    assert "convex/notes/notes.ts" in after
    assert b'"notes/notes:getById"' in after["generated/python/notes_convex/notes.py"]


def test_init_overwrites_nothing(installed: Path, tmp_path: Path) -> None:
    convexgen(installed, tmp_path, "init", "--name", "notes")
    before = Project(tmp_path).tree()
    finished = run([installed.parent / "convexgen", "init", "--name", "notes"], tmp_path)
    assert finished.returncode == 2
    assert "schema/notes.yaml is there already" in finished.stderr
    assert Project(tmp_path).tree() == before
