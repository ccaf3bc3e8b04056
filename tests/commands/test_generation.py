"""`generate` and `check` on a project as it changes: what drifts is named, what is ours is kept."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from convexgen.files.compare import Drift
from convexgen.rendering.draft import Draft
from convexgen.rendering.render import render
from project import ROOT, Project, make_project, run

SPEC = "schema/mastra.yaml"
MANIFEST = ".convexgen/mastra.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("made") / "project", ROOT / SPEC)
    made.generate()
    return made


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """A copy, as a checkout is one, for one test."""
    return Project(shutil.copytree(made.root, tmp_path / "project", symlinks=True))


def edit(project: Project, path: str, old: str, new: str) -> None:
    file = project.root / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def named(project: Project) -> dict[str, str]:
    """What `check` names, with its verdict."""
    before = project.tree()
    finished = project.convexgen("check")
    assert project.tree() == before
    assert finished.returncode == 1, finished.stdout
    assert re.search(r"Run `convexgen generate( --force)?`\.\n\Z", finished.stderr)
    verdicts = "|".join(drift.value for drift in Drift)
    return dict(re.findall(rf"^(\S+): ({verdicts})$", finished.stderr, re.MULTILINE))


def test_the_committed_output_is_current() -> None:
    finished = run([sys.executable, "-m", "convexgen", "check"], ROOT)
    assert (finished.returncode, finished.stdout) == (0, "Up to date.\n"), finished.stderr


def test_the_committed_json_schema_is_current() -> None:
    """Of the keys of a spec, for editors; `make generate` writes it anew."""
    finished = run([sys.executable, "-m", "convexgen", "json-schema"], ROOT)
    committed = ROOT / "schema" / "convexgen.schema.json"
    assert finished.stdout == committed.read_text(encoding="utf-8")


def test_the_same_spec_gives_the_same_bytes(project: Project, tmp_path: Path) -> None:
    other = make_project(tmp_path / "elsewhere" / "deeper", ROOT / SPEC)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-m", "convexgen", "generate"]
    assert run(command, other.root, environment).returncode == 0
    assert other.tree() == project.tree()


def test_an_edit_of_the_spec_drifts_until_generated(project: Project) -> None:
    edit(project, SPEC, "      title: string?\n", "      title: string?\n      pinned: boolean?\n")
    edit(
        project,
        SPEC,
        "      by_updatedAt: [updatedAt]",
        "      by_pinned_and_updatedAt: [pinned, updatedAt]\n      by_updatedAt: [updatedAt]",
    )
    edit(
        project,
        SPEC,
        "    queries:\n      getThreadsByResourceId:",
        "    queries:\n      getPinned: {by: pinned, order: updatedAt desc}\n"
        "      getThreadsByResourceId:",
    )
    assert named(project) == {
        MANIFEST: "changed",
        "convex/lib/tables.ts": "changed",
        "convex/schema.ts": "changed",
        "convex/system.ts": "changed",
        "convex/model/threads.ts": "changed",
        "convex/threads.ts": "changed",
        "generated/python/mastra_convex/threads.py": "changed",
        "generated/typescript/entities/threads.ts": "changed",
    }
    project.generate()
    assert project.convexgen("check").returncode == 0
    before = {path: (project.root / path).stat().st_mtime_ns for path in project.tree()}
    project.generate()
    assert {path: (project.root / path).stat().st_mtime_ns for path in project.tree()} == before
    assert b"def get_pinned(" in project.tree()["generated/python/mastra_convex/threads.py"]


def test_what_is_saved_while_a_command_works_is_seen_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Project(tmp_path)
    small.root.joinpath("spec.yaml").write_text(
        "convexgen: 1\nname: small\ninclude: part.yaml\n"
        "entities: {Deal: {table: deals, key: code, fields: {code: string, stage: Stage}}}\n"
    )
    part = small.root / "part.yaml"
    part.write_text("enums: {Stage: [first]}\n")

    def save_and_render(*given: Any) -> dict[str, Draft]:
        part.write_text("enums: {Stage: [first, second]}\n")
        return render(*given)

    with monkeypatch.context() as patched:
        patched.setattr("convexgen.rendering.render.render", save_and_render)
        assert small.convexgen("generate", "spec.yaml").returncode == 0
    assert small.convexgen("check", "spec.yaml").returncode == 1
    assert small.convexgen("generate", "spec.yaml").returncode == 0
    assert b"second" in small.tree()["convex/schema.ts"]


def test_check_prints_a_unified_diff(project: Project) -> None:
    edit(project, SPEC, "      title: string?\n", "      title: string\n")
    lines = project.convexgen("check").stdout.splitlines()
    assert "--- a/convex/schema.ts" in lines
    assert "+++ b/convex/schema.ts" in lines
    assert "-    title: v.optional(v.string())," in lines
    assert "+    title: v.string()," in lines


def test_a_hand_edit_is_found_and_not_lost(project: Project) -> None:
    """Each command in a process of its own, as a user runs it."""
    edit(project, "convex/threads.ts", '"desc"', '"asc"')
    assert named(project) == {"convex/threads.ts": "hand-edited"}
    said = project.start("check").stderr
    assert said.endswith("\n1 file differs. Run `convexgen generate --force`.\n")
    before = project.tree()
    finished = project.start("generate")
    assert finished.returncode == 1
    assert "convex/threads.ts: hand-edited" in finished.stderr
    assert project.tree() == before
    assert project.start("generate", "--force").returncode == 0
    assert project.start("check").returncode == 0


def test_a_missing_file_is_written_again(project: Project) -> None:
    (project.root / "convex" / "threads.ts").unlink()
    assert named(project) == {"convex/threads.ts": "missing"}
    assert "created convex/threads.ts" in project.convexgen("generate").stdout


def test_the_files_of_a_removed_entity_are_deleted(project: Project) -> None:
    note = "  Note:\n    table: notes\n    key: noteId\n    fields: {noteId: string}\n\n"
    edit(project, SPEC, "entities:\n", f"entities:\n{note}")
    project.generate()
    edit(project, SPEC, note, "")
    (project.root / "convex" / "mine.ts").write_text("export const mine = 1;\n")
    drift = named(project)
    assert drift["convex/notes.ts"] == "stale"
    assert drift["generated/python/mastra_convex/notes.py"] == "stale"
    project.generate()
    tree = project.tree()
    assert "convex/notes.ts" not in tree
    assert "generated/python/mastra_convex/notes.py" not in tree
    assert tree["convex/mine.ts"] == b"export const mine = 1;\n"


def test_a_stale_file_with_an_edit_is_kept(project: Project) -> None:
    edit(project, SPEC, "    table: evals\n", "    table: evaluations\n")
    edit(project, "convex/evals.ts", '"desc"', '"asc"')
    finished = project.convexgen("generate")
    assert finished.returncode == 1
    assert "convex/evals.ts: stale and hand-edited" in finished.stderr
    assert "convex/evaluations.ts" not in project.tree()


def test_a_file_that_somebody_wrote_is_never_touched(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", ROOT / SPEC)
    given = set(project.tree())
    (project.root / "convex").mkdir()
    (project.root / "convex" / "schema.ts").write_text("export default {};\n")
    for arguments in (["generate"], ["generate", "--force"]):
        finished = project.convexgen(*arguments)
        assert finished.returncode == 1
        assert "convex/schema.ts: not written by convexgen" in finished.stderr
    assert set(project.tree()) == {*given, "convex/schema.ts"}


def test_what_convex_generates_itself_is_left_alone(project: Project) -> None:
    path = project.root / "convex" / "_generated" / "api.d.ts"
    path.write_text("/* THIS CODE IS AUTOMATICALLY GENERATED. */\nexport {};\n")
    assert project.convexgen("check").returncode == 0
    project.generate()
    assert b"AUTOMATICALLY" in path.read_bytes()


def test_a_lost_manifest_is_made_anew(project: Project) -> None:
    before = project.tree()
    (project.root / MANIFEST).unlink()
    assert named(project) == {MANIFEST: "missing"}
    project.generate()
    assert project.tree() == before


def test_nothing_is_written_for_a_bad_spec(project: Project) -> None:
    edit(project, SPEC, "      title: string?\n", "      title: strin?\n")
    before = project.tree()
    for command in ("generate", "check"):
        finished = project.convexgen(command)
        assert finished.returncode == 1
        assert 'mastra.yaml:50:14: error[unknown-type]: "strin" is not a type' in finished.stderr
    assert project.tree() == before


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", ROOT / SPEC)
    (project.root / "generated").write_text("a file in the place of a folder\n")
    before = project.tree()
    finished = project.start("generate")
    assert finished.returncode == 2
    assert "cannot be" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert project.tree() == before
