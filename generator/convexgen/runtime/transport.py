"""How requests travel: the two protocols that a client asks for.

`http_transport` and `async_http_transport` have the implementations. One of your own, for tests or
for another library, has the methods of `Transport` or `AsyncTransport` and raises what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class ConnectFailed(OSError):
    """No connection could be made, so nothing was sent."""


def client_closed() -> ConnectFailed:
    """The error of who waits for a connection when its client is closed."""
    return ConnectFailed("the client was closed")


class Transport(Protocol):
    """Sends one request and waits for its answer. Safe to use from many threads at once."""

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """The status and the body of the answer, within `timeout` seconds for everything.

        Raises `TimeoutError` when the time has passed, `ConnectFailed` when nothing was sent,
        and another `OSError` when the exchange broke.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class AsyncTransport(Protocol):
    """Sends one request and waits for its answer, without blocking the event loop."""

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """See `Transport.post`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
