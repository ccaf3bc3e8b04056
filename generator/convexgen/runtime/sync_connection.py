"""The connection of the sync protocol: a WebSocket that is there while something is wanted.

It moves a `SyncState` along, in one event loop. What breaks is connected anew, with growing random
delays, for ever; what the deployment has told nothing of is given up where it cannot be reached.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)

from .async_connecting import connect_socket
from .errors import ConvexgenError, ServerError, Unavailable
from .forking import let_go
from .keeping import IDLE_SECONDS
from .origins import target_of
from .routes import route_to
from .sync_credentials import Credentials, NoCredential
from .sync_messages import FunctionCall, ProtocolBroken
from .sync_outcomes import Ended
from .sync_state import (
    CredentialRefused,
    Listener,
    Mutation,
    Query,
    Reached,
    SyncState,
)
from .transport import ConnectFailed

_FIRST_DELAY, _LEAST_DELAY, _LONGEST_DELAY = 0.1, 0.2, 15.0
_CONNECTION_ATTEMPTS = 3
"""As for calls over HTTP; then nothing more is hoped for by who never heard anything."""
_LOST_IN_A_ROW = 3
"""Connections without a result, after which what the deployment says is no accident."""
_SILENCE_SECONDS = 60.0
"""A deployment says something every 15 s."""
_CLOSING_SECONDS = 0.5
_FRAME_BYTES = 8 * 1024 * 1024
"""Of one frame: a deployment reads messages of 64 MiB, in frames of 16, and ends the connection
at more; arguments alone may take 16."""
_PASSING_STATUSES = frozenset([408, 429, 500, 502, 503, 504])
_FIRST_REASON = "InitialConnect"
CLOSED = Ended(Unavailable, "the client was closed")
"""What comes of all that is under way as a client is closed."""


class _Silence(logging.Logger):
    """Logs nothing: that of `websockets` would show messages, with keys, tokens and sessions."""

    def isEnabledFor(self, level: int) -> bool:
        return False


_SILENT = _Silence("silent")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a deployment speaks the protocol."""

    url: str
    """That of the deployment."""
    client: str
    """What the client says that it is."""
    timeout: float

    @property
    def address(self) -> str:
        """The URL of the WebSocket."""
        return f"ws{self.url.removeprefix('http')}/api/sync"


