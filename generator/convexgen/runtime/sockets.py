"""Sending and receiving within a deadline, for threads."""

from __future__ import annotations

import socket
from contextlib import suppress

from .deadlines import Deadline


def send(connected: socket.socket, data: memoryview, deadline: Deadline) -> int:
    """Send a part of the data, of which the number of bytes is returned."""
    while True:
        connected.settimeout(deadline.wait())
        try:
            return connected.send(data)
        except TimeoutError:
            continue  # that of the deadline says so itself


def receive(connected: socket.socket, most: int, deadline: Deadline) -> bytes:
    """Some bytes, at most so many; none if the connection was closed."""
    while True:
        connected.settimeout(deadline.wait())
        try:
            return connected.recv(most)
        except TimeoutError:
            continue


def cut(connected: socket.socket) -> None:
    """End a connection for the thread that waits on it, whose turn it is to close it."""
    with suppress(OSError):
        # Not `SSLSocket.shutdown`, which takes TLS away under that thread.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
