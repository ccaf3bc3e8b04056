"""New texts on the disk, beside the files whose place they are to take.

Their names are nobody's: a link that somebody put there is not written through.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_ENDING = ".convexgen-new"
# Tools leave alone what starts with a dot: Convex bundles it with no functions.
_NAME = re.compile(rf"\.[0-9a-f]{{16}}{re.escape(_ENDING)}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def stage(path: Path, content: bytes, mode: int = 0o666) -> Path:
    """Write a file beside a path, to take its place. Raises OSError, of the path."""
    staged, file = _opened(path, mode)
    with _removed_if_it_fails(staged):
        try:
            with file:
                file.write(content)
        except OSError as error:
            raise _of(path, error) from error
    return staged


def put_in_place(staged: Path, path: Path) -> None:
    """Let a staged file take the place of a path. Raises OSError, of the path."""
    try:
        staged.replace(path)
    except OSError as error:
        raise _of(path, error) from error


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file as a whole: whatever happens, it has the old text or the new one.

    Raises OSError, of the path.
    """
    staged = stage(path, content, mode)
    with _removed_if_it_fails(staged):
        put_in_place(staged, path)


@contextmanager
def written(path: Path, mode: int = 0o666) -> Generator[IO[bytes]]:
    """A file that is there, under its name, when the block has ended without an error.

    Raises OSError.
    """
    staged, file = _opened(path, mode)
    with _removed_if_it_fails(staged):
        with file:
            yield file
        put_in_place(staged, path)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Delete what killed commands staged in some folders, and did not put in its place."""
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and stat.S_ISREG(
                    entry.stat(follow_symlinks=False).st_mode
                ):
                    Path(entry.path).unlink(missing_ok=True)


def _opened(path: Path, mode: int) -> tuple[Path, IO[bytes]]:
    """A new file beside a path. Raises OSError, of the path."""
    staged = path.with_name(f".{secrets.token_hex(8)}{_ENDING}")
    try:
        return staged, os.fdopen(os.open(staged, _NEW | _PLAIN, mode), "wb")
    except OSError as error:
        raise _of(path, error) from error


@contextmanager
def _removed_if_it_fails(staged: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            staged.unlink()
        raise


def _of(path: Path, error: OSError) -> OSError:
    reason = error.strerror or str(error)
    return type(error)(error.errno, reason, str(path))
