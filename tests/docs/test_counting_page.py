"""`docs/counting.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from page_examples import named_blocks
from plain_functions import Functions
from project import ROOT, make_project, node_tool, run

FILES = named_blocks("docs/counting.md")


def test_the_page(tmp_path: Path) -> None:
    spec = tmp_path / "mail.yaml"
    spec.write_text(FILES["schema/mail.yaml"])
    project = make_project(tmp_path / "project", spec)
    for path, text in FILES.items():
        file = project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    project.generate()
    configuration = (ROOT / "convex" / "tsconfig.json").read_text()
    (project.root / "convex" / "tsconfig.json").write_text(configuration)
    checked = run([node_tool("tsc"), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout
    package = str(project.root / "generated" / "python")
    typed = [sys.executable, "-m", "mypy", "--strict", "app.py", "fill.py"]
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
        functions = Functions(backend)
        functions.call("inbox:receive", messageId="n", threadId="t2", text="")
        functions.call("system:discardCounts", index="messages.by_createdAt")
        used = run([sys.executable, "fill.py"], project.root, environment)
        assert used.stdout.endswith("251\n"), used.stderr
        arguments = {"threadId": "t2"}
        counted = functions.call("messages:byThreadIdAndCreatedAtCount", **arguments)
        assert counted == 1
        functions.close()
