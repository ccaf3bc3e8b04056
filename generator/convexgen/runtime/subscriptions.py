"""Subscriptions: the results of a query, pushed whenever they change.

All subscriptions of a client share one connection, which `watchers` keeps. What the deployment
cannot be asked for at all (no access, a dead deployment) ends a subscription with its error; one
that has had a result outlives broken connections.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from .calls import PagedCall
from .errors import InvalidArgument, Timeout
from .list_changes import ListChange, WatchedList
from .sync_outcomes import Ended, Result, read_outcome

if TYPE_CHECKING:
    from .calls import Call
    from .slots import AsyncSlot, Slot
    from .sync_outcomes import Outcome
    from .watchers import AsyncWatcher, Watcher

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

    def watcher(self, operation: str, /) -> Watcher:
        """What follows the queries of the client's subscriptions."""
        ...


class AsyncWatchable(Deployment, Protocol):
    """What a subscription needs of a client, awaited."""

    def watcher(self, operation: str, /) -> AsyncWatcher:
        """What follows the queries of the client's subscriptions."""
        ...


class Subscription(Generic[T]):
    """The results of a query, now and whenever they change: an iterator and a context manager.

        with storage.threads.watch("t1") as snapshots:
            for thread in snapshots:
                print(thread)

    It starts when it is entered, which waits for the first result and raises its error, or when it
    is first asked. A failing query raises its error from the iterator; asking again waits for the
    next result. Where nothing can be had (no access, no deployment), asking again begins anew.
    `close`, also from another thread, ends the iteration. Results that come faster than they are
    asked for are skipped up to the newest.
    """

    def __init__(
        self,
        client: Watchable,
        call: Call[Any],
        decode: Callable[[Any], T],
        most: int | None = None,
    ) -> None:
        self._client = client
        self._call = call
        self._decode = decode
        self._most = most
        self._first_until: float | None = None
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._slot: Slot | None = None

    def __enter__(self) -> Self:
        slot = self._start()
        if slot is not None:
            try:
                first = self._arrived(slot.wait, slot, None)
                if not isinstance(first, Result):
                    read_outcome(first, self._decode, self._call.operation)
            except StopIteration:
                pass  # it was closed meanwhile
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
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
        return self._read(slot, self._arrived(slot.take, slot, timeout))

    def latest(self, timeout: float | None = None) -> T:
        """The result as of a moment after this call, whether it was given before or not.

        So it shows whatever was acknowledged before, to this client or to others. Raises what
        `next` does, and `Timeout` after the timeout of the client where none is given.
        """
        slot = self._start()
        if slot is None:
            raise InvalidArgument("the subscription is closed", self._call.operation)
        limit = self._client.timeout if timeout is None else timeout
        return self._read(slot, self._arrived(slot.latest, slot, limit))

    def close(self) -> None:
        """Unsubscribe. May be repeated, and called from any thread."""
        self._closed = True
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()

    def _start(self) -> Slot | None:
        if self._process != os.getpid():
            # In a forked child: that of the parent is not for this process.
            self._begin()
        with self._lock:
            if self._slot is None and not self._closed:
                watcher = self._client.watcher(self._call.operation)
                self._first_until = monotonic() + self._client.timeout
                self._slot = watcher.follow(self._call, self._most)
            return self._slot

    def _read(self, slot: Slot, outcome: Outcome) -> T:
        self._first_until = None
        if isinstance(outcome, Ended):
            self._leave(slot)
        return read_outcome(outcome, self._decode, self._call.operation)

    def _leave(self, slot: Slot) -> None:
        """Begin anew when it is asked again."""
        with self._lock:
            if self._slot is slot:
                self._slot = None
        slot.close()

    def _arrived(
        self, arrive: Callable[[float | None], Outcome], slot: Slot, timeout: float | None
    ) -> Outcome:
        first_until = self._first_until
        try:
            return arrive(_limit(first_until, timeout))
        except TimeoutError:
            if _is_over(first_until):
                self._leave(slot)
                raise _no_first_result(self._client, self._call, slot.problem()) from None
            raise _no_new_result(timeout, self._call) from None


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
        decode: Callable[[Any], T],
        most: int | None = None,
    ) -> None:
        self._client = client
        self._call = call
        self._decode = decode
        self._most = most
        self._slot: AsyncSlot | None = None
        self._first_until: float | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        slot = self._start()
        if slot is not None:
            try:
                first = await self._arrived(slot.wait, slot, None)
                if not isinstance(first, Result):
                    read_outcome(first, self._decode, self._call.operation)
            except StopAsyncIteration:
                pass  # it was closed meanwhile
            except BaseException:
                await self.close()
                raise
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
        slot = self._start()
        if slot is None:
            raise StopAsyncIteration
        return self._read(slot, await self._arrived(slot.take, slot, timeout))

    async def latest(self, timeout: float | None = None) -> T:
        """See `Subscription.latest`."""
        slot = self._start()
        if slot is None:
            raise InvalidArgument("the subscription is closed", self._call.operation)
        limit = self._client.timeout if timeout is None else timeout
        return self._read(slot, await self._arrived(slot.latest, slot, limit))

    async def close(self) -> None:
        """Unsubscribe. May be repeated, and called from another task."""
        self._closed = True
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()

    def _start(self) -> AsyncSlot | None:
        if self._slot is None and not self._closed:
            watcher = self._client.watcher(self._call.operation)
            self._first_until = monotonic() + self._client.timeout
            self._slot = watcher.follow(self._call, self._most)
        return self._slot

    def _read(self, slot: AsyncSlot, outcome: Outcome) -> T:
        self._first_until = None
        if isinstance(outcome, Ended):
            self._leave(slot)
        return read_outcome(outcome, self._decode, self._call.operation)

    def _leave(self, slot: AsyncSlot) -> None:
        """Begin anew when it is asked again."""
        if self._slot is slot:
            self._slot = None
        slot.close()

    async def _arrived(
        self,
        arrive: Callable[[float | None], Awaitable[Outcome]],
        slot: AsyncSlot,
        timeout: float | None,
    ) -> Outcome:
        first_until = self._first_until
        try:
            return await arrive(_limit(first_until, timeout))
        except TimeoutError:
            if _is_over(first_until):
                self._leave(slot)
                raise _no_first_result(self._client, self._call, slot.problem()) from None
            raise _no_new_result(timeout, self._call) from None


