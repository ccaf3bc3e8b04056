"""Tokens of users: where they come from, and when a new one is asked for.

A client is given a token, or a function that gives one. The function is asked at the first call,
again shortly before its token expires, and when the deployment refused its token; calls that wait
at that time share what it gives.
"""

from __future__ import annotations

import base64
import inspect
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol, TypeAlias

from .environment import is_for_headers
from .errors import InvalidArgument, Timeout

REFUSED_STATUS = 401
"""With which a deployment answers a token that it does not take, before it runs anything."""

_EARLY_SECONDS = 10.0
"""How long before it expires a token is replaced: clocks differ, and calls take their time.

A token that lasts less than four times that is replaced in the last quarter of its time.
"""


class FetchToken(Protocol):
    """Gives a token; None for nobody. A new one, not a stored one, where it is to be forced."""

    def __call__(self, *, force_refresh_token: bool) -> str | None:
        """The token of the user."""
        ...


class AsyncFetchToken(Protocol):
    """Gives a token; see `FetchToken`."""

    def __call__(self, *, force_refresh_token: bool) -> Awaitable[str | None]:
        """The token of the user."""
        ...


Auth: TypeAlias = str | Callable[[], str | None] | FetchToken
"""A JSON Web Token of a user, or what gives one."""

AsyncAuth: TypeAlias = Auth | Callable[[], Awaitable[str | None]] | AsyncFetchToken
"""A JSON Web Token of a user, or what gives one, awaited or not."""


@dataclass(frozen=True, slots=True)
class Token:
    """What was given, once: two of them are equal only if they are one."""

    text: str | None = field(repr=False)
    number: int
    until: float | None = None
    """When it is to be replaced, in seconds since the epoch; None if it does not say."""

    expiry: float | None = None
    """When it is worth nothing any more; None if it does not say."""

    @property
    def headers(self) -> dict[str, str]:
        """What a request says of the user."""
        return {} if self.text is None else {"Authorization": f"Bearer {self.text}"}

    def seconds(self) -> float | None:
        """How long until it is to be replaced; None if it does not say when it expires."""
        return None if self.until is None else self.until - time.time()

    def seconds_of_worth(self) -> float | None:
        """How long until it expires; None if it does not say."""
        return None if self.expiry is None else self.expiry - time.time()


NOBODY = Token(None, 0)
"""Of a client that is given no token, or has not asked for one yet."""


class _Source:
    """The token that is in use, and the function that gives others."""

    def __init__(self, given: AsyncAuth | None) -> None:
        self._fetch: Any = None
        self._is_told = False
        self._current = NOBODY
        if isinstance(given, str):
            self._current = _next_token(given, NOBODY)
        elif given is not None:
            if not callable(given):
                kind = type(given).__qualname__
                raise InvalidArgument(
                    f"auth is a token or a function that gives one, not of type {kind}"
                )
            self._fetch = given
            self._is_told = _takes_argument(given)

    @property
    def gives_others(self) -> bool:
        """Whether another token can be asked for."""
        return self._fetch is not None

    def _usable(self, refused: Token | None) -> Token | None:
        """The token in use, unless another is to be asked for."""
        current = self._current
        is_newer = refused is not None and current.number != refused.number
        if self._fetch is None or is_newer:
            return current
        if refused is not None or current.text is None:
            return None
        seconds = current.seconds()
        return current if seconds is None or seconds > 0 else None

    def _ask(self, refused: Token | None) -> Any:
        """What the function gives, maybe to be awaited."""
        options: dict[str, bool] = {}
        if self._is_told:
            force = refused is not None or self._current.text is not None
            options["force_refresh_token"] = force
        try:
            return self._fetch(**options)
        except (StopIteration, StopAsyncIteration) as error:
            # Between here and the caller it would end iterations, or be lost: PEP 479.
            kind = type(error).__name__
            raise RuntimeError(f"the function that gives tokens raised {kind}") from error

    def _take(self, given: object) -> Token:
        self._current = _next_token(given, self._current)
        return self._current


class TokenSource(_Source):
    """The tokens of a `Client`. May be shared by threads."""

    def __init__(self, given: Auth | None) -> None:
        super().__init__(given)
        if inspect.iscoroutinefunction(given):
            raise InvalidArgument(
                "auth is a coroutine function: only clients for asyncio await one"
            )
        self._lock = threading.Lock()

    def token(self, operation: str, timeout: float, refused: Token | None = None) -> Token:
        """The token in use, or another one in place of the one that was refused.

        Raises `InvalidArgument` for what is no token, `Timeout`, and what the function
        raises. Nothing can interrupt the function: what it gives too late is for the next call.
        """
        if not self.gives_others:
            return self._current
        until = time.monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise _late(operation)
        try:
            usable = self._usable(refused)
            if usable is not None:
                return usable
            token = self._take(self._ask(refused))
        finally:
            self._lock.release()
        if time.monotonic() > until:
            raise _late(operation)
        return token


class AsyncTokenSource(_Source):
    """The tokens of an `AsyncClient`."""

    def __init__(self, given: AsyncAuth | None) -> None:
        super().__init__(given)
        self._lock: Any = None

    async def token(self, operation: str, timeout: float, refused: Token | None = None) -> Token:
        """See `TokenSource.token`; what is awaited is cancelled in time."""
        if not self.gives_others:
            return self._current
        # Programs that use the synchronous client alone never load asyncio.
        import asyncio

        if self._lock is None:
            self._lock = asyncio.Lock()
        deadline = asyncio.timeout(timeout)
        try:
            async with deadline, self._lock:
                usable = self._usable(refused)
                if usable is not None:
                    return usable
                given = self._ask(refused)
                return self._take(await given if inspect.isawaitable(given) else given)
        except TimeoutError as error:
            # The function's own errors stay what they are.
            if deadline.expired():
                raise _late(operation) from error
            raise


def _late(operation: str) -> Timeout:
    return Timeout("the function that gives tokens gave none in time", operation)


def _takes_argument(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of some functions in C
        return False
    names = {one.name for one in parameters}
    kinds = {one.kind for one in parameters}
    return "force_refresh_token" in names or inspect.Parameter.VAR_KEYWORD in kinds


def _next_token(given: object, before: Token) -> Token:
    """Raises `InvalidArgument`, without repeating what was given."""
    if given is None:
        return Token(None, before.number + 1)
    if not isinstance(given, str):
        if inspect.iscoroutine(given):
            given.close()
        kind = type(given).__qualname__
        raise InvalidArgument(f"auth gave no token, but a value of type {kind}")
    text = given.strip()
    if not is_for_headers(text):
        raise InvalidArgument("the token is empty, or has characters that no token has")
    expiry = _expiry(text)
    if expiry is None:
        return Token(text, before.number + 1)
    early = min(_EARLY_SECONDS, max(expiry - time.time(), 0) / 4)
    return Token(text, before.number + 1, expiry - early, expiry)


def _expiry(token: str) -> float | None:
    """When a JSON Web Token expires, in seconds since the epoch, as it says itself (RFC 7519)."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(f"{parts[1]}=="))
        expiry = float(claims["exp"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return expiry if isfinite(expiry) else None
