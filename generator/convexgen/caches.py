"""The user's caches: what was computed on this machine, and need not be computed again.

What is in them is believed. So nobody else may have written it: no other user, and not the author
of a checkout. It imports only the standard library, since every run reads a cache.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

_REPOSITORY = ".git"


def read_cache(kind: str, name: str) -> bytes | None:
    """What is kept of a kind under a name; None where nothing is, or it may be somebody else's."""
    folder = _folder(kind)
    try:
        if folder is None or not _is_own(folder) or not _is_own(folder / name):
            return None
        return (folder / name).read_bytes()
    except OSError:
        return None


def write_cache(kind: str, name: str, content: bytes, most: int) -> None:
    """Keep something, as a whole or not at all, and of its kind no more than the newest."""
    folder = _folder(kind)
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(folder):
            return
        new = folder / f"{os.urandom(8).hex()}.new"
        new.touch(mode=0o600, exist_ok=False)
        new.write_bytes(content)
        new.replace(folder / name)
        with os.scandir(folder) as entries:
            found = sorted((entry.stat().st_mtime, entry.path) for entry in entries)
        for _, path in found[:-most]:
            Path(path).unlink()


def _folder(kind: str) -> Path | None:
    """Where a kind is kept; None where there is no place, or in a repository, as a checkout is."""
    base = _base()
    if not base.is_absolute():
        return None
    folder = Path(os.path.realpath(base / "convexgen" / kind))
    is_in_repository = any(os.path.lexists(one / _REPOSITORY) for one in folder.parents)
    return None if is_in_repository else folder


def _base() -> Path:
    """The user's folder of caches; no absolute path where none is known.

    Source: specifications.freedesktop.org, "XDG Base Directory Specification", by which paths that
    are not absolute are ignored.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", ""))
    try:
        return Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache").expanduser()
    except RuntimeError:
        return Path()


def _is_own(path: Path) -> bool:
    """Whether nobody else can have written a file, or into a folder. Raises OSError."""
    status = path.lstat()
    if sys.platform == "win32":
        return True
    is_others = status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not stat.S_ISLNK(status.st_mode) and not is_others
