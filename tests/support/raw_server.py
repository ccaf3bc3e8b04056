"""A server on loopback that answers with the bytes that a test gives it, whatever they are."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of an answer, after which the connection may be closed or reset."""

    data: bytes
    closes: bool = False
    resets: bool = False


def answer_of(body: bytes, *headers: bytes) -> bytes:
    """An answer with a length."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join((b"HTTP/1.1 200 OK", *headers, length, b"", body))


@dataclass(slots=True)
class RawServer:
    """A server that runs, and what it got."""

    url: str
    requests: list[bytes] = field(default_factory=list[bytes])
    connections: list[socket.socket] = field(default_factory=list[socket.socket])
    closed: list[socket.socket] = field(default_factory=list[socket.socket])

    @property
    def ended(self) -> int:
        """How many connections are closed.

        A socket has no descriptor any more before `close` asks the system to close it.
        """
        return len(self.closed)


Serve: TypeAlias = Callable[[socket.socket], None]
"""What is done with a connection, in a thread of its own, before it is closed."""


@contextmanager
def listening(
    serve: Serve, *, host: str = "127.0.0.1", family: socket.AddressFamily = socket.AF_INET
) -> Generator[int, None, None]:
    """The port of a server that does so with all connections."""
    open_connections: list[socket.socket] = []

    def run(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            serve(connection)

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.append(connection)
            threading.Thread(target=run, args=(connection,), daemon=True).start()

    with socket.create_server((host, 0), family=family, backlog=64) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in open_connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering(
    *answers: Raw | bytes, host: str = "127.0.0.1", family: socket.AddressFamily = socket.AF_INET
) -> Generator[RawServer, None, None]:
    """A server that gives the answers one after the other, the last one again and again."""
    server = RawServer("")
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))

    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.connections.append(connection)
        try:
            with connection:
                answer_all(connection)
        finally:
            server.closed.append(connection)

    def answer_all(connection: socket.socket) -> None:
        for request in requests_of(connection):
            server.requests.append(request)
            answer = next(turns)
            raw = Raw(answer) if isinstance(answer, bytes) else answer
            connection.sendall(raw.data)
            if raw.resets:
                reset(connection)
            if raw.closes or raw.resets:
                return

    with listening(serve, host=host, family=family) as port:
        server.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/query"
        yield server


def reset(connection: socket.socket) -> None:
    """Let the connection be reset when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def requests_of(connection: socket.socket) -> Iterator[bytes]:
    """The requests that come, until the client says no more."""
    received = b""
    while True:
        end = received.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(received[:end])
        whole = end + int(length[1]) if length else end
        if end >= 4 and len(received) >= whole:
            yield received[:whole]
            received = received[whole:]
            continue
        piece = connection.recv(65536)
        if not piece:
            return
        received += piece
