"""`docs/files.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project, run


def test_the_page(tmp_path: Path) -> None:
    files = named_blocks("docs/files.md")
    (tmp_path / "desk.yaml").write_text(files["schema/desk.yaml"])
    project = make_project(tmp_path / "project", tmp_path / "desk.yaml")
    project.generate()
    package = str(project.root / "generated" / "python")
    (project.root / "app.py").write_text(files["app.py"])
    typed = [sys.executable, "-m", "mypy", "--strict", "app.py"]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": package})
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": package,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        used = run([sys.executable, "app.py"], project.root, environment)
        assert used.stdout == "4 bytes\nb'Oslo'\n", used.stderr
        assert (project.root / "copy.txt").read_text() == "Oslo"
        client = project.root / "generated" / "typescript" / "index.js"
        text = files["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
        assert run_node([bundle_text(text, tmp_path)], backend) == "6\nBergen true\n"
