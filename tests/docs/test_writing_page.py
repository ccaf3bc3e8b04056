"""`docs/writing.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project, run

FILES = named_blocks("docs/writing.md")
PROGRAMS = [path for path in FILES if path.endswith(".py")]


def test_the_page(tmp_path: Path) -> None:
    spec = tmp_path / "jobs.yaml"
    spec.write_text(FILES["schema/jobs.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    for path in PROGRAMS:
        (project.root / path).write_text(FILES[path])
    package = str(project.root / "generated" / "python")
    typed = [sys.executable, "-m", "mypy", "--strict", *PROGRAMS]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": package})
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": package,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        for path in PROGRAMS:
            used = run([sys.executable, path], project.root, environment)
            assert used.returncode == 0, used.stderr
        client = project.root / "generated" / "typescript" / "index.js"
        text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
        printed = run_node([bundle_text(text, tmp_path)], backend)
    assert "`revision` differs" in printed
    assert printed.endswith("undefined\n10 undefined\n")
