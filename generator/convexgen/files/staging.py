"""New texts on the disk, beside the files whose place they are to take.

Their names are nobody's: a link that somebody put there is not written through.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from convexgen.files.reading import read_file

_STAGED = ".convexgen-new"
"""Of commands that hold the lock of a project."""
_HELD = ".convexgen-part"
"""Of others: whoever writes such a file holds its own lock."""
# Tools leave alone what starts with a dot: Convex bundles it with no functions.
_NAME = re.compile(rf"\.[0-9a-f]{{16}}({re.escape(_STAGED)}|{re.escape(_HELD)})")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def stage(path: Path, content: bytes, mode: int | None = None, *, is_synced: bool = False) -> Path:
    """Write a file beside a path, to take its place. Raises OSError, of the path.

    If it is synced, it also outlives a machine that stops, as one without power does: a file system
    may else rename a file of which it has not written all.
    """
    staged, file = _opened(path, mode, _STAGED)
    with _removed_if_it_fails(staged), _of(path), file:
        if is_synced:
            _write_synced(file, content)
        else:
            file.write(content)
    return staged


def put_in_place(staged: Path, path: Path) -> None:
    """Let a staged file take the place of a path. Raises OSError, of the path."""
    with _of(path):
        staged.replace(path)


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file as a whole: whatever happens, it has the old text or the new one.

    Raises OSError, of the path.
    """
    staged = stage(path, content, mode, is_synced=True)
    with _removed_if_it_fails(staged):
        put_in_place(staged, path)


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Write files, each as a whole, in an order in which a kill may leave some as they were.

    All are on the disk before the first is replaced. Raises OSError, of one of the paths; then each
    is as it was, unless that fails too. Those that were there keep their mode. They may be of
    several projects, so they need the lock of none.
    """
    before = {path: _found(path) for path in contents}
    staged: dict[Path, Path] = {}
    replaced: list[Path] = []
    with ExitStack() as locks:
        try:
            for path, content in contents.items():
                staged[path], file, lock = _opened_and_held(path, before[path][1])
                locks.enter_context(lock)
                with _of(path), file:
                    _write_synced(file, content)
            for path in contents:
                put_in_place(staged[path], path)
                replaced.append(path)
                del staged[path]
        except BaseException:
            for beside in staged.values():
                with suppress(OSError):
                    beside.unlink()
            for path in reversed(replaced):
                with suppress(OSError):
                    _put_back(path, *before[path])
            raise


@contextmanager
def written(path: Path, mode: int | None = None) -> Generator[IO[bytes]]:
    """A file that is there, under its name, when the block has ended without an error.

    It needs no lock of a project. What killed commands have begun to write so in the folder is
    deleted. Raises OSError, of the path where it is of no other file.
    """
    remove_unheld_leftovers([path.parent])
    staged, file, lock = _opened_and_held(path, mode)
    with lock, _removed_if_it_fails(staged):
        try:
            with file:
                yield file
        except OSError as error:
            raise error if error.filename is not None else _named(path, error) from error
        put_in_place(staged, path)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Delete what killed commands staged in some folders, and did not put in its place.

    Whoever asks for it has the lock of the project that they belong to.
    """
    _remove(folders, _STAGED, _HELD)


def remove_unheld_leftovers(folders: Iterable[Path]) -> None:
    """Delete those of commands that need no lock of a project, in folders of whichever project."""
    _remove(folders, _HELD)


def _remove(folders: Iterable[Path], *endings: str) -> None:
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.name.endswith(endings):
                    with suppress(OSError):  # as of one that is held
                        _remove_one(entry)


def _remove_one(entry: os.DirEntry[str]) -> None:
    """Delete a leftover, unless somebody is writing it. Raises OSError."""
    if not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        return
    if entry.name.endswith(_HELD):
        _remove_unless_held(entry.path)
    else:
        Path(entry.path).unlink(missing_ok=True)


def _write_synced(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _opened_and_held(path: Path, mode: int | None) -> tuple[Path, IO[bytes], ExitStack]:
    """A new file beside a path, and its lock, which lasts longer than the file is open.

    Nobody takes it for a leftover meanwhile, where the system has such locks. Raises OSError.
    """
    while True:
        staged, file = _opened(path, mode, _HELD)
        lock = ExitStack()
        if sys.platform == "win32":
            return staged, file, lock  # there, nobody deletes such files
        import fcntl

        held = os.dup(file.fileno())
        lock.callback(os.close, held)
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        if staged.exists():
            return staged, file, lock
        # Somebody has deleted it between the two.
        lock.close()
        file.close()


def _remove_unless_held(path: str) -> None:
    """Delete a leftover, unless somebody is writing it. Raises OSError."""
    if sys.platform == "win32":
        return
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | _PLAIN)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(path).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _found(path: Path) -> tuple[bytes | None, int | None]:
    """The content of a file and its mode, None where there is none. Raises OSError."""
    try:
        return read_file(path), path.stat().st_mode & 0o777
    except FileNotFoundError:
        return None, None


def _put_back(path: Path, content: bytes | None, mode: int | None) -> None:
    if content is None:
        path.unlink()
    else:
        replace_file(path, content, mode)


def _opened(path: Path, mode: int | None, ending: str) -> tuple[Path, IO[bytes]]:
    """A new file beside a path, of the mode, or else of what the umask leaves.

    Raises OSError, of the path.
    """
    staged = path.with_name(f".{secrets.token_hex(8)}{ending}")
    with _of(path):
        file = os.fdopen(os.open(staged, _NEW | _PLAIN, 0o666 if mode is None else mode), "wb")
    if mode is not None and sys.platform != "win32":
        with suppress(OSError):  # where a file system has no modes
            os.fchmod(file.fileno(), mode)
    return staged, file


@contextmanager
def _removed_if_it_fails(staged: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            staged.unlink()
        raise


@contextmanager
def _of(path: Path) -> Generator[None]:
    """Raises the OSError of the block as one of the path: who reads it knows no other name."""
    try:
        yield
    except OSError as error:
        raise _named(path, error) from error


def _named(path: Path, error: OSError) -> OSError:
    return type(error)(error.errno, error.strerror or str(error), str(path))
