"""`docs/typescript.md`, done as it says."""

from __future__ import annotations

import re
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import make_project

FILES = named_blocks("docs/typescript.md")


def printed_by(name: str, folder: Path) -> list[str]:
    """The lines of a program of the page."""
    spec = folder / "chat.yaml"
    spec.write_text(FILES["schema/chat.yaml"])
    project = make_project(folder / "project", spec)
    project.generate()
    client = project.root / "generated" / "typescript" / "index.js"
    text = FILES[name].replace("./generated/typescript/index.js", client.as_posix())
    with EmbeddedBackend.start(project.root) as backend:
        return run_node([bundle_text(text, folder)], backend).splitlines()


def test_calls_that_end_before(tmp_path: Path) -> None:
    assert printed_by("app.ts", tmp_path) == ["Hello", "AbortError false"]


def test_calls_of_a_user(tmp_path: Path) -> None:
    assert printed_by("user.ts", tmp_path) == [
        "the function that gives tokens failed",
        "Error: nobody is signed in",
    ]


def test_what_calls_cost(tmp_path: Path) -> None:
    get, got, update, refused = printed_by("calls.ts", tmp_path)
    assert re.fullmatch(r"query messages:getById: done after 1 attempts, \d+ bytes", get)
    assert re.fullmatch(r"[\d.]+ \d+ undefined", got)
    assert re.fullmatch(r"mutation messages:update: NotFound after 1 attempts, \d+ bytes", update)
    assert re.fullmatch(r"[\d.]+ \d+ \w{16}", refused)
