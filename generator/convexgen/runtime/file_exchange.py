"""What is said and heard where files are sent and received, apart from who waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .errors import ConvexgenError, InvalidArgument, NotFound, ServerError, Timeout, Unavailable
from .failures import is_refusal
from .http_answers import HttpAnswers
from .http_requests import request_head
from .origins import Target, target_of
from .proxies import Proxy
from .under_way import UnderWay

_OK = 200
_MISSING = 404
_END_OF_CHUNKS = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that is sent or received."""

    operation: str
    timeout: float
    """For how long nothing may move, in seconds."""
    under_way: UnderWay
    """What its client cuts off when it is closed."""
    stores: bool
    """Whether it is sent, so that it may be stored whatever is heard of it."""

    def unconnected(self, error: OSError) -> ConvexgenError:
        """Why nothing of it was sent."""
        if self.under_way.has_ended:
            return Unavailable("the client was closed", self.operation)
        if isinstance(error, TimeoutError):
            return Timeout(f"nothing moved for {self.timeout:g} s", self.operation)
        return Unavailable(str(error) or type(error).__name__, self.operation)

    def broken(self, error: OSError) -> ConvexgenError:
        """What broke where it was on its way."""
        failure = self.unconnected(error)
        return _doubted(failure) if self.stores else failure

    def end(self, answers: HttpAnswers) -> None:
        """The connection has ended. Raises `ConnectionError` unless that ends the answer."""
        if self.under_way.has_ended:
            raise ConnectionError  # which may have cut it within the answer
        answers.end()


def file_target(url: str, operation: str) -> Target:
    """What the URL of a file leads to, with what follows the question mark in it.

    Raises `ServerError` for what is none: the deployment says them.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerError(f"{url!r} is no URL of a file", operation)
    target = target_of(parts._replace(query="", fragment="").geturl())
    if not parts.query:
        return target
    return replace(target, path=f"{target.path}?{parts.query}", url=f"{target.url}?{parts.query}")


def upload_head(
    target: Target,
    length: int | None,
    content_type: str | None,
    forwarder: Proxy | None,
    operation: str,
) -> bytes:
    """The head of the request that sends a file; without a length, it is sent in chunks."""
    is_chunked = length is None
    headers = {
        **({"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": str(length)}),
        "Accept": "application/json",
        "Content-Type": content_type or "application/octet-stream",
        "Connection": "close",
    }
    try:
        return request_head("POST", target, headers, forwarder)
    except ValueError as error:
        raise InvalidArgument(f"{content_type!r} is no content type", operation) from error


def download_head(target: Target, forwarder: Proxy | None) -> bytes:
    """The request for a file."""
    return request_head(
        "GET", target, {"Accept-Encoding": "identity", "Connection": "close"}, forwarder
    )


def framed(piece: bytes, length: int | None) -> bytes:
    """A piece as it is sent; an empty chunk would end the file."""
    return piece if length is not None or not piece else b"%x\r\n%b\r\n" % (len(piece), piece)


def end_of(done: int, length: int | None, operation: str) -> bytes:
    """What is sent after all pieces. Raises `InvalidArgument` where they are not all."""
    if length is not None and done != length:
        changed = InvalidArgument(
            f"the file has changed while it was sent: {done} bytes of {length} were there",
            operation,
        )
        raise changed if done < length else _doubted(changed)
    return _END_OF_CHUNKS if length is None else b""


class FileAnswers(HttpAnswers):
    """The answer that is a file: its pieces are taken as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def pieces(self) -> Iterator[bytes]:
        """Those that have come since the last time."""
        found, self._pieces = self._pieces, []
        yield from found

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header: a file may be larger than what functions answer."""
        if name.lower() == b"content-length" and self._parser.get_status_code() == _OK:
            self._ends_with_connection = False
            return
        super().on_header(name, value)

    def on_body(self, piece: bytes) -> None:
        """A piece of a file, or of what is said in its place."""
        if self._status == _OK:
            self._between = 0
            self._pieces.append(piece)
        else:
            super().on_body(piece)


def storage_id(status: int, body: bytes, operation: str) -> str:
    """The ID that the answer to an upload has. Raises `ServerError`."""
    if status == _OK:
        try:
            found = json.loads(body)["storageId"]
        except (ValueError, TypeError, KeyError):
            found = None
        if isinstance(found, str):
            return found
    failure = ServerError(f"the answer to the file was {status}: {_text(body)}", operation)
    raise failure if is_refusal(status, body) else _doubted(failure)


def require_file(status: int, body: bytes, operation: str) -> None:
    """Raises `NotFound` and `ServerError` where the answer is no file."""
    if status == _MISSING:
        raise NotFound("there is no such file", operation)
    if status != _OK:
        raise ServerError(f"the answer was {status} and no file: {_text(body)}", operation)


def _doubted(error: ConvexgenError) -> ConvexgenError:
    error.doubt("the file may be stored")
    return error


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")[:500] or "nothing was said"
