"""A spec of several files: what it includes and extends is as good as its own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, Project, make_project

SPEC = ROOT / "tests" / "cases" / "good-pack" / "spec.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path / "project", SPEC)
    made.generate()
    return made


def test_a_pack_that_is_extended_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(project.root / "generated" / "python"), *sys.path])
    package = importlib.import_module("assistant_convex")
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.threads.save(package.Thread(thread_id="t", resource_id="r", mood="glad"))
        thread = storage.threads.by_mood("glad").first()
        assert (thread.thread_id, thread.mood, thread.priority) == ("t", "glad", 3)
        feedback = package.Feedback(text="good", stars=5)
        storage.ratings.save(package.Rating(rating_id="1", thread_id="t", feedback=feedback))
        assert storage.threads.get("t").updated_at > thread.updated_at
        assert storage.ratings.get("1").feedback == feedback
        storage.threads.delete("t")
        assert storage.ratings.get("1") is None


def test_a_change_of_an_included_file_is_noticed(project: Project) -> None:
    assert project.convexgen("check").stdout == "Up to date.\n"
    part = project.root / "schema" / "feedback.yaml"
    text = part.read_text()
    part.write_text(text.replace("stars: integer?", "stars: number?"))
    assert "stars" in project.convexgen("check").stdout
    part.unlink()
    finished = project.convexgen("check")
    assert finished.returncode == 1
    assert 'error[include]: "schema/feedback.yaml" cannot be read' in finished.stderr
    part.write_text(text)
    assert project.convexgen("check").stdout == "Up to date.\n"


def test_a_folder_is_named_for_its_spec(project: Project) -> None:
    assert project.convexgen("check", "schema").stdout == "Up to date.\n"
    assert project.convexgen("lint", "schema/").returncode == 0


def test_a_folder_is_all_that_its_files_declare(project: Project) -> None:
    schema = project.root / "schema"
    (schema / "api.yaml").write_text("openapi: 3.0.3\ncomponents: {}\n")
    assert project.convexgen("check").stdout == "Up to date.\n"

    part = schema / "more.yml"
    part.write_text(
        "entities:\n  More:\n    table: more\n    key: moreId\n"
        "    fields: {moreId: string, threadId: ref<Thread>}\n"
    )
    assert project.convexgen("check").returncode == 1
    assert "More" not in project.convexgen("lint", "schema/spec.yaml").stderr
    project.generate()
    module = project.root / "generated" / "python" / "assistant_convex" / "more.py"
    assert module.exists()
    assert project.convexgen("check", "schema").stdout == "Up to date.\n"

    part.write_text(part.read_text().replace("moreId: string", "moreId: strin"))
    assert "schema/more.yml:5:22: error[unknown-type]" in project.convexgen("lint").stderr
    part.write_text("extend:\n  Thread:\n    fields: {note: string?}\n")
    project.generate()
    assert not module.exists()
    assert "note: str" in (module.parent / "threads.py").read_text()
    part.unlink()
    project.generate()
    assert "note: str" not in (module.parent / "threads.py").read_text()


def test_what_two_files_of_a_folder_declare_is_said(project: Project) -> None:
    part = project.root / "schema" / "more.yaml"
    part.write_text("objects:\n  Feedback: {a: string}\n  Feedback2: {a: string}\n")
    for command in (["lint"], ["lint", "schema"], ["generate"], ["check"]):
        finished = project.convexgen(*command)
        assert finished.returncode == 1
        assert (
            'schema/more.yaml:2:3: error[declared-twice]: "Feedback" is declared twice'
            in finished.stderr
        )
        assert "the other one is at schema/feedback.yaml:" in finished.stderr
    assert project.convexgen("lint", "schema/spec.yaml").returncode == 0


def test_two_files_with_a_name_are_two_specs(project: Project) -> None:
    (project.root / "schema" / "other.yaml").write_text("convexgen: 1\nname: other\n")
    finished = project.convexgen("check")
    assert finished.returncode == 2
    assert "There are 2 specs in schema/: other.yaml, spec.yaml." in finished.stderr


def test_a_file_may_be_included_from_several(tmp_path: Path) -> None:
    for name, text in {
        "spec.yaml": "convexgen: 1\nname: shop\ninclude: [a.yaml, parts/b.yaml]\n",
        "a.yaml": "include: parts/kinds.yaml\n",
        "parts/b.yaml": "include: kinds.yaml\nentities:\n  Sale:\n    table: sales\n"
        "    key: saleId\n    fields: {saleId: string, kind: Kind}\n",
        "parts/kinds.yaml": "enums:\n  Kind: [new, old]\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    finished = Project(tmp_path).convexgen("lint", "spec.yaml")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_a_folder_may_be_included(tmp_path: Path) -> None:
    for name, text in {
        "schema/shop.yaml": "convexgen: 1\nname: shop\ninclude: [./, parts/]\n",
        "schema/kinds.yaml": "enums:\n  Kind: [new, old]\n",
        "schema/parts/sales.yml": "entities:\n  Sale:\n    table: sales\n"
        "    key: saleId\n    fields: {saleId: string, kind: Kind}\n",
        "schema/parts/below/broken.yaml": "[",
        "schema/parts/notes.txt": "[",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project = Project(tmp_path)
    project.generate()
    assert project.convexgen("check").stdout == "Up to date.\n"
    (tmp_path / "schema" / "parts" / "more.yaml").write_text(
        "entities:\n  Lot:\n    table: lots\n    key: lotId\n    fields: {lotId: string}\n"
    )
    assert "lots" in project.convexgen("check").stdout, "a new file is part of it"
    (tmp_path / "schema" / "parts" / "again.yaml").write_text("enums:\n  Kind: [x]\n")
    finished = project.convexgen("lint")
    assert 'error[declared-twice]: "Kind" is declared twice' in finished.stderr
