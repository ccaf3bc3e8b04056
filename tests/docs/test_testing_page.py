"""What `docs/testing.md`, and the README, show of tests, run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import page_examples
import pytest
from children import child
from page_examples import read_page
from project import ROOT, Project, make_project, node_tool, run, tsc
from waiting import PATIENCE

PAGE = read_page("docs/testing.md")


def blocks(language: str, page: str = "docs/testing.md") -> list[str]:
    return page_examples.blocks(page, language)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(
        tmp_path_factory.mktemp("page") / "project", ROOT / "schema" / "mastra.yaml"
    )
    spec = made.root / "schema" / "mastra.yaml"
    spec.write_text(f"{spec.read_text()}\ntypescript: {{testing: vitest}}\n")
    made.generate()
    return made


def environment() -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    packages = str(ROOT / "generator")
    return {**os.environ, "PATH": programs, "PYTHONPATH": packages, "NO_COLOR": "1"}


def test_pytest(project: Project) -> None:
    (settings,), (example,) = blocks("toml"), blocks("python")
    (project.root / "pyproject.toml").write_text(settings)
    (project.root / "test_storage.py").write_text(example)
    plugin = ["-p", "convexgen.testing.plugin", "-p", "no:cacheprovider"]
    finished = run([sys.executable, "-m", "pytest", *plugin], project.root, environment())
    assert "1 passed" in finished.stdout, finished.stdout + finished.stderr
    checked = run([sys.executable, "-m", "mypy", "--strict", "test_storage.py"], project.root)
    assert checked.returncode == 0, checked.stdout


def test_vitest(project: Project) -> None:
    for text in blocks("typescript"):
        name = re.match(r"// (\S+\.ts)\n", text)
        assert name is not None
        (project.root / name[1]).write_text(text)
    (example,) = blocks("typescript", "README.md")
    (project.root / "readme.test.ts").write_text(example)
    finished = run([node_tool("vitest"), "run"], project.root, environment())
    assert re.search(r"Tests +2 passed \(2\)", finished.stdout), finished.stdout + finished.stderr
    configuration = json.loads(
        (ROOT / "tests" / "clients" / "vitest" / "tsconfig.json").read_text()
    )
    configuration["include"] = ["*.ts"]
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    checked = run([*tsc(), "--project", "tsconfig.json"], project.root)
    assert checked.returncode == 0, checked.stdout


def test_requests(project: Project) -> None:
    """Those of other runners: each is answered, and the end of the input is the end."""
    requests = re.findall(r"`(\{\"method\".*?\})`(?= [`|])", PAGE)
    assert len(requests) == 7
    command = [sys.executable, "-m", "convexgen", "test-server", "--project", str(project.root)]
    asked = "".join(f"{request}\n" for request in [*requests, '{"method":"nonsense"}'])
    with child(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.stdin.write(asked)
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(len(requests) + 1)]
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
    assert "no such request" in answers.pop()["error"]
    assert ready.keys() == {"ready", "url", "port", "siteUrl", "adminKey"}
    assert [set(answer) for answer in answers] == [
        {"url", "port", "siteUrl"},
        *[{"now"}] * 4,
        set(),
        set(),
    ]
