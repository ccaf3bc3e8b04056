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
PROGRAMS = ("mistakes.py", "application.py", "application_mistakes.py")
PACKAGES = (Path("generated/python"), ROOT / "generated" / "python", ROOT / "generator")
"""Where the packages are that they use, each of another name."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a package of each feature, and with the programs."""
    project = make_project(tmp_path_factory.mktemp("desk") / "project", FILES / "desk.yaml")
    project.generate()
    shutil.copytree(FILES / "convex", project.root / "convex", dirs_exist_ok=True)
    for name in PROGRAMS:
        shutil.copy(FILES / name, project.root)
    return project


def expected() -> set[tuple[str, int]]:
    """The programs and lines in which there is a mistake."""
    return {
        (name, number)
        for name in PROGRAMS
        for number, line in enumerate((FILES / name).read_text().splitlines(), 1)
        if line.endswith("# mistake")
    }


def test_mypy(project: Project) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", *PROGRAMS]
    path = os.pathsep.join(map(str, PACKAGES))
    finished = run(command, project.root, {**os.environ, "MYPYPATH": path})
    found = re.findall(r"^(\w+\.py):(\d+): error", finished.stdout, re.MULTILINE)
    assert {(name, int(number)) for name, number in found} == expected(), finished.stdout
    assert finished.returncode < 2, finished.stdout + finished.stderr


def test_pyright(project: Project) -> None:
    configuration = {
        "include": PROGRAMS,
        "extraPaths": [str(path) for path in PACKAGES],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (project.root / "pyrightconfig.json").write_text(json.dumps(configuration))
    command = [node_tool("pyright"), "--pythonpath", sys.executable, "--outputjson"]
    report = json.loads(run(command, project.root).stdout)
    assert report["summary"]["filesAnalyzed"] == len(PROGRAMS)
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    found = {(Path(one["file"]).name, one["range"]["start"]["line"] + 1) for one in errors}
    assert found == expected(), errors


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
