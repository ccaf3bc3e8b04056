"""`convex.json` and a spec: functions are written where Convex looks for them."""

import json
from pathlib import Path

import pytest
from project import ROOT, Project


def configure(project: Project, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (project.root / "convex.json").write_text(text)


def started(folder: Path) -> Project:
    """A project that `init` starts."""
    project = Project(folder)
    finished = project.convexgen("init", "--name", "notes")
    assert finished.returncode == 0, finished.stderr
    return project


@pytest.mark.parametrize("functions", ["src/convex/", "backend", "convex"])
def test_fault_26_init_follows_convex_json(tmp_path: Path, functions: str) -> None:
    """And so do the commands after it, from a folder below as well."""
    configure(Project(tmp_path), {"functions": functions})
    project = started(tmp_path)
    folder = tmp_path / functions
    assert (folder / "tsconfig.json").exists()
    project.generate()
    assert (folder / "schema.ts").exists()
    assert functions == "convex" or not (tmp_path / "convex").exists()
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    printed = Project(folder).convexgen("function-spec")
    assert "notes.js:" in printed.stdout, printed.stderr
    assert project.convexgen("check").returncode == 0


@pytest.mark.parametrize("folder", ["src/convex", "backend"])
def test_fault_26_init_beside_functions(tmp_path: Path, folder: str) -> None:
    configure(Project(tmp_path), {"functions": folder})
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "schema.ts").write_text("export default 1;\n")
    project = started(tmp_path)
    project.generate()
    assert (tmp_path / folder / "notes/schema.ts").exists()
    assert not (tmp_path / folder / "notes/_generated").exists()
    assert (tmp_path / folder / "schema.ts").read_text() == "export default 1;\n"
    client = (tmp_path / "generated" / "python" / "notes_convex" / "notes.py").read_text()
    assert '"notes/notes"' in client


@pytest.mark.parametrize("command", ["generate", "check"])
def test_fault_26_a_spec_that_writes_elsewhere(tmp_path: Path, command: str) -> None:
    """Also when nothing else has changed."""
    project = started(tmp_path)
    project.generate()
    configure(project, {"functions": "src/convex"})
    before = project.tree()
    refused = project.convexgen(command)
    assert refused.returncode == 2
    assert "convex.json says that functions are in src/convex/, but" in refused.stderr
    assert "Set `convex: {directory: src/convex}` in the spec" in refused.stderr
    assert project.tree() == before
    configure(project, {"functions": "convex/", "node": {"nodeVersion": "22"}})
    assert project.convexgen(command).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "convex.json cannot be read as JSON"),
        ("[]", "convex.json must hold an object"),
        ({"functions": "../elsewhere"}, "must be a folder below it, not"),
        ({"functions": 1}, "must be a folder below it, not 1"),
    ],
)
def test_fault_26_a_convex_json_that_is_wrong(
    tmp_path: Path, content: object, message: str
) -> None:
    project = started(tmp_path)
    configure(project, content)
    for command in ("generate", "init"):
        refused = project.convexgen(command)
        assert refused.returncode == 2
        assert message in refused.stderr
