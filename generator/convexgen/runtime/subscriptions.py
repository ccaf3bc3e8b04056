"""Subscriptions: the results of a query, pushed whenever they change.

A subscription begins with one ordinary call of the query, which reports what the official client
would retry for ever: no access, wrong arguments, a failing query, a dead deployment. Then
`following` takes over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from pydantic import ValidationError

from .errors import ConvexgenError, ServerError, Timeout
from .mismatches import describe_mismatch

if TYPE_CHECKING:
    from .calls import Call
    from .following import Snapshot
    from .watchers import AsyncSlot, AsyncWatcher, Slot, Watcher

T = TypeVar("T")


class Deployment(Protocol):
    """What answers: what errors tell of it."""

    @property
    def url(self) -> str:
        """The address of the deployment."""
        ...

    @property
    def timeout(self) -> float:
        """The deadline of each call, in seconds."""
        ...


class Watchable(Deployment, Protocol):
    """What a subscription needs of a client."""

    def run(self, call: Call[T], /) -> T:
        """What the function returns."""
        ...

    def watcher(self, operation: str, /) -> Watcher:
        """What follows the queries of the client's subscriptions."""
        ...


class AsyncWatchable(Deployment, Protocol):
    """What a subscription needs of a client, awaited."""

    async def run(self, call: Call[T], /) -> T:
        """What the function returns."""
        ...

    def watcher(self, operation: str, /) -> AsyncWatcher:
        """What follows the queries of the client's subscriptions."""
        ...


class Subscription(Generic[T]):
    """The results of a query, now and whenever they change: an iterator and a context manager.

        with storage.threads.watch("t1") as snapshots:
            for thread in snapshots:
                print(thread)

    It starts when it is entered or first asked. A failing query raises its error from the
    iterator; asking again waits for the next result. `close`, also from another thread, ends the
    iteration. Results that come faster than they are asked for are skipped up to the newest.
    """

    def __init__(
        self,
        client: Watchable,
        call: Call[Any],
        decode: Callable[[bytes], T],
    ) -> None:
        self._client = client
        self._call = call
        self._decode = decode
        self._lock = threading.Lock()
        self._slot: Slot | None = None
        self._first_until: float | None = None
        self._closed = False

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return self.next()

    def next(self, timeout: float | None = None) -> T:
        """The next result, waited for at most `timeout` seconds.

        Raises `Timeout` (the subscription goes on), the error of a failing query, and
        `StopIteration` once closed. The first result has the timeout of the client as well.
        """
        slot = self._start()
        if slot is None:
            raise StopIteration
        first_until = self._first_until
        limit = timeout
        if first_until is not None:
            left = max(first_until - monotonic(), 0)
            limit = left if timeout is None else min(left, timeout)
        try:
            snapshot = slot.take(limit)
        except TimeoutError:
            if first_until is not None and monotonic() >= first_until:
                self.close()
                raise _first_snapshot_late(self._client, self._call.operation) from None
            raise Timeout(
                f"no new result within {timeout} s",
                self._call.operation,
            ) from None
        self._first_until = None
        return _decode(snapshot, self._decode, self._call.operation)

    def close(self) -> None:
        """Unsubscribe. May be repeated, and called from any thread."""
        with self._lock:
            self._closed = True
            slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()

    def _start(self) -> Slot | None:
        with self._lock:
            if self._slot is not None or self._closed:
                return self._slot
        self._client.run(self._call)
        with self._lock:
            if self._slot is None and not self._closed:
                watcher = self._client.watcher(self._call.operation)
                self._first_until = monotonic() + watcher.timeout
                self._slot = watcher.follow(self._call)
            return self._slot


class AsyncSubscription(Generic[T]):
    """The results of a query, now and whenever they change; see `Subscription`.

    async with storage.threads.watch("t1") as snapshots:
        async for thread in snapshots:
            print(thread)
    """

    def __init__(
        self,
        client: AsyncWatchable,
        call: Call[Any],
        decode: Callable[[bytes], T],
    ) -> None:
        self._client = client
        self._call = call
        self._decode = decode
        self._slot: AsyncSlot | None = None
        self._first_until: float | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await self.next()

    async def next(self, timeout: float | None = None) -> T:
        """The next result; see `Subscription.next`. Raises `StopAsyncIteration` once closed."""
        slot = await self._start()
        if slot is None:
            raise StopAsyncIteration
        first_until = self._first_until
        limit = timeout
        if first_until is not None:
            left = max(first_until - monotonic(), 0)
            limit = left if timeout is None else min(left, timeout)
        try:
            snapshot = await slot.take(limit)
        except TimeoutError:
            if first_until is not None and monotonic() >= first_until:
                await self.close()
                raise _first_snapshot_late(self._client, self._call.operation) from None
            raise Timeout(
                f"no new result within {timeout} s",
                self._call.operation,
            ) from None
        self._first_until = None
        return _decode(snapshot, self._decode, self._call.operation)

    async def close(self) -> None:
        """Unsubscribe. May be repeated, and called from another task."""
        self._closed = True
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()

    async def _start(self) -> AsyncSlot | None:
        if self._slot is None and not self._closed:
            await self._client.run(self._call)
        if self._slot is None and not self._closed:
            watcher = self._client.watcher(self._call.operation)
            self._first_until = monotonic() + watcher.timeout
            self._slot = watcher.follow(self._call)
        return self._slot


def _decode(snapshot: Snapshot, decode: Callable[[bytes], T], operation: str) -> T:
    if isinstance(snapshot, ConvexgenError):
        raise snapshot
    try:
        return decode(snapshot)
    except ValidationError as error:
        raise ServerError(
            "the result does not fit the types that this client was generated with: "
            f"{describe_mismatch(error)}. Generate and deploy from the same spec",
            operation,
        ) from error


def _first_snapshot_late(client: Deployment, operation: str) -> Timeout:
    return Timeout(
        f"no first result from {client.url} within {client.timeout:g} s",
        operation,
    )
