"""`docs/langgraph.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from page_examples import named_blocks
from project import make_project, run

FILES = named_blocks("docs/langgraph.md")

PRINTED = {
    "app.py": "('ask',)\n{'city': 'Oslo', 'answer': 'yes'}\n[1, 0, -1]\n1 yes\n",
    "several.py": "{'turns': 1}\nNone\n",
}
"""What the programs of the page print."""


def test_the_programs(tmp_path: Path) -> None:
    spec = tmp_path / "agents.yaml"
    spec.write_text(FILES["schema/agents.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    programs = [name for name in FILES if name.endswith(".py")]
    assert programs == [*PRINTED]
    for name in programs:
        (project.root / name).write_text(FILES[name])
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
        for name, printed in PRINTED.items():
            used = run([sys.executable, name], project.root, environment)
            assert used.returncode == 0, used.stderr
            assert used.stdout == printed
