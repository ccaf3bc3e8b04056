"""What git tells of a commit's folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from convexgen.files.git import read_folder
from project import run

FILES = ("top.yaml", "schema/a.yaml", "schema/below/b.yaml")


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("", ["schema", "top.yaml"]),
        ("schema", ["a.yaml", "below"]),
        ("schema/", ["a.yaml", "below"]),
        ("schema/below", ["b.yaml"]),
        ("none", []),
    ],
)
def test_what_a_commit_has_in_a_folder(tmp_path: Path, folder: str, names: list[str]) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "all"]):
        assert run(["git", *command], tmp_path).returncode == 0
    assert read_folder(tmp_path, "HEAD", folder) == names
