"""`docs/typescript.md`, done as it says."""

from __future__ import annotations

from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project

FILES = named_blocks("docs/typescript.md")


def test_calls_that_end_before(tmp_path: Path) -> None:
    spec = tmp_path / "chat.yaml"
    spec.write_text(FILES["schema/chat.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    client = project.root / "generated" / "typescript" / "index.js"
    text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
    with EmbeddedBackend.start(project.root) as backend:
        printed = run_node([bundle_text(text, tmp_path)], backend)
    assert printed == "Hello\nAbortError false\n"
