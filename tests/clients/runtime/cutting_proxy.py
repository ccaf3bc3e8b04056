"""A TCP proxy on loopback that cuts connections as a test tells it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

_ANSWER = re.compile(rb'"MutationResponse","requestId":(\d+)')


class CuttingProxy:
    """Passes bytes on both ways. `cut_answers` says of the number of each first answer whether the
    connection is cut instead, when the deployment has sent it."""

    def __init__(self, port: int) -> None:
        self.cut_answers: Callable[[int], bool] = lambda _: False
        self.is_closed = False
        """Whether connections are reset as they are accepted."""
        self.accepted = 0
        self.cuts = 0
        self._port = port
        self._answered: set[int] = set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.is_closed:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                client.close()
                continue
            pair = (client, server)
            self._pairs.append(pair)
            for source, target, check in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pass_on, args=(source, target, pair, check), daemon=True
                ).start()

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        pair: tuple[socket.socket, socket.socket],
        is_checked: bool,
    ) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if is_checked and self._must_cut(piece):
                    self.cuts += 1
                    break
                target.sendall(piece)
        _end(pair)

    def _must_cut(self, piece: bytes) -> bool:
        numbers = {int(number) for number in _ANSWER.findall(piece)} - self._answered
        self._answered |= numbers
        return any(self.cut_answers(number) for number in sorted(numbers))

    def cut_all(self) -> None:
        """Cut the connections that there are."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _end(pair)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut_all()


def _end(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def cutting_proxy(port: int) -> Generator[CuttingProxy, None, None]:
    """A proxy to the port of this machine."""
    proxy = CuttingProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
