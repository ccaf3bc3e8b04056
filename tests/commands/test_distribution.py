"""The wheel holds all that the tool needs, and `init` starts a project that works with it."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
from environments import build_wheel, make_environment
from markdown_it import MarkdownIt
from project import ROOT, Project, run, tsc


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, which sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("distribution")
    wheel = build_wheel(folder)
    python = make_environment(folder / "environment", sys.executable, ["--no-deps", wheel])
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
    assert run([*tsc(), "--project", "convex"], folder).returncode == 0
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
    spec = "convexgen: 1\nname: mine\ninclude: [pack:mastra, pack:langgraph, pack:pydantic-ai]\n"
    (tmp_path / "schema" / "mine.yaml").write_text(spec)
    convexgen(installed, tmp_path, "generate")
    package = tmp_path / "generated" / "python" / "mine_convex"
    assert (package / "threads.py").exists()
    assert (package / "mastra" / "store.py").exists()
    assert (package / "langgraph" / "saver.py").exists()
    assert (package / "langgraph" / "store.py").exists()
    assert (package / "pydantic_ai" / "store.py").exists()
    program = "from mine_convex.mastra import MastraStore; print(MastraStore.__name__)"
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    assert run([installed, "-c", program], tmp_path, environment).stdout == "MastraStore\n"


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
    assert b'module="notes/notes"' in after["generated/python/notes_convex/notes.py"]


def test_init_overwrites_nothing(installed: Path, tmp_path: Path) -> None:
    convexgen(installed, tmp_path, "init", "--name", "notes")
    before = Project(tmp_path).tree()
    finished = run([installed.parent / "convexgen", "init", "--name", "notes"], tmp_path)
    assert finished.returncode == 2
    assert "schema/notes.yaml is there already" in finished.stderr
    assert Project(tmp_path).tree() == before


def test_fault_23_the_readme_on_a_package_index(installed: Path) -> None:
    """It is a page by itself there: its links are whole, and its files in the distribution."""
    program = "from importlib.metadata import metadata; print(metadata('convexgen').get_payload())"
    described = run([installed, "-c", program], installed.parent).stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^```.*$", described, re.M) == re.findall(r"^```.*$", readme, re.M)
    links = [
        str(token.attrs[name])
        for block in MarkdownIt().parse(described)
        for token in block.children or ()
        for name in ("href", "src")
        if name in token.attrs
    ]
    assert len(links) > 3
    assert [link for link in links if not link.startswith("https://")] == []
    relative = re.findall(r"\]\((?!https?:)([^)]+)\)", readme)
    assert "docs/spec.md" in relative
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    distributed = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for path in relative:
        assert f"(`{path}`)" in described
        assert path.split("/")[0] in distributed, path


def test_fault_23_init_ignores_what_is_of_one_machine(installed: Path, tmp_path: Path) -> None:
    """And says what is to be committed, and how it is imported; git agrees."""
    said = convexgen(installed, tmp_path, "init", "--name", "notes")
    committed = "schema/, convex/, generated/, .convexgen/, package.json, package-lock.json"
    settings = ".gitattributes, .gitignore, .prettierignore"
    assert f"commit {committed}, {settings}, not .env.local or node_modules/\n" in said
    for words in (
        "PYTHONPATH=generated/python",
        "pythonpath = ",
        "mypy_path = ",
        "pyproject: true",
    ):
        assert words in said
    convexgen(installed, tmp_path, "generate")
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    named = re.search(r"`--data FILE` \|.*, such as `(.+?)`", page)
    assert named is not None
    data = [f"{named[1]}{suffix}" for suffix in ("", ".lock", ".new")]
    for path in (*data, ".env.local", "node_modules/a", ".venv/a", "convex/__pycache__/a"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    run(["git", "init"], tmp_path)
    listed = run(["git", "status", "--porcelain", "--untracked-files=all"], tmp_path).stdout
    paths = {line[3:].split("/")[0] for line in listed.splitlines()}
    assert paths >= {"schema", "convex", "generated", ".convexgen", "package.json"}
    assert paths >= set(settings.split(", "))
    assert not paths & {".env.local", "node_modules", ".venv"}
    assert "__pycache__" not in listed
    assert named[1] not in listed


def test_a_gitignore_that_is_there_is_kept(installed: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("/node_modules\n")
    said = convexgen(installed, tmp_path, "init", "--name", "notes")
    assert "not .env.local or node_modules/: add .env.local to .gitignore\n" in said
    assert (tmp_path / ".gitignore").read_text() == "/node_modules\n"


@pytest.mark.parametrize(
    ("manifest", "command"),
    [
        ("{}", "npm install --save-dev convex@^1.49.0 convex-test@0.0.70"),
        ('{"dependencies": {"convex": "1"}}', "npm install --save-dev convex-test@0.0.70"),
        (
            '{"dependencies": {"convex": "1"}, "devDependencies": {"convex-test": "0"}}',
            "npm install",
        ),
        ("no JSON", "npm install --save-dev convex@^1.49.0 convex-test@0.0.70"),
    ],
)
def test_init_names_the_packages_that_are_lacking(
    installed: Path, tmp_path: Path, manifest: str, command: str
) -> None:
    """And no others, which `npm install --save-dev` would move out of `dependencies`."""
    (tmp_path / "package.json").write_text(manifest)
    said = convexgen(installed, tmp_path, "init", "--name", "notes")
    assert f". {command}\n" in said
    assert (tmp_path / "package.json").read_text() == manifest


def test_fault_23_a_second_init_does_no_harm(installed: Path, tmp_path: Path) -> None:
    """Whatever it is called: before and after generating, where there is no place for another."""
    program = installed.parent / "convexgen"
    convexgen(installed, tmp_path, "init", "--name", "notes")
    for _ in range(2):
        before = Project(tmp_path).tree()
        for arguments in ([], ["--name", "notes"], ["--name", "other"]):
            finished = run([program, "init", *arguments], tmp_path)
            assert finished.returncode == 2
            assert "nothing was written" in finished.stderr
            assert "schema/notes.yaml" in finished.stderr
        assert Project(tmp_path).tree() == before
        convexgen(installed, tmp_path, "generate")


def test_a_second_spec_beside_functions_of_ones_own(installed: Path, tmp_path: Path) -> None:
    """Two specs, with a schema.ts that joins them: neither gives a file of the other."""
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "schema.ts").write_text("export default {};\n")
    (tmp_path / "package.json").write_text("{}\n")
    convexgen(installed, tmp_path, "init", "--name", "notes")
    convexgen(installed, tmp_path, "generate")
    said = convexgen(installed, tmp_path, "init", "--name", "other")
    assert "edit schema/other/other.yaml\n" in said
    assert "convexgen generate schema/other\n" in said
    # The first one is still that which commands take when they name none.
    assert convexgen(installed, tmp_path, "check") == "Up to date.\n"
    convexgen(installed, tmp_path, "generate", "schema/other")
    for arguments in ([], ["schema/other"]):
        assert convexgen(installed, tmp_path, "check", *arguments) == "Up to date.\n"
    schema = tmp_path / "schema"
    line = (schema / "other" / "other.yaml").read_text().splitlines()[0]
    named = schema / "other" / line.partition("$schema=")[2]
    assert named.resolve() == schema / "convexgen.schema.json"
    # Both join their tables in one schema.
    tables = [
        line
        for path in schema.rglob("*.yaml")
        for line in path.read_text().splitlines()
        if "table:" in line
    ]
    assert len(set(tables)) == 2
    finished = run([installed.parent / "convexgen", "init", "--name", "other"], tmp_path)
    assert finished.returncode == 2
    assert "schema/other/other.yaml is there already" in finished.stderr
    assert (tmp_path / "generated" / "typescript" / "other" / "index.ts").exists()
