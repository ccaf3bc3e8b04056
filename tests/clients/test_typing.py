"""Type checkers find the mistakes that users make with a generated client, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from project import ROOT, Project, make_project, node_tool, run
from users import start_with_users
from web_tokens import claims, signed

FILES = ROOT / "tests" / "clients" / "typing"
PROGRAMS = {
    "mistakes.py": ROOT / "generated" / "python",
    "application.py": Path("generated/python"),
    "application_mistakes.py": Path("generated/python"),
}
"""What is checked, and where the package is that it uses."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a package of each feature, and with the programs."""
    project = make_project(tmp_path_factory.mktemp("desk") / "project", FILES / "desk.yaml")
    project.generate()
    shutil.copytree(FILES / "convex", project.root / "convex", dirs_exist_ok=True)
    for name in PROGRAMS:
        shutil.copy(FILES / name, project.root)
    return project


def expected_lines(name: str) -> set[int]:
    lines = (FILES / name).read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_mypy(project: Project, name: str) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ".mypy_cache", name]
    path = os.pathsep.join([str(PROGRAMS[name]), str(ROOT / "generator")])
    finished = run(command, project.root, {**os.environ, "MYPYPATH": path})
    found = re.findall(rf"{name}:(\d+): error", finished.stdout)
    assert {int(number) for number in found} == expected_lines(name), finished.stdout
    assert finished.returncode < 2, finished.stdout + finished.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_pyright(project: Project, name: str) -> None:
    configuration = {
        "include": [name],
        "extraPaths": [str(PROGRAMS[name]), str(ROOT / "generator")],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (project.root / "pyrightconfig.json").write_text(json.dumps(configuration))
    command = [node_tool("pyright"), "--pythonpath", sys.executable, "--outputjson"]
    report = json.loads(run(command, project.root).stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    found = {one["range"]["start"]["line"] + 1 for one in errors}
    assert found == expected_lines(name), errors


def test_the_application_runs(project: Project) -> None:
    with start_with_users(project.root) as backend:
        token = signed(claims(sub="ada"))
        environment = {**os.environ, "PYTHONPATH": "generated/python"}
        program = [sys.executable, "application.py", backend.url, backend.admin_key, token]
        done = run(program, project.root, environment)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    # The tests of its storage too.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "convexgen.testing.plugin"]
    tested = run([*command, "application.py"], project.root, environment)
    assert tested.returncode == 0, tested.stdout + tested.stderr
