"""The pages on frameworks for agents, done as they say."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from page_examples import named_blocks
from project import make_project, run

PRINTED = {
    "langgraph": {
        "app.py": "('ask',)\n{'city': 'Oslo', 'answer': 'yes'}\n[1, 0, -1]\n1 yes\n",
        "several.py": "{'turns': 1}\nNone\n",
        "memory.py": "['Oslo', 'Rome']\n['diet']\n[('ada', 'notes'), ('ada', 'trips')]\n",
    },
    "pydantic-ai": {"app.py": "['trip-7']\n2\nanother turn came first\nNone 2\n"},
}
"""What the programs of the pages print."""


@pytest.mark.parametrize("page", PRINTED)
def test_the_programs(page: str, tmp_path: Path) -> None:
    files = named_blocks(f"docs/{page}.md")
    spec = tmp_path / "agents.yaml"
    spec.write_text(files["schema/agents.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    programs = [name for name in files if name.endswith(".py")]
    assert programs == [*PRINTED[page]]
    for name in programs:
        (project.root / name).write_text(files[name])
    package = project.root / "generated" / "python"
    typed = [sys.executable, "-m", "mypy", "--strict", *programs]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": str(package)})
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": str(package),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        for name, printed in PRINTED[page].items():
            used = run([sys.executable, name], project.root, environment)
            assert used.returncode == 0, used.stderr
            assert used.stdout == printed
