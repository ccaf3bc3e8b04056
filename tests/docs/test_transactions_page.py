"""`docs/transactions.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project, run

FILES = named_blocks("docs/transactions.md")


def test_the_page(tmp_path: Path) -> None:
    spec = tmp_path / "bank.yaml"
    spec.write_text(FILES["schema/bank.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    package = str(project.root / "generated" / "python")
    for name in ("app.py", "report.py"):
        (project.root / name).write_text(FILES[name])
    typed = [sys.executable, "-m", "mypy", "--strict", "app.py", "report.py"]
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
        assert used.returncode == 0, used.stderr
        client = project.root / "generated" / "typescript" / "index.js"

        def printed(name: str) -> str:
            text = FILES[name].replace("./generated/typescript/index.js", client.as_posix())
            return run_node([bundle_text(text, tmp_path)], backend)

        assert printed("app.ts") == "t3\n"
        used = run([sys.executable, "report.py"], project.root, environment)
        assert used.returncode == 0, used.stderr
        assert printed("report.ts") == "2 2\n"
