"""The transport for asyncio, with connections that are kept open and shared.

This module is imported at the first call: what it imports takes longer than everything else here.
See `http_transport`, which it has nearly everything in common with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from .async_http_connections import AsyncHttpConnections
from .forking import call_in_children
from .http_requests import request_bytes
from .origins import target_of
from .routes import route_to


class AsyncHttpTransport:
    """The `AsyncTransport` of a client that is given none, for asyncio.

    Its connections belong to the event loop of the first call; using it in another one raises
    `RuntimeError`.
    """

    def __init__(self) -> None:
        self._begin()
        call_in_children(self)

    def _begin(self) -> None:
        self._origins: dict[str, AsyncHttpConnections] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """See `Transport.post`."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(
                "the client is in use in another event loop; make one client for each loop"
            )
        until = loop.time() + timeout
        target = target_of(url)
        connections = self._origins.get(target.key)
        if connections is None:
            connections = AsyncHttpConnections(route_to(target.origin))
            self._origins[target.key] = connections
        request = request_bytes(target, headers, body, connections.route.forwarder)
        connection = await connections.take(until)
        try:
            answer = await connection.exchange(request, until)
        except BaseException:
            connections.drop(connection)
            raise
        connections.give(connection)
        connections.route.require_passed_on(answer[0])
        return answer

    async def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        closed = list(self._origins.values())
        self._begin()
        for one in closed:
            await one.close()

    def leave_to_parent(self) -> None:
        """In a forked child: two processes would mix their bytes on its parent's connections."""
        for one in self._origins.values():
            one.leave_to_parent()
        self._begin()
