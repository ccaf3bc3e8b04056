"""The answers of one connection: from bytes to status and body, within bounds.

What an answer may be is what `httptools` takes, the parser of Node.js, with less: lengths, chunks
and answers that end with the connection; nothing that a client of `POST` has not asked for. Sizes
are bounded, since what answers need not be a deployment.
"""

from __future__ import annotations

import zlib
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEADER_BYTES: Final = 64 * 1024
"""Of all names and values."""
_MAX_BYTES_BETWEEN: Final = 2 * MAX_HEADER_BYTES
"""Before, between and after pieces of a body: what has not ended yet is in no name or value."""
MAX_BODY_BYTES: Final = 128 * 1024 * 1024
"""Convex returns 16 MiB, of which JSON may have six bytes for one, such as "\\u0001"."""

_MAX_GZIP_MEMBERS: Final = 16
"""Servers send one. Each is unpacked by itself, from a copy of what is left."""

_GZIP_BITS = 16 + zlib.MAX_WBITS
_BODILESS: Final = frozenset([204, 304])


class MalformedAnswer(ConnectionError):
    """What came is no answer of HTTP/1.1, or one above the bounds."""


class HttpAnswers:
    """The parser of one connection. Begin with `expect`, then `feed` until `is_complete`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.expect()
        self.keeps_alive = True
        """Whether the connection may be used for another request, once the answer is complete."""

    def expect(self) -> None:
        """There is another request."""
        self.is_complete = False
        self._has_begun = False
        self._is_in_body = False
        self._status = 0
        self._ends_with_connection = True
        self._encoding = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._header_bytes = 0
        self._between = 0
        """How much has come since the last piece of the body."""

    def feed(self, data: bytes) -> None:
        """More has come. Raises `MalformedAnswer`."""
        self._has_begun = True
        self._between += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as error:
            raise MalformedAnswer("the answer is of another protocol than HTTP") from error
        except HttpParserError as error:
            self.keeps_alive = False
            if self.is_complete:
                return  # what comes after the answer is not asked for
            reason = error.__context__
            if isinstance(reason, MalformedAnswer):
                raise reason from None
            raise MalformedAnswer(f"the answer is not HTTP: {error}") from error
        if self._between > _MAX_BYTES_BETWEEN and not self.is_complete:
            raise MalformedAnswer(_TOO_LONG)

    def end(self) -> None:
        """The connection was closed. Raises `ConnectionError` unless that ends the answer."""
        self.keeps_alive = False
        if not self._has_begun:
            raise ConnectionError("the connection was closed without an answer")
        if not (self._is_in_body and self._ends_with_connection):
            raise ConnectionError("the connection was closed within the answer")
        self.is_complete = True

    def take(self) -> tuple[int, bytes]:
        """The status and the body, once it is complete. Raises `MalformedAnswer`."""
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        if self._encoding in (b"", b"identity"):
            return self._status, body
        if self._encoding not in (b"gzip", b"x-gzip"):
            encoding = self._encoding.decode("ascii", "replace")
            raise MalformedAnswer(f"the answer is encoded as {encoding!r}, not as gzip")
        return self._status, _decompressed(body)

    # What the parser calls

    def on_message_begin(self) -> None:
        """An answer begins: the only one, but for those that say that another one follows."""
        if self.is_complete:
            raise MalformedAnswer("there is more than one answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or what follows the last chunk."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise MalformedAnswer(_TOO_LONG)
        if self._is_in_body:
            return
        match name.lower():
            case b"content-length":
                self._ends_with_connection = False
                if int(value) > MAX_BODY_BYTES:
                    raise MalformedAnswer(_TOO_LARGE)
            case b"transfer-encoding":
                self._ends_with_connection = False
                if value.strip().lower() != b"chunked":
                    raise MalformedAnswer("the answer is transferred in another way than in chunks")
            case b"content-encoding":
                before = (self._encoding,) if self._encoding else ()
                self._encoding = b", ".join((*before, value.strip().lower()))
            case _:
                pass

    def on_headers_complete(self) -> None:
        """All headers were there."""
        status = self._status = self._parser.get_status_code()
        if status < 100 or self._parser.get_http_version() not in ("1.1", "1.0"):
            raise MalformedAnswer("the answer is not one of HTTP/1.1")
        self._is_in_body = status >= 200
        if status in _BODILESS:
            self._ends_with_connection = False

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        self._between = 0
        self._body_bytes += len(piece)
        if self._body_bytes > MAX_BODY_BYTES:
            raise MalformedAnswer(_TOO_LARGE)
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """The answer was there, or one that says that another one follows: RFC 9110, 15.2."""
        if self._is_in_body:
            self.is_complete = True
            self.keeps_alive = self._parser.should_keep_alive()
        else:
            self._ends_with_connection = True
            self._encoding = b""


_TOO_LONG = f"the answer has more than {MAX_HEADER_BYTES // 1024} KiB of headers"
_TOO_LARGE = f"the answer has more than {MAX_BODY_BYTES // 1024 // 1024} MiB"


def _decompressed(body: bytes) -> bytes:
    """What was packed, in one piece of gzip or several: RFC 1952, section 2.2."""
    pieces: list[bytes] = []
    left = MAX_BODY_BYTES
    while body:
        if len(pieces) == _MAX_GZIP_MEMBERS:
            raise MalformedAnswer("the answer is gzip of too many members")
        unpacking = zlib.decompressobj(_GZIP_BITS)
        try:
            piece = unpacking.decompress(body, left + 1)
        except zlib.error as error:
            raise MalformedAnswer(f"the answer is not valid gzip: {error}") from error
        left -= len(piece)
        if left < 0:
            raise MalformedAnswer(_TOO_LARGE)
        if not unpacking.eof:
            raise MalformedAnswer("the answer is not valid gzip: its end is missing")
        pieces.append(piece)
        body = unpacking.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
