"""Reading files of which only the names are known: whatever is there, it ends, and fits in memory.

It imports only the standard library, since every run reads files.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 64 * 2**20
"""No file of a project is longer: what is generated from a thousand entities has a few MB."""

_MORE = 2**20
"""How many bytes are read at once of a file that has grown since it was opened."""
_PLAIN = os.O_RDONLY | getattr(os, "O_BINARY", 0)
# A pipe waits for a writer when it is opened, unless told not to.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def read_file(path: Path | str, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file.

    Raises OSError, also for devices, pipes and sockets, for what is longer than `most`, and for
    names that no file can have.
    """
    # Every run reads all files of a project. To make a `Path` and a file object takes three times
    # as long as to read most of them.
    try:
        # Opening some devices already does something, so look first.
        _check(path, os.stat(path), most)  # noqa: PTH116
        descriptor = os.open(path, _PLAIN | _AT_ONCE)
    except ValueError as error:
        # A NUL, or half a character.
        raise OSError(errno.EINVAL, "no file has such a name", str(path)) from error
    try:
        status = os.fstat(descriptor)
        _check(path, status, most)
        content = os.read(descriptor, status.st_size + 1)
        while len(content) <= most and (more := os.read(descriptor, _MORE)):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise _too_large(path, most)
    return content


def resolved(path: Path) -> Path:
    """The path with no link in it. Unlike `Path.resolve`, it takes a circle of links as it is."""
    return Path(os.path.realpath(path))


def _check(path: Path | str, status: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if status.st_size > most:
        raise _too_large(path, most)


def _too_large(path: Path | str, most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most // 2**20} MiB", str(path))
