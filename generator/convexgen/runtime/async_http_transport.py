"""The transport for asyncio, with connections that are kept open and shared.

This module is imported at the first call, since the import takes longer than everything else here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpcore2

from .http_pools import (
    FAILURES,
    HEADERS,
    IDLE_SECONDS,
    MAX_CONNECTIONS,
    MAX_IDLE_CONNECTIONS,
    as_os_error,
    decompressed,
    origin_of,
    proxy_for,
    ssl_context_for,
)


class AsyncHttpTransport:
    """The `AsyncTransport` of a client that is given none, for asyncio.

    Its connections belong to the event loop of the first call; using it in another one raises
    `RuntimeError`.
    """

    def __init__(self) -> None:
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
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
        pool = self._pool(url)
        async with asyncio.timeout(timeout):
            try:
                response = await pool.request(
                    "POST", url, headers=HEADERS + list(headers.items()), content=body
                )
            except FAILURES as error:
                raise as_os_error(error) from error
        return response.status, decompressed(response)

    async def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        pools = list(self._pools.values())
        self._pools.clear()
        self._loop = None
        for pool in pools:
            await pool.aclose()

    def _pool(self, url: str) -> httpcore2.AsyncConnectionPool:
        origin = origin_of(url)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = httpcore2.AsyncConnectionPool(
                ssl_context=ssl_context_for(origin),
                proxy=proxy_for(origin),
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
            )
        return pool
