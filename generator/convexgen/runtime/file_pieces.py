"""What files are sent from and received into, in pieces: of any size, in little memory."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import AsyncIterable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, TypeAlias

from .errors import InvalidArgument

FileSource: TypeAlias = (
    str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Iterable[bytes]
)
"""What a file is sent from: a path, its bytes, an open file, or what gives its bytes in pieces."""

AsyncFileSource: TypeAlias = FileSource | AsyncIterable[bytes]
"""The same in asyncio, where the pieces may be awaited."""

FileTarget: TypeAlias = str | PathLike[str] | IO[bytes]
"""What a file is received into: a path, or an open file."""

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Pieces:
    """The bytes of a file, in pieces."""

    pieces: Iterator[bytes]
    length: int | None
    """How many bytes there are; None where that is known at the end alone."""
    content_type: str | None


@contextmanager
def pieces_of(source: FileSource) -> Generator[Pieces, None, None]:
    """The pieces of a file. Raises `InvalidArgument` for what is none, and OSError."""
    if isinstance(source, str | PathLike):
        path = Path(fspath(source))
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            yield Pieces(_read(file), length, mimetypes.guess_type(path.name)[0])
    elif isinstance(source, bytes | bytearray | memoryview):
        content = memoryview(source).cast("B")
        starts = range(0, len(content), PIECE_BYTES)
        pieces = (bytes(content[start : start + PIECE_BYTES]) for start in starts)
        yield Pieces(pieces, len(content), None)
    elif hasattr(source, "read"):
        file_like: Any = source
        yield Pieces(_read(file_like), None, None)
    else:
        yield Pieces(map(checked_piece, _iterated(source)), None, None)


def _iterated(source: Any) -> Iterator[Any]:
    try:
        return iter(source)
    except TypeError:
        raise InvalidArgument(
            f"a {type(source).__name__} is no file: give a path, bytes, or an open file"
        ) from None


def checked_piece(piece: object) -> bytes:
    """A piece of a file. Raises `InvalidArgument` for what is none."""
    if isinstance(piece, memoryview):
        piece = piece.tobytes()
    if not isinstance(piece, bytes | bytearray):
        raise InvalidArgument(
            f"the pieces of a file are bytes, not {type(piece).__name__}: open it as binary"
        )
    return bytes(piece)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := checked_piece(file.read(PIECE_BYTES)):
        yield piece


@contextmanager
def opened_target(target: FileTarget) -> Generator[IO[bytes], None, None]:
    """What a file is written to, which is there under its name when all is in it."""
    if not isinstance(target, str | PathLike):
        yield target
        return
    path = Path(fspath(target))
    beside = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        with beside.open("xb") as file:
            yield file
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
