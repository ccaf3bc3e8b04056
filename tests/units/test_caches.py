"""The user's caches, which are believed: what may be somebody else's is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from convexgen.caches import read_cache, write_cache


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


def test_what_is_kept_is_read_and_is_its_owners_alone(base: Path) -> None:
    assert read_cache("kind", "name") is None
    write_cache("kind", "name", b"one", 9)
    write_cache("kind", "name", b"two", 9)
    assert read_cache("kind", "name") == b"two"
    assert read_cache("other", "name") is None
    (entry,) = (base / "convexgen" / "kind").iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


def test_of_a_kind_the_newest_are_kept(base: Path) -> None:
    for number in range(5):
        write_cache("kind", str(number), b"", 3)
        os.utime(base / "convexgen" / "kind" / str(number), (number, number))
    assert names(base / "convexgen" / "kind") == {"2", "3", "4"}


@pytest.mark.parametrize("mode", [0o020, 0o002])
@pytest.mark.parametrize("place", ["", "name"])
def test_what_others_can_write_is_not_read(base: Path, mode: int, place: str) -> None:
    write_cache("kind", "name", b"one", 9)
    path = base / "convexgen" / "kind" / place
    path.chmod(path.stat().st_mode | mode)
    assert read_cache("kind", "name") is None


def test_what_is_of_somebody_else_is_not_read(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cache("kind", "name", b"one", 9)
    before = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: before + 1)
    assert read_cache("kind", "name") is None
    write_cache("kind", "name", b"two", 9)
    monkeypatch.setattr(os, "geteuid", lambda: before)
    assert read_cache("kind", "name") == b"one"


def test_links_and_folders_are_not_read(base: Path, tmp_path: Path) -> None:
    write_cache("kind", "name", b"one", 9)
    folder = base / "convexgen" / "kind"
    (tmp_path / "other").write_bytes(b"two")
    (folder / "link").symlink_to(tmp_path / "other")
    (folder / "folder").mkdir(mode=0o700)
    assert read_cache("kind", "link") is None
    assert read_cache("kind", "folder") is None


@pytest.mark.parametrize("is_file", [False, True], ids=["folder", "file"])
def test_nothing_is_kept_in_a_repository(base: Path, tmp_path: Path, is_file: bool) -> None:
    """What a checkout has there may be anybody's. A work tree of git has a file."""
    write_cache("kind", "name", b"one", 9)
    if is_file:
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    else:
        (tmp_path / ".git").mkdir()
    assert read_cache("kind", "name") is None
    write_cache("kind", "other", b"two", 9)
    assert names(base / "convexgen" / "kind") == {"name"}


def test_where_there_is_no_place_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    for home in (str(tmp_path / "file"), "/proc/none"):
        monkeypatch.setenv("XDG_CACHE_HOME", home)
        write_cache("kind", "name", b"one", 9)
        assert read_cache("kind", "name") is None
    # A path that is not absolute counts for nothing, and the home is nowhere.
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", "nowhere")
    write_cache("kind", "name", b"one", 9)
    assert read_cache("kind", "name") is None
    assert names(tmp_path) == {"file"}
