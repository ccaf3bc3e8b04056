"""What the tool writes for ten specs, each of one subject, in full.

Each folder of `golden/` holds a spec, the files that it names, and every file that `convexgen
generate` writes for it. A file that reads as that of this project's own spec (the runtimes, most of
`convex/lib/`) is not repeated. After a change of a template, run with UPDATE_GOLDEN=1 and read
`git diff tests/golden`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

import pytest
from project import ROOT, make_project

GOLDEN = ROOT / "tests" / "golden"
OWN_SPEC = "schema/mastra.yaml"
OWN_PACKAGE = "generated/python/mastra_convex"


def own_path(path: str) -> Path:
    """Where the file is that this project's own spec gives in the same place."""
    below = PurePosixPath(path)
    if path.startswith("generated/python/"):
        return ROOT / OWN_PACKAGE / PurePosixPath(*below.parts[3:])
    return ROOT / below


def is_own(path: str, text: str) -> bool:
    """Whether a file differs from this project's own in nothing but the name of the spec."""
    own = own_path(path)
    if not own.is_file():
        return False
    return own.read_text(encoding="utf-8") == text.replace("schema/spec.yaml", OWN_SPEC, 1)


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden(name: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, GOLDEN / name / "spec.yaml")
    given = project.tree()
    project.generate()
    written = {
        path: content.decode()
        for path, content in project.tree().items()
        if path not in given and not path.startswith(".convexgen/")
    }
    assert any(path.startswith("convex/") for path in written)
    assert any(path.startswith("generated/python/") for path in written)
    assert any(path.startswith("generated/typescript/") for path in written)
    rendered = {path: text for path, text in written.items() if not is_own(path, text)}
    if os.environ.get("UPDATE_GOLDEN") == "1":
        for folder in ("convex", "generated"):
            shutil.rmtree(GOLDEN / name / folder, ignore_errors=True)
        for path, text in rendered.items():
            file = GOLDEN / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    golden = {
        path.relative_to(GOLDEN / name).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("convex", "generated")
        for path in sorted((GOLDEN / name / folder).rglob("*"))
        if path.is_file()
    }
    assert rendered == golden
