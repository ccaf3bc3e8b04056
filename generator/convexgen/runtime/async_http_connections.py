"""Connections in asyncio: one exchange after the other on each, and those that are kept."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import cast

from .async_connecting import connect_socket
from .forking import let_go
from .http_answers import HttpAnswers
from .keeping import IDLE_SECONDS, MAX_CONNECTIONS, MAX_IDLE_CONNECTIONS
from .routes import Route, as_connect_failed
from .socket_input import Input
from .transport import ConnectFailed, client_closed
from .under_way import UnderWay


class AsyncHttpConnection(asyncio.Protocol):
    """One connection, of one task at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers = HttpAnswers()
        self._transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._is_over = False
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self.idle_since = 0.0

    @property
    def keeps_alive(self) -> bool:
        """Whether it may be used for another request."""
        return (
            self._answers.keeps_alive
            and not self._has_ended
            # An answer to a part of a request ends what it needs of it.
            and self._transport.get_write_buffer_size() == 0
        )

    def is_stale(self) -> bool:
        """Whether something came that nobody asked for, mostly the end.

        The event loop tells of what comes while it runs; where it was busy or stopped, such as
        between two calls of `asyncio.run`, it has not looked yet.
        """
        return self._has_ended or self._input.is_there()

    @property
    def _has_ended(self) -> bool:
        return self._is_over or self._transport.is_closing()

    async def exchange(self, request: bytes, until: float) -> tuple[int, bytes]:
        """The status and the body of the answer to a request. Raises what `Transport.post` does.

        `until` is a moment of the event loop.
        """
        self._answers.expect()
        waiter = self._waiter = self._loop.create_future()
        expiry = self._loop.call_at(until, self._end, TimeoutError("the time has passed"))
        try:
            self._transport.write(request)
            await waiter
        finally:
            expiry.cancel()
            self._waiter = None
        return self._answers.take()

    def abort(self) -> None:
        """Close it at once. May be repeated."""
        self._is_over = True
        self._transport.abort()

    async def close(self) -> None:
        """Close it, and see that it is closed."""
        self.abort()
        await asyncio.wait([self._lost])

    def leave_to_parent(self) -> None:
        """See `forking`."""
        let_go(self, self._transport)

    def _end(self, error: OSError | None) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected, and encrypted where it is to be."""
        self._transport = cast("asyncio.Transport", transport)
        self._input = Input(transport.get_extra_info("socket").fileno())

    def data_received(self, data: bytes) -> None:
        """Some of an answer came."""
        if self._waiter is None or self._waiter.done():
            self.abort()
            return
        try:
            self._answers.feed(data)
        except ConnectionError as error:
            self._end(error)
        else:
            if self._answers.is_complete:
                self._end(None)

    def eof_received(self) -> None:
        """The server says no more."""
        self._is_over = True
        if self._waiter is not None and not self._waiter.done():
            try:
                self._answers.end()
            except ConnectionError as error:
                self._end(error)
            else:
                self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._is_over = True
        reason = exc.strerror if isinstance(exc, OSError) else None
        self._end(ConnectionError(reason or str(exc or "the client was closed")))
        if not self._lost.done():
            self._lost.set_result(None)


class AsyncHttpConnections:
    """The connections to one origin."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._turns = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: deque[AsyncHttpConnection] = deque()
        self._busy: set[AsyncHttpConnection] = set()
        self._is_closed = False
        self._connecting = UnderWay()

    async def take(self, until: float) -> AsyncHttpConnection:
        """A connection for one exchange, after which it is given back or dropped."""
        if self._turns.locked():
            try:
                async with asyncio.timeout_at(until):
                    await self._turns.acquire()
            except TimeoutError as error:
                raise ConnectFailed("all connections were in use") from error
        else:
            await self._turns.acquire()
        try:
            connection = self._kept() or await self._opened(until)
            if self._is_closed:
                connection.abort()
                raise client_closed()
        except BaseException as error:
            self._turns.release()
            if self._is_closed and isinstance(error, OSError):
                raise client_closed() from error
            raise
        self._busy.add(connection)
        return connection

    def _kept(self) -> AsyncHttpConnection | None:
        while self._idle:
            # The one that was used last is the least likely to be closed meanwhile.
            connection = self._idle.pop()
            if _is_kept(connection) and not connection.is_stale():
                return connection
            connection.abort()
        return None

    async def _opened(self, until: float) -> AsyncHttpConnection:
        loop = asyncio.get_running_loop()
        context, host = self.route.context, self.route.origin.host
        with as_connect_failed(None):
            # A scope whose time is over can be given no other: that which closing ends has none.
            async with asyncio.timeout_at(until), asyncio.timeout(None) as scope:
                with self._connecting.cut_with(partial(scope.reschedule, 0)):
                    connected = await connect_socket(self.route)
                    try:
                        _, connection = await loop.create_connection(
                            AsyncHttpConnection,
                            sock=connected,
                            ssl=context,
                            server_hostname=None if context is None else host,
                        )
                    except BaseException:
                        connected.close()
                        raise
        return connection

    def give(self, connection: AsyncHttpConnection) -> None:
        """The exchange is over."""
        self._busy.discard(connection)
        if self._is_closed or not connection.keeps_alive:
            connection.abort()
        else:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
            while self._idle and (
                len(self._idle) > MAX_IDLE_CONNECTIONS or not _is_kept(self._idle[0])
            ):
                self._idle.popleft().abort()
        self._turns.release()

    def drop(self, connection: AsyncHttpConnection) -> None:
        """The exchange failed."""
        connection.abort()
        self._busy.discard(connection)
        self._turns.release()

    async def close(self) -> None:
        """Close all connections, those that tasks wait on as well."""
        self._is_closed = True
        self._connecting.end()
        connections = (*self._idle, *self._busy)
        self._idle.clear()
        for connection in connections:
            await connection.close()

    def leave_to_parent(self) -> None:
        """See `forking`."""
        for connection in (*self._idle, *self._busy):
            connection.leave_to_parent()


def _is_kept(connection: AsyncHttpConnection) -> bool:
    return asyncio.get_running_loop().time() - connection.idle_since < IDLE_SECONDS
