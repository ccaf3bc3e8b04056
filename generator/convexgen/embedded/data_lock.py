"""The lock of a data file, which the server that uses the file has for as long as it lives."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from convexgen.embedded.failures import BackendFailed

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PATIENCE = 2.0
"""Seconds: a server ends a moment after the process that started it."""
_PAUSE = 0.05
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Neither follows a link nor waits for a pipe. Windows has neither of the two."""
_MOST_BYTES = 1_000
"""More than a lock has."""
_BEHIND_THE_TEXT = 1 << 30
"""Windows lets nobody read what is locked."""
_BUSY = {errno.EAGAIN, errno.EACCES}
_LOW = 3
"""The number of the locked file in the server. Files that Node.js has got with low numbers are not
given to what it starts. Source: `uv_disable_stdio_inheritance` of libuv."""
_START = """\
import os, sys
locked, low = int(sys.argv[1]), int(sys.argv[2])
if locked != low:
    os.dup2(locked, low)
    os.close(locked)
os.execv(sys.argv[3], sys.argv[3:])
"""


class DataLock:
    """A lock of the system on a file beside the data file, in which its holder stands.

    It is that of an open file, which the server gets from here: so it ends with the server, however
    that ends, and holds for all who see the file. Numbers of processes do not tell who lives, as
    each container has its own. On Windows, where locks are those of a process, it stays here.

    Attributes:
        data: The data file, by a path that stays when links on the way change.
        path: The file that is locked, which is deleted by who has the lock.
    """

    def __init__(self, data: Path) -> None:
        """Takes the lock.

        Raises:
            BackendFailed: Another server has it, or the data file is none.
        """
        try:
            self.data = _whole_path(data)
            self.path = self.data.with_name(f"{self.data.name}.lock")
            self._descriptor = _taken(self.data, self.path)
        except OSError as error:
            raise BackendFailed(
                f"The data file {data} cannot be used: {error.strerror}"
                f"{'' if error.filename is None else f': {error.filename}'}. "
                "Name another one with --data."
            ) from error
        self._is_open = True

    @property
    def inherited(self) -> tuple[int, ...]:
        """The open files that the server gets."""
        return () if sys.platform == "win32" else (self._descriptor,)

    def starting(self, command: Sequence[str]) -> list[str]:
        """The command that starts a server with the lock, by the one that starts it."""
        if sys.platform == "win32":
            return list(command)
        start = [sys.executable, "-I", "-S", "-c", _START]
        return [*start, str(self._descriptor), str(_LOW), *command]

    def leave_to(self, pid: int) -> None:
        """Notes the process that has got it, whose it is from then on."""
        # On a disk that is full, nobody is told who has it.
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, json.dumps({"pid": pid}).encode())
        if sys.platform != "win32":
            self.close()

    def close(self) -> None:
        """Ends what this process has of it. Does nothing when that has ended."""
        if self._is_open:
            os.close(self._descriptor)
            self._is_open = False


def _whole_path(data: Path) -> Path:
    try:
        kind = data.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if not data.parent.is_dir():
            raise BackendFailed(
                f"There is no folder {data.parent.absolute()} for the data file."
            ) from None
    else:
        if stat.S_ISDIR(kind):
            raise BackendFailed(f"{data} is a folder: --data takes a file.")
        if stat.S_ISLNK(kind):
            raise BackendFailed(
                f"{data} is a link, which somebody else may have put there: name the file itself."
            )
        if not stat.S_ISREG(kind):
            raise BackendFailed(f"{data} is no plain file: --data takes one.")
    return data.parent.resolve() / data.name


def _taken(data: Path, path: Path) -> int:
    """The locked file."""
    end = time.monotonic() + _PATIENCE
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)
        try:
            holder = _holder(descriptor)
            if holder is None:
                raise BackendFailed(
                    f"{data} cannot be locked, as {path} is no lock of convexgen. Delete that, or "
                    "name another file."
                )
            is_locked = _lock(descriptor, data)
            # Who had it may have deleted it, and somebody else has another by now.
            if is_locked and _is_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                return descriptor
            if not is_locked and time.monotonic() > end:
                raise BackendFailed(
                    f"{data} is in use by {holder}. End it first, or name another file; if it is "
                    f"no convexgen, delete {path}."
                )
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not is_locked:
            time.sleep(_PAUSE)


def _holder(descriptor: int) -> str | None:
    """Who has a lock, or had it last; None where it is something else."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        return None
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, _MOST_BYTES)
    if not text:
        return "another process"
    try:
        return f"the process {int(json.loads(text)['pid'])}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _lock(descriptor: int, data: Path) -> bool:
    """Whether nobody else has it."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _BEHIND_THE_TEXT, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise BackendFailed(
            f"{data} cannot be locked: {error.strerror}. Name a file on a file system with locks, "
            "without which two servers could use it at the same time."
        ) from error
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))
