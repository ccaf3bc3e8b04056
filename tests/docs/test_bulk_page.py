"""`docs/bulk.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project, run

FILES = named_blocks("docs/bulk.md")
WRONG = """
from chat_convex import ConvexStorage
storage = ConvexStorage.from_env()
storage.messages.list().update(set={"nothing": 1})
storage.messages.by_author("ada").update(set={"author": 1})
storage.messages.by_author("ada").update(set={"message_id": "m"})
"""


def test_the_page(tmp_path: Path) -> None:
    spec = tmp_path / "chat.yaml"
    spec.write_text(FILES["schema/chat.yaml"])
    project = make_project(tmp_path / "project", spec)
    for path in ("app.py", "app.ts"):
        (project.root / path).write_text(FILES[path])
    (project.root / "wrong.py").write_text(WRONG)
    project.generate()
    package = str(project.root / "generated" / "python")
    mypy = [sys.executable, "-m", "mypy", "--strict"]
    checked = run([*mypy, "app.py"], project.root, {**os.environ, "MYPYPATH": package})
    assert checked.returncode == 0, checked.stdout
    refused = run([*mypy, "wrong.py"], project.root, {**os.environ, "MYPYPATH": package})
    for line in (4, 5, 6):
        assert f"wrong.py:{line}: error" in refused.stdout
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": package,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        used = run([sys.executable, "app.py"], project.root, environment)
        assert used.returncode == 0, used.stderr
        assert used.stdout.splitlines()[-1] == "1200"
        client = project.root / "generated" / "typescript" / "index.js"
        text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
        assert run_node([bundle_text(text, tmp_path)], backend) == "1\n1\n1\n1\n"
