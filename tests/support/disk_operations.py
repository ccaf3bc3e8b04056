"""What a command does to a disk, of which one operation is its last, or fails.

An audit hook sees each operation before it is done (PEP 578), and ends it; what is written to
files in pieces is seen where the tool opens them.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"})
"""What is audited of all that changes a disk, besides the opening of files to write."""
READS = frozenset({"open", "os.scandir", "os.listdir"})


class Killed(BaseException):
    """Ends a command as `kill -9` does: whatever it still tries to do to the disk is not done."""


class Operations:
    """Counts what is done to a folder, and ends it before one of them, or lets that one fail."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.done: list[str] = []
        self.last: int | None = None
        self.number: int | None = None
        self.with_reads = False

    def see(self, event: str, arguments: Sequence[object]) -> None:
        if self.root is None or not self._counts(event, arguments):
            return
        if not isinstance(arguments[0], str | os.PathLike) or _is_in_open_folder(event, arguments):
            return
        path = Path.cwd() / arguments[0]
        if not path.is_relative_to(self.root):
            return
        self.done.append(f"{event} {path}")
        if self.last is None or len(self.done) <= self.last:
            return
        if self.number is None:
            raise Killed
        if len(self.done) == self.last + 1:
            raise OSError(self.number, os.strerror(self.number), str(path))

    def _counts(self, event: str, arguments: Sequence[object]) -> bool:
        if event == "open":
            flags = arguments[2]
            is_to_write = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
            return is_to_write or self.with_reads
        return event in CHANGES or event == "write" or (self.with_reads and event in READS)

    @contextmanager
    def stopped(
        self, root: Path, last: int | None = None, number: int | None = None, *, reads: bool = False
    ) -> Generator[None]:
        """Counts what is done in the block; of operations after the `last`, none is done.

        With the `number` of an error, one fails with it, and others are done. With `reads`, those
        that change nothing count too.
        """
        self.done, self.root, self.last, self.number = [], str(root), last, number
        self.with_reads = reads
        opened = os.fdopen
        os.fdopen = cast(Any, _opened)
        try:
            yield
        finally:
            self.root = None
            os.fdopen = opened


OPERATIONS = Operations()
# A hook stays for good; this one does nothing outside `stopped`.
sys.addaudithook(OPERATIONS.see)


def _is_in_open_folder(event: str, arguments: Sequence[object]) -> bool:
    """Whether a path is relative to an open folder, as those that `shutil.rmtree` deletes."""
    return event in {"os.remove", "os.rmdir"} and arguments[1] != -1


class _Seen(io.FileIO):
    """A file of which each piece that is written is an operation."""

    def __init__(self, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._path = str(Path(f"/proc/self/fd/{descriptor}").readlink())

    def write(self, data: Any, /) -> int:
        OPERATIONS.see("write", (self._path,))
        return super().write(data)


def _opened(descriptor: int, mode: str) -> IO[bytes]:
    assert mode == "wb"
    return io.BufferedWriter(_Seen(descriptor, mode))


def tree(root: Path) -> Mapping[str, bytes | None]:
    """Each file with its bytes, and each folder."""
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.name != "node_modules"
    }


def files(root: Path) -> Mapping[str, bytes]:
    """Each file with its bytes."""
    return {path: text for path, text in tree(root).items() if text is not None}


def leftovers(root: Path) -> list[str]:
    """The files that a command has begun to write, and not finished."""
    return [path for path in tree(root) if path.endswith((".convexgen-new", ".convexgen-part"))]
