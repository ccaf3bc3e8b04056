"""Following one query with the official `convex` client.

Only its asynchronous iterator is used, for everything else in that client blocks the whole process
while it waits: the interpreter's lock is held, and nothing ends the wait. Making a subscription is
such a wait too, until the connection is there. Hence the WebSocket endpoint is asked for a
connection first, within the deadline, and only if it answers is an official client made: one for
each query, since one that is in use may be in the middle of its reconnecting.

Once it runs, the official client reconnects by itself, for ever and in silence. It prints what
functions log to the standard output.
"""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import httpcore2
from pydantic_core import to_json

from .auth import NOBODY, AsyncTokenSource, Token, TokenSource
from .calls import Call
from .errors import AccessDenied, ConvexgenError, FunctionFailure, Timeout, Unavailable
from .failures import function_error
from .json_values import decode_base64, decode_float64, decode_int64

if TYPE_CHECKING:
    import convex

_LINGER_SECONDS = 1.0

Snapshot: TypeAlias = bytes | ConvexgenError
"""A result in encoded JSON, or the error of the query."""


@dataclass(slots=True)
class _WatchedPage:
    """The first page of a paginated query, which Convex keeps to the range it had at first.

    So it grows with every document inserted into the range, and shrinks with every one deleted.
    Subscribing anew, under another `id` of the pagination options, measures it again.
    """

    limit: float
    renewals: int = 0
    first_count: int | None = None

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> _WatchedPage | None:
        """The page that the arguments ask for; None if the query is not paginated."""
        options = arguments.get("paginationOpts")
        return None if options is None else cls(options["numItems"])

    def is_worn(self, value: Any) -> bool:
        """Whether the page lacks items that are there, or has far more than were asked for."""
        count = len(value["page"])
        if self.first_count is None:
            self.first_count = count
        lacks = count < min(self.first_count, self.limit) and not value["isDone"]
        return lacks or count > max(self.first_count, 2 * self.limit)

    def renew(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a new subscription to the same page."""
        self.renewals += 1
        self.first_count = None
        options = {**arguments["paginationOpts"], "id": float(self.renewals)}
        return {**arguments, "paginationOpts": options}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a deployment to a subscription."""

    deploy_key: str | None = field(repr=False)
    tokens: TokenSource | AsyncTokenSource
    timeout: float

    async def authorize(self, client: convex.ConvexClient, before: Token, operation: str) -> Token:
        """Tell the official client whose results are asked for; the token that it has now.

        Raises `AccessDenied` where the function that gives tokens fails, and `Timeout`.
        """
        if self.deploy_key is not None:
            client.set_admin_auth(self.deploy_key)
            return before
        try:
            token = await self._token(operation)
        except ConvexgenError:
            raise
        except Exception as error:
            raise AccessDenied("the function that gives tokens failed", operation) from error
        if token.text is not None:
            client.set_auth(token.text)
        elif before.text is not None:
            client.clear_auth()
        return token

    async def _token(self, operation: str) -> Token:
        if isinstance(self.tokens, AsyncTokenSource):
            return await self.tokens.token(operation, self.timeout)
        if not self.tokens.gives_others:
            return self.tokens.token(operation, self.timeout)
        # It may wait, and others are followed meanwhile.
        return await asyncio.to_thread(self.tokens.token, operation, self.timeout)

    async def keep_authorized(
        self, client: convex.ConvexClient, token: Token, operation: str
    ) -> None:
        """Give the official client other tokens before those that it has expire, for ever.

        With an expired one it would try for ever, in silence: raises `AccessDenied` where there is
        no other.
        """
        while True:
            is_renewed = self.tokens.gives_others
            seconds = token.seconds() if is_renewed else token.seconds_of_worth()
            # No clock that sleeps with the machine tells how long a token lasts.
            left = _LONGEST_SLEEP if seconds is None else min(seconds, _LONGEST_SLEEP)
            await asyncio.sleep(left)
            if seconds != left:
                continue
            if not is_renewed:
                raise AccessDenied(
                    "the token expired: give `auth` a function that gives others", operation
                )
            token = await self._renew(client, token, operation)

    async def _renew(self, client: convex.ConvexClient, token: Token, operation: str) -> Token:
        renewed = await self.authorize(client, token, operation)
        seconds = renewed.seconds()
        if renewed is not token and seconds is not None and seconds <= 0:
            raise AccessDenied("the function that gives tokens gave one that expires", operation)
        return renewed


_LONGEST_SLEEP = 30.0


async def _first(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run until one ends, by its error."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Following:
    """Follows one query with an official client of its own."""

    url: str
    credentials: Credentials
    timeout: float
    call: Call[Any]

    async def run(self, deliver: Callable[[Snapshot], None]) -> None:
        """Deliver every result until cancelled. What stops it is delivered as an error."""
        try:
            await self._reach_endpoint()
            await self._follow(deliver)
        except ConvexgenError as error:
            deliver(error)

    async def _follow(self, deliver: Callable[[Snapshot], None]) -> None:
        import convex

        try:
            client = convex.ConvexClient(self.url)
        except Exception as error:
            raise Unavailable(
                f"cannot subscribe: {error}",
                self.call.operation,
            ) from error
        try:
            operation = self.call.operation
            token = await self.credentials.authorize(client, NOBODY, operation)
            await _first(
                self._iterate(client, deliver),
                self.credentials.keep_authorized(client, token, operation),
            )
        finally:
            # If it were dropped before it has taken note that the wait for a result is cancelled,
            # it would print a panic.
            lingering = threading.Timer(_LINGER_SECONDS, bool, [client])
            lingering.daemon = True
            lingering.start()

    async def _iterate(
        self, client: convex.ConvexClient, deliver: Callable[[Snapshot], None]
    ) -> None:
        import convex

        operation = self.call.operation
        arguments = official_value(self.call.given_arguments())
        page = _WatchedPage.of(arguments)
        subscription = self._subscribe(client, arguments)
        # The official client may report a result twice when it is quick to come.
        last: object = None
        while True:
            try:
                value = await _next_value(subscription)
            except convex.ConvexError as error:
                result: object = (str(error), error.data)
                snapshot: Snapshot = function_error(str(error), error.data, operation)
            except StopAsyncIteration:
                raise Unavailable("the subscription was dropped", operation) from None
            except FunctionFailure as failure:
                result = str(failure)
                snapshot = function_error(str(failure), None, operation)
            else:
                if page is not None and page.is_worn(value):
                    subscription = self._subscribe(client, page.renew(arguments))
                    continue
                result = snapshot = to_json(convex.convex_to_json(value))
            if result != last:
                deliver(snapshot)
                last = result

    def _subscribe(
        self, client: convex.ConvexClient, arguments: dict[str, Any]
    ) -> convex.QuerySubscription:
        try:
            return client.subscribe(self.call.path, arguments)
        except Exception as error:
            raise Unavailable(
                f"cannot subscribe: {error}",
                self.call.operation,
            ) from error

    async def _reach_endpoint(self) -> None:
        """Have the WebSocket endpoint accept a connection once, within the timeout."""
        try:
            async with asyncio.timeout(self.timeout):
                status = await _upgrade_status(self.url)
        except TimeoutError as error:
            raise Timeout(
                f"no answer from {self.url} to a WebSocket within {self.timeout:g} s",
                self.call.operation,
            ) from error
        except OSError as error:
            raise Unavailable(
                f"cannot connect to {self.url}: {error}", self.call.operation
            ) from error
        if status != 101:
            raise Unavailable(
                f"{self.url} does not accept WebSockets at /api/sync (HTTP {status}); "
                "the official client drops the path of the URL",
                self.call.operation,
            )


async def _next_value(subscription: convex.QuerySubscription) -> Any:
    """The next result.

    Raises `convex.ConvexError`, `StopAsyncIteration`, and `FunctionFailure` for what the official
    client says by exceptions of no class of its own.
    """
    import convex

    try:
        return await anext(subscription)
    except (convex.ConvexError, StopAsyncIteration):
        raise
    except Exception as error:
        raise FunctionFailure(str(error)) from error


async def _upgrade_status(url: str) -> int:
    """The status with which the WebSocket endpoint answers a handshake."""
    import convex

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        parts.hostname,
        parts.port or (443 if secure else 80),
        ssl=httpcore2.default_ssl_context() if secure else None,
    )
    try:
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        writer.write(
            f"GET /api/sync HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Convex-Client: python-{convex.__version__}\r\n\r\n".encode("ascii")
        )
        words = (await reader.readline()).split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    finally:
        writer.close()


def official_value(value: Any) -> Any:
    """The encoded value as the official client takes it; `subscribe` itself converts nothing."""
    kind: type[Any] = value.__class__
    if kind is dict:
        if len(value) == 1:
            ((key, payload),) = value.items()
            if key.startswith("$"):
                return _official_special(key, payload)
        return {key: official_value(element) for key, element in value.items()}
    if kind is list:
        return [official_value(element) for element in value]
    if kind is int:
        return float(value)
    return value


def _official_special(kind: str, payload: object) -> Any:
    import convex

    if kind == "$integer":
        return convex.ConvexInt64(decode_int64(payload))
    if kind == "$float":
        return decode_float64(payload)
    return decode_base64(payload)
