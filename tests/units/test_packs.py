"""The packs that come with the tool."""

from __future__ import annotations

from pathlib import Path

import pytest
from convexgen.files import manifest
from convexgen.packs import pack_folders, read_pack


def test_their_code_is_a_part_of_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was generated from another one is not up to date."""
    monkeypatch.setattr(manifest, "pack_folders", lambda: (tmp_path,))
    found = {manifest.hash_tool()}
    for name in ("mine.yaml", "mine/code.ts", "mine/saver.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("1")
        found.add(manifest.hash_tool())
        path.write_text("2")
        found.add(manifest.hash_tool())
    assert len(found) == 7


def test_they_are_read_from_any_of_their_folders() -> None:
    for folder in pack_folders():
        for path in folder.glob("*.yaml"):
            assert read_pack(f"pack:{path.stem}") == path.read_bytes()
            assert read_pack(f"pack:{path.name}") == path.read_bytes()
    with pytest.raises(
        FileNotFoundError, match="the packs are pack:langgraph, pack:mastra, pack:py"
    ):
        read_pack("pack:none")
    with pytest.raises(OSError, match=r"none\.yaml"):
        read_pack("pack:none.yaml")
