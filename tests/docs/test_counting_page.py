"""`docs/counting.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from plain_functions import Functions
from project import ROOT, make_project, run, tsc

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
    checked = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout
    package = str(project.root / "generated" / "python")
    typed = [sys.executable, "-m", "mypy", "--strict", "app.py", "fill.py"]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": package})
    assert checked.returncode == 0, checked.stdout
    wrong = project.root / "wrong.py"
    wrong.write_text(
        "from mail_convex import ConvexStorage\n"
        "storage = ConvexStorage.from_env()\n"
        "storage.messages.list().count()\n"
        "storage.messages.by_created_at().rank(5)\n"
        "storage.messages.by_created_at().page(offset='5')\n"
    )
    refused = run(
        [sys.executable, "-m", "mypy", "--strict", "wrong.py"],
        project.root,
        {**os.environ, "MYPYPATH": package},
    )
    for line in (3, 4, 5):
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
        client = project.root / "generated" / "typescript" / "index.js"
        text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
        answered = run_node([bundle_text(text, tmp_path)], backend)
        assert answered == "250 250 20 m209\n40 null\n3\n"
        functions = Functions(backend)
        functions.call("inbox:receive", messageId="n", threadId="t2", text="")
        functions.call("system:discardCounts", index="messages.by_createdAt")
        used = run([sys.executable, "fill.py"], project.root, environment)
        assert used.stdout.endswith("251\n"), used.stderr
        arguments = {"threadId": "t2"}
        counted = functions.call("messages:byThreadIdAndCreatedAtCount", **arguments)
        assert counted == 1
        functions.close()