class SyncConnection:
    """All methods are called in the event loop that `run` is in."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials, session_id: str) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._state = SyncState(session_id)
        self._wanted = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._failed_connections = 0
        self._lost = 0
        self._last_received = 0.0
        self.problem = f"no answer from {endpoint.url} to a WebSocket yet"
        """What is in the way; empty while the connection is there."""

    def watch(
        self, call: FunctionCall, listener: Listener, *, is_shared: bool, is_continued: bool = False
    ) -> Query:
        """See `SyncState.watch`."""
        query = self._state.watch(call, listener, is_shared=is_shared, is_continued=is_continued)
        self._touch()
        return query

    def catch_up(self, reached: Reached) -> None:
        """See `SyncState.catch_up`."""
        self._state.catch_up(reached)
        self._wanted.set()

    def afterwards(self, function: Callable[[], None]) -> None:
        """See `SyncState.afterwards`."""
        self._state.afterwards(function)

    def unwatch(self, query: Query, listener: Listener) -> None:
        """See `SyncState.unwatch`."""
        self._state.unwatch(query, listener)
        self._wanted.set()

    def submit(self, mutation: Mutation) -> None:
        """See `SyncState.submit`."""
        self._state.submit(mutation)
        self._touch()

    def withdraw(self, mutation: Mutation) -> bool:
        """See `SyncState.withdraw`."""
        is_certain = self._state.withdraw(mutation)
        self._wanted.set()
        return is_certain

    def leave_to_parent(self, owner: object) -> None:
        """See `forking`. The owner is kept as this is."""
        connection = self._socket
        let_go((owner, self), None if connection is None else connection.transport)

    async def close(self) -> None:
        """End the connection. Who waits for a mutation is told so."""
        self._state.end(CLOSED)
        running = self._running
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def _touch(self) -> None:
        self._wanted.set()
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
            self._running.add_done_callback(self._fail)

    def _fail(self, running: asyncio.Task[None]) -> None:
        """Tell who waits of an error that nobody has foreseen."""
        error = None if running.cancelled() else running.exception()
        if error is not None:
            reason = f"the connection of the client failed: {error!r}"
            self._state.end(Ended(ServerError, reason, error))

    async def _run(self) -> None:
        reason = _FIRST_REASON
        state = self._state
        try:
            while not state.is_idle:
                try:
                    await self._serve(reason)
                except CredentialRefused as error:
                    self._credentials.refuse(str(error))
                    reason = "AuthError"
                except (OSError, WebSocketException, ProtocolBroken) as error:
                    reason = self._lose(error)
                else:
                    reason = "Idle"
                    continue
                finally:
                    state.close()
                if not state.is_idle:
                    await self._pause()
        except NoCredential as refusal:
            state.end(Ended(type(refusal.error), refusal.error.reason, refusal.__cause__))

    def _note_progress(self) -> None:
        if self._state.has_progress:
            self._failed_connections = self._lost = 0
            self._credentials.accept()

    def _lose(self, error: Exception) -> str:
        """Decide on what an error means for who waits; the reason, in words."""
        reason = self.problem = _described(error, self._endpoint)
        state = self._state
        if self._socket is None:
            self._failed_connections += 1
            is_final = isinstance(error, InvalidStatus) and (
                error.response.status_code not in _PASSING_STATUSES
            )
            if is_final or self._failed_connections >= _CONNECTION_ATTEMPTS:
                cause = _as_of_calls(error)
                state.end(Ended(Unavailable, reason, cause, is_final), only_untold=True)
            return reason
        self._socket = None
        self._lost = 0 if state.has_progress else self._lost + 1
        if self._lost >= _LOST_IN_A_ROW:
            self._lost = 0
            # A deployment that was restored from a backup refuses moments that it has not seen.
            state.forget_observed()
            kind: type[ConvexgenError] = (
                ServerError if isinstance(error, ProtocolBroken) else Unavailable
            )
            state.end(Ended(kind, reason, error), only_untold=kind is Unavailable)
        return reason

    async def _pause(self) -> None:
        failures = max(self._failed_connections, self._lost)
        # Of a deployment that is away for hours, the power would be too large for a float.
        longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(failures, 10))
        delay = random.uniform(longest / 2, longest)
        least = min(delay, _LEAST_DELAY)
        await asyncio.sleep(least)
        # Who asks for something now does not wait for the rest.
        self._wanted.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay - least):
                await self._wanted.wait()

    async def _serve(self, reason: str) -> None:
        """One connection, until it breaks or nothing is wanted any more."""
        self._socket = None
        credential = await self._credentials.current()
        connected = await self._connect()
        try:
            self._socket = connected
            self._last_received = time.monotonic()
            self._state.authenticate(credential)
            self._state.open(reason)
            self.problem = ""
            await _first(
                self._receive(connected),
                self._send(connected),
                self._renew(),
                self._require_signs(connected),
            )
        finally:
            self._note_progress()
            await connected.close()

    async def _connect(self) -> ClientConnection:
        endpoint = self._endpoint
        async with asyncio.timeout(endpoint.timeout):
            route = route_to(target_of(f"{endpoint.url}/").origin, for_web_sockets=True)
            connected = await connect_socket(route)
            options: dict[str, Any] = {} if route.context is None else {"ssl": route.context}
            try:
                return await _Connect(
                    endpoint.address,
                    sock=connected,
                    additional_headers={"Convex-Client": endpoint.client},
                    user_agent_header=None,
                    open_timeout=None,
                    close_timeout=_CLOSING_SECONDS,
                    # The deployment pings, and a late answer is for the deadline of who waits.
                    ping_interval=None,
                    # A transition has the results of all queries.
                    max_size=None,
                    compression=None,
                    logger=_SILENT,
                    **options,
                )
            except BaseException:
                connected.close()
                raise

    async def _receive(self, connected: ClientConnection) -> None:
        while True:
            text = await connected.recv(decode=False)
            self._last_received = time.monotonic()
            self._state.receive(text)
            self._wanted.set()

    async def _send(self, connected: ClientConnection) -> None:
        """Send what there is to send; ends when nothing is wanted for a while."""
        state = self._state
        while True:
            self._wanted.clear()
            while (message := state.next_message()) is not None:
                with suppress(ConnectionClosed):  # the last words are read first
                    await connected.send(_frames(message), text=True)
            try:
                async with asyncio.timeout(IDLE_SECONDS if state.is_idle else None):
                    await self._wanted.wait()
            except TimeoutError:
                if state.is_idle:
                    return

    async def _renew(self) -> None:
        """Show the deployment another token before the one in use expires, for ever."""
        while True:
            await self._credentials.until_worn()
            credential = await self._credentials.current()
            self._credentials.require_lasting()
            self._state.authenticate(credential)
            self._wanted.set()

    async def _require_signs(self, connected: ClientConnection) -> None:
        """Raises `_Silent` where nothing comes for longer than a deployment says nothing."""
        while (left := self._last_received + _SILENCE_SECONDS - time.monotonic()) > 0:
            await asyncio.sleep(left)
        connected.transport.abort()
        raise _Silent(f"nothing came for {_SILENCE_SECONDS:g} s")


class _Silent(WebSocketException):
    """The deployment says nothing any more."""


class _Connect(connect):
    """A connection that is not led elsewhere: a redirect is a status as any other."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def _frames(message: bytes) -> bytes | list[bytes]:
    if len(message) <= _FRAME_BYTES:
        return message
    starts = range(0, len(message), _FRAME_BYTES)
    return [message[start : start + _FRAME_BYTES] for start in starts]


async def _first(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run until one ends, by its error; that of the first, if several do."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _as_of_calls(error: Exception) -> Exception:
    """What a call over HTTP has as its cause where there is no connection."""
    if not isinstance(error, OSError) or isinstance(error, ConnectFailed):
        return error
    failed = ConnectFailed(str(error))
    failed.__cause__ = error
    return failed


def _described(error: Exception, endpoint: Endpoint) -> str:
    url = endpoint.url
    match error:
        case InvalidStatus():
            status = error.response.status_code
            return f"{url} does not accept WebSockets at {_path(endpoint)} (HTTP {status})"
        case ConnectionClosed():
            said = f": {error.rcvd.reason or error.rcvd.code}" if error.rcvd else ""
            return f"the connection to {url} broke{said}"
        case ProtocolBroken():
            return f"{url} ended the connection: {error}"
        case TimeoutError():
            return f"no answer from {url} to a WebSocket within {endpoint.timeout:g} s"
        case ssl.SSLError():
            # Its number is none of the system's.
            return f"cannot connect to {url}: {error.strerror or error}"
        case OSError(errno=int(number)) if number > 0:
            # That of asyncio names the address instead of what happened.
            return f"cannot connect to {url}: {os.strerror(number)}"
        case OSError() | InvalidHandshake():
            return f"cannot connect to {url}: {error}"
        case _:
            return f"the connection to {url} failed: {error}"


def _path(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.address).path
