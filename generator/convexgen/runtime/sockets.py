"""Sending and receiving within a deadline, for threads."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from .deadlines import Deadline
from .socket_input import Input, wait_for_output


class Line:
    """A connected socket, of one thread at a time.

    It waits for nothing by itself. To give the socket a timeout for each wait takes two more calls
    of the system, at each of which another thread takes the interpreter.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._encrypted = connected if isinstance(connected, ssl.SSLSocket) else None
        self._input = Input(connected.fileno())

    def has_input(self) -> bool:
        """Whether something waits to be read: bytes, an error or the end of the connection."""
        return self._input.is_there()

    def send(self, data: memoryview, deadline: Deadline) -> int:
        """Send a part of the data, of which the number of bytes is returned."""
        while True:
            left = deadline.wait()
            try:
                return self._socket.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError):
                wait_for_output(self._socket.fileno(), left)
            except ssl.SSLWantReadError:
                self._input.wait(left)

    def receive(self, most: int, deadline: Deadline) -> bytes:
        """Some bytes, at most so many; none if the connection was closed."""
        while True:
            # What was decrypted already is no input any more.
            if self._encrypted is None or not self._encrypted.pending():
                while not self._input.wait(deadline.wait()):
                    pass  # the deadline says so itself
            try:
                return self._socket.recv(most)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue  # a part of what is encrypted together
            except ssl.SSLWantWriteError:
                wait_for_output(self._socket.fileno(), deadline.wait())

    def cut(self) -> None:
        """End it for the thread that waits on it, whose turn it is to close it."""
        with suppress(OSError):
            # Not `SSLSocket.shutdown`, which takes TLS away under that thread.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it. May be repeated."""
        self._socket.close()