class ListSubscription(Subscription[list[T]], Generic[T]):
    """The first items of a query, now and whenever they change; see `Subscription`."""

    def __init__(self, client: Watchable, call: PagedCall[T], limit: int) -> None:
        super().__init__(client, call.page(None, limit), WatchedList(call, limit).items, limit)
        self._paged = call
        self._limit = limit

    def changes(self) -> Subscription[ListChange[T]]:
        """What changes in the list, document by document: a subscription of its own.

        Each change is from the list that was taken before to the newest one, so that nothing is
        missed where several come at once.
        """
        change = WatchedList(self._paged, self._limit).change
        return Subscription(self._client, self._call, change, self._limit)


class AsyncListSubscription(AsyncSubscription[list[T]], Generic[T]):
    """The first items of a query, now and whenever they change; see `Subscription`."""

    def __init__(self, client: AsyncWatchable, call: PagedCall[T], limit: int) -> None:
        super().__init__(client, call.page(None, limit), WatchedList(call, limit).items, limit)
        self._paged = call
        self._limit = limit

    def changes(self) -> AsyncSubscription[ListChange[T]]:
        """See `ListSubscription.changes`."""
        change = WatchedList(self._paged, self._limit).change
        return AsyncSubscription(self._client, self._call, change, self._limit)


def _limit(first_until: float | None, timeout: float | None) -> float | None:
    """How long to wait; until the first result, no longer than for a call."""
    if first_until is None:
        return timeout
    left = max(first_until - monotonic(), 0)
    return left if timeout is None else min(left, timeout)


def _is_over(first_until: float | None) -> bool:
    return first_until is not None and monotonic() >= first_until


def _no_first_result(client: Deployment, call: Call[Any], problem: str) -> Timeout:
    because = f": {problem}" if problem else ""
    return Timeout(
        f"no first result from {client.url} within {client.timeout:g} s{because}", call.operation
    )


def _no_new_result(timeout: float | None, call: Call[Any]) -> Timeout:
    return Timeout(f"no new result within {timeout} s", call.operation)
