"""`docs/functions.md`, done as it says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import ROOT, Project, make_project, run, tsc

FILES = named_blocks("docs/functions.md")

CLEANING = """
from chat_convex import ConvexStorage

with ConvexStorage.from_env() as storage:
    print(storage.functions.cleaning.remove_threads(thread_ids=["t1", "t2"]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("page")
    spec = folder / "chat.yaml"
    spec.write_text(FILES["schema/chat.yaml"])
    project = make_project(folder / "project", spec)
    for path, text in FILES.items():
        file = project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    project.generate()
    return project


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


def test_the_functions_are_typed(project: Project) -> None:
    configuration = (ROOT / "convex" / "tsconfig.json").read_text()
    (project.root / "convex" / "tsconfig.json").write_text(configuration)
    checked = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout


def test_the_program_in_python_is_typed(project: Project) -> None:
    environment = {**os.environ, "MYPYPATH": str(project.root / "generated" / "python")}
    command = [sys.executable, "-m", "mypy", "--strict", "app.py", "desk.py"]
    checked = run(command, project.root, environment)
    assert checked.returncode == 0, checked.stdout


def test_the_programs_call_the_functions(
    project: Project, backend: EmbeddedBackend, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(project.root / "generated" / "python"),
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
    }
    used = run([sys.executable, "app.py"], project.root, environment)
    assert used.stdout == "Untitled 1\n", used.stderr
    used = run([sys.executable, "desk.py"], project.root, environment)
    assert used.stdout == "['Untitled']\n", used.stderr
    client = project.root / "generated" / "typescript" / "index.js"
    text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
    assert run_node([bundle_text(text, tmp_path)], backend) == "Untitled 2\n"
    used = run([sys.executable, "-c", CLEANING], project.root, environment)
    assert used.stdout == "1\n", used.stderr
