"""Connecting a socket for threads, within a deadline, or until its client is closed."""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Self

from .addresses import NEXT_ADDRESS_SECONDS, Address, Found, look_up, no_connection
from .deadlines import Deadline
from .routes import Route, as_connect_failed
from .sockets import Line
from .transport import ConnectFailed, client_closed
from .tunnels import HEARD_BYTES, Handshake, handshake
from .under_way import UnderWay

# What a socket that does not wait says while it connects; the last one on Windows.
_ON_THE_WAY = frozenset([0, errno.EINPROGRESS, errno.EWOULDBLOCK])


def connect(route: Route, deadline: Deadline, under_way: UnderWay) -> Line:
    """A connection to the origin of a route. Raises `ConnectFailed`, as nothing was sent."""
    with as_connect_failed(route.proxy):
        addresses = _addresses(*route.first, deadline, under_way)
        with _Attempts() as attempts, under_way.cut_with(attempts.cut):
            connected = attempts.first_of(addresses, deadline)
    try:
        if route.tunnel is not None:
            line = Line(connected)
            with as_connect_failed(route.tunnel), under_way.cut_with(line.cut):
                _ask(line, handshake(route.tunnel, route.origin), deadline)
        if route.context is None:
            return Line(connected)
        # The socket itself becomes another one while it shakes hands.
        with (
            as_connect_failed(None),
            connected.dup() as same,
            under_way.cut_with(Line(same).cut),
        ):
            # Where the system verifies the certificate, it does so when this has shaken hands.
            connected.settimeout(deadline.wait())
            return Line(route.context.wrap_socket(connected, server_hostname=route.origin.host))
    except BaseException:
        connected.close()
        raise


def _addresses(host: str, port: int, deadline: Deadline, under_way: UnderWay) -> list[Address]:
    found: queue.SimpleQueue[Found] = queue.SimpleQueue()
    with under_way.cut_with(lambda: found.put(client_closed())):
        look_up(host, port, found.put)
        while True:
            try:
                outcome = found.get(timeout=deadline.wait())
            except queue.Empty:
                continue
            if isinstance(outcome, ConnectFailed):
                raise outcome
            return outcome


class _Attempts:
    """Connects to several addresses at once: RFC 8305, "Happy Eyeballs".

    So a host is reached although some of its addresses, often those of IPv6, lead nowhere.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._started: dict[socket.socket, Address] = {}
        self._failures: list[tuple[Address, OSError]] = []
        self._heard, self._said = socket.socketpair()
        self._selector.register(self._heard, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for one in (*self._started, self._heard, self._said):
            one.close()

    def cut(self) -> None:
        """End them for the thread that waits for them."""
        with suppress(OSError):
            self._said.send(b"0")

    def first_of(self, addresses: list[Address], deadline: Deadline) -> socket.socket:
        """The connection that is there first. Raises `ConnectFailed`, and `TimeoutError`."""
        left = deque(addresses)
        next_at = monotonic()
        while left or self._started:
            if left and (not self._started or monotonic() >= next_at):
                self._start(left.popleft())
                next_at = monotonic() + NEXT_ADDRESS_SECONDS
                continue
            wait = deadline.wait()
            if left:
                wait = min(wait, max(next_at - monotonic(), 0))
            for key, _ in self._selector.select(wait):
                if key.fileobj is self._heard:
                    raise client_closed()
                connected = self._ended(key.data)
                if connected is not None:
                    return connected
                # The next one need not wait for its turn.
                next_at = monotonic()
        raise no_connection(self._failures)

    def _start(self, address: Address) -> None:
        try:
            attempt = socket.socket(address[0], socket.SOCK_STREAM)
        except OSError as error:
            self._failures.append((address, error))
            return
        self._started[attempt] = address
        attempt.setblocking(False)
        code = attempt.connect_ex(address[1])
        if code in _ON_THE_WAY:
            self._selector.register(attempt, selectors.EVENT_WRITE, attempt)
        else:
            self._fail(attempt, code)

    def _ended(self, attempt: socket.socket) -> socket.socket | None:
        """The attempt if it is connected."""
        self._selector.unregister(attempt)
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            self._fail(attempt, code)
            return None
        del self._started[attempt]
        # A request is written at once, and does not wait for what comes after it.
        attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return attempt

    def _fail(self, attempt: socket.socket, code: int) -> None:
        self._failures.append((self._started.pop(attempt), OSError(code, os.strerror(code))))
        attempt.close()


def _ask(connected: Line, talk: Handshake, deadline: Deadline) -> None:
    """Say and hear what a handshake does."""
    said = memoryview(next(talk))
    while True:
        while said:
            said = said[connected.send(said, deadline) :]
        try:
            said = memoryview(talk.send(connected.receive(HEARD_BYTES, deadline)))
        except StopIteration:
            return
