"""Small HTTP servers on loopback that answer, delay and fail as a test tells them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; None as a status closes the connection without an answer."""

    status: int | None = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


Answer: TypeAlias = Callable[[Request], Reply]


def success(value: Any) -> Reply:
    """The answer of a function that returned the encoded value."""
    return Reply(body=json.dumps({"status": "success", "value": value}).encode())


def failure(message: str, data: Any = None) -> Reply:
    """The answer of a function that failed."""
    answer = {"status": "error", "errorMessage": message}
    if data is not None:
        answer["errorData"] = data
    return Reply(body=json.dumps(answer).encode())


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and the requests that it got."""

    url: str
    requests: list[Request]


@contextmanager
def serving(
    answer: Answer, *, on_get: Callable[[], object] = bool, tls: ssl.SSLContext | None = None
) -> Generator[Server, None, None]:
    """A server that answers every POST with `answer(request)`, each in its own thread.

    It refuses every GET, which WebSockets begin with, after calling `on_get`.
    """
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            on_get()
            self.send_error(501)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, json.loads(self.rfile.read(length)))
            requests.append(request)
            reply = answer(request)
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

    class QuietServer(ThreadingHTTPServer):
        daemon_threads = True
        # Threads that wait for a test that failed must not hold up its end.
        block_on_close = False
        request_queue_size = 64

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls is not None:
                request = tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

        def handle_error(self, request: object, client_address: object) -> None:
            """Be silent: a client that gave up closes its connection."""

    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield Server(f"{scheme}://127.0.0.1:{server.server_address[1]}", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent() -> Generator[str, None, None]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def dripping(answer: bytes) -> Generator[str, None, None]:
    """The URL of a server that sends the bytes of the answer one by one, for ever slowly."""
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                for byte in answer:
                    connection.send(bytes([byte]))
                    if stop.wait(0.05):
                        return
            except OSError:
                return

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def closed_port_url() -> str:
    """A URL at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
