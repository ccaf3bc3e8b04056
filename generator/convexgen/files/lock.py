"""One command at a time writes to a project, and none reads what is half written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

_BUSY = {errno.EAGAIN, errno.EACCES}


@contextmanager
def locked(root: Path, wait: Callable[[], None], *, shared: bool = False) -> Generator[None]:
    """Holds the lock of a project, which ends with the process at the latest.

    `wait` is called where another command has it. Some may `share` it, which only read. It is a
    lock of the folder itself, so that no file is left; where a file system has none, as some over
    networks, nothing is locked.
    """
    if sys.platform == "win32":
        # It cannot lock folders.
        yield
        return
    descriptor = os.open(root, os.O_RDONLY)
    try:
        _lock(descriptor, wait, shared=shared)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, wait: Callable[[], None], *, shared: bool) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _BUSY:
            return
        wait()
        fcntl.flock(descriptor, kind)
