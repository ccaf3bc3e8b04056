"""A TCP proxy on loopback that breaks connections by chance."""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress

_RESET_AT_ONCE = b"\1\0\0\0\0\0\0\0"
"""For SO_LINGER: closing sends a reset."""


def _page(status: bytes) -> bytes:
    return (
        b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\nConnection: close\r\n"
        b"Content-Length: 22\r\n\r\n<html>upstream</html>\n"
    )


_OTHERS = {
    "gateway": _page(b"503 Service Unavailable"),
    "rate": _page(b"429 Too Many Requests"),
    "garbage": _page(b"200 OK"),
    "no HTTP": bytes(range(256)),
}
"""What answers in place of the deployment; in the middle of a WebSocket, it is no frame."""


class FaultProxy:
    """Passes bytes on both ways to a port of this machine, but for some faults.

    What a client sends is passed on whole or not at all, so that nothing is run later than it is
    given up; answers are cut, halved, late, withheld, or those of something else.
    """

    def __init__(self, port: int, seed: int, share: float) -> None:
        self.share = share
        """Of connections and of pieces, that suffer a fault."""
        self.suffered: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._port = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name="fault proxy", daemon=True)
        self._thread.start()

    def _draw(self, *faults: str) -> str | None:
        with self._lock:
            if self._random.random() >= self.share:
                return None
            fault = self._random.choice(faults)
            self.suffered[fault] += 1
            return fault

    @property
    def open_connections(self) -> int:
        """How many have not ended on both sides."""
        with self._lock:
            return len(self._open)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._draw("refused"):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self._lock:
                self._open.update(pair)
            connection = _Connection(self, *pair)
            for work in (connection.ask, connection.answer):
                threading.Thread(target=work, daemon=True).start()

    def draw_question(self) -> str | None:
        """What becomes of a piece of what a client sends."""
        return self._draw("cut before")

    def draw_answer(self) -> str | None:
        """What becomes of a piece of what the deployment answers."""
        return self._draw("cut after", "half", *_OTHERS, "stalled", "late", "late")

    def end(self, *sockets: socket.socket) -> None:
        """End both sides of a connection."""
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.difference_update(sockets)

    def close(self) -> None:
        """End all connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.end(*list(self._open))


class _Connection:
    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._is_web_socket = False
        self._is_over = threading.Event()

    def ask(self) -> None:
        """Pass on what the client sends."""
        with suppress(OSError):
            while piece := self._client.recv(65536):
                self._is_web_socket |= b"Upgrade: websocket" in piece
                if self._proxy.draw_question():
                    break
                self._server.sendall(piece)
        self._end()

    def answer(self) -> None:
        """Pass on what the deployment answers, or not."""
        with suppress(OSError):
            while piece := self._server.recv(65536):
                fault = self._proxy.draw_answer()
                match fault:
                    case "cut after":
                        break
                    case "half":
                        self._client.sendall(piece[: len(piece) // 2])
                        break
                    case str() if fault in _OTHERS:
                        self._client.sendall(_OTHERS[fault])
                        break
                    case "stalled":
                        # Longer than the deadlines of the clients.
                        while not self._is_over.wait(2):
                            self._is_over.set()
                        break
                    case "late":
                        if self._is_over.wait(0.03):
                            break
                self._client.sendall(piece)
        self._end()

    def _end(self) -> None:
        self._is_over.set()
        self._proxy.end(self._client, self._server)
        for one in (self._client, self._server):
            one.close()


@contextmanager
def fault_proxy(port: int, seed: int, share: float) -> Generator[FaultProxy, None, None]:
    """A proxy to the port of this machine."""
    proxy = FaultProxy(port, seed, share)
    try:
        yield proxy
    finally:
        proxy.close()
