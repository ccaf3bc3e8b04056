"""The transport for threads, with connections that are kept open and shared.

This module is imported at the first call: what it imports takes longer than everything else here.
Redirects are not followed, and HTTP/2 is not spoken.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from .deadlines import Deadline
from .forking import call_in_children
from .http_connections import HttpConnections
from .http_requests import request_bytes
from .origins import Target, target_of
from .routes import route_to


class HttpTransport:
    """The `Transport` of a client that is given none. May be used across a fork."""

    def __init__(self) -> None:
        self._begin()
        call_in_children(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._origins: dict[str, HttpConnections] = {}

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """See `Transport.post`."""
        deadline = Deadline(timeout)
        target = target_of(url)
        connections = self._origins.get(target.key) or self._connections(target)
        request = request_bytes(target, headers, body, connections.route.forwarder)
        connection = connections.take(deadline)
        try:
            answer = connection.exchange(request, deadline)
        except BaseException:
            connections.drop(connection)
            raise
        connections.give(connection)
        connections.route.require_passed_on(answer[0])
        return answer

    def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        with self._lock:
            closed = list(self._origins.values())
            self._origins.clear()
        for one in closed:
            one.close()

    def leave_to_parent(self) -> None:
        """In a forked child: two processes would mix their bytes on its parent's connections."""
        for one in self._origins.values():
            one.leave_to_parent()
        self._begin()

    def _connections(self, target: Target) -> HttpConnections:
        with self._lock:
            if target.key not in self._origins:
                self._origins[target.key] = HttpConnections(route_to(target.origin))
            return self._origins[target.key]
