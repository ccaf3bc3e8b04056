"""`docs/contributing/generation.md`, done as it says in a copy of the tool."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import ROOT, make_project, run

PAGE = (ROOT / "docs" / "contributing" / "generation.md").read_text(encoding="utf-8")

STEP = re.compile(
    r"In `(?P<file>templates/[^`]+)`, before\s+`(?P<before>.+?)`:\n\n"
    r" {3}```\w+\n(?P<added>.*?)^ {3}```$",
    re.MULTILINE | re.DOTALL,
)


def program(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def copy_of_the_tool(folder: Path) -> Path:
    """The tool with its templates and specs, as a wheel has them."""
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generator" / "convexgen", folder / "convexgen", ignore=no_caches)
    for name, place in (("templates", "templates"), ("schema", "specs")):
        shutil.copytree(ROOT / name, folder / "convexgen" / place, ignore=no_caches)
    return folder / "convexgen"


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A project of the spec that is shipped, generated after the steps of the page."""
    tool = copy_of_the_tool(tmp_path / "tool")
    steps = list(STEP.finditer(PAGE))
    assert len(steps) == 4
    for step in steps:
        template = tool / step["file"]
        text = template.read_text(encoding="utf-8")
        assert text.count(step["before"]) == 1, step["before"]
        added = re.sub(r"^ {3}", "", step["added"], flags=re.MULTILINE)
        template.write_text(
            text.replace(step["before"], added + step["before"]), encoding="utf-8", newline="\n"
        )
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    environment = {**os.environ, "PYTHONPATH": str(tool.parent)}
    done = run([sys.executable, "-m", "convexgen", "generate"], project.root, environment)
    assert done.returncode == 0, done.stderr
    return project.root


def test_a_method_is_added_as_the_page_says(generated: Path, tmp_path: Path) -> None:
    threads = (generated / "convex" / "threads.ts").read_text(encoding="utf-8")
    assert "export const exists = internalQuery({" in threads
    package = generated / "generated" / "python"
    store = (package / "mastra_convex" / "threads.py").read_text(encoding="utf-8")
    assert store.count('"""Whether there is a thread with this key."""') == 2
    checked = run([sys.executable, "-m", "mypy", "--strict", "mastra_convex"], package)
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(generated) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": str(package),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        used = run([sys.executable, "-c", program("python")], tmp_path, environment)
        assert used.returncode == 0, used.stderr
        client = generated / "generated" / "typescript" / "index.js"
        text = program("ts").replace("./generated/typescript/index.js", client.as_posix())
        run_node([bundle_text(text, tmp_path)], backend)
