"""What follows the queries of a client's subscriptions and runs mutations once, on one connection.

That of a `Client` is served by a background thread with an event loop, that of an `AsyncClient` by
its own event loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from .call_events import Traffic
from .calls import Call
from .following import Follower, Following
from .following_pages import FollowingPages
from .forking import call_in_children
from .slots import AsyncSlot, Slot
from .sync_connection import CLOSED, Endpoint, SyncConnection
from .sync_credentials import Credentials
from .sync_outcomes import Outcome
from .sync_requests import Request, request_for

T = TypeVar("T")

_MOMENT = 1.0
"""Seconds in which the background thread, which never waits, has done what it is asked for."""


def new_session() -> str:
    """Nobody can guess it: who knows it gets the answers to its mutations."""
    return str(uuid4())


class Watcher:
    """Follows the queries of one `Client`, from any thread.

    In a forked child it begins anew, with a session and a thread of its own: under its parent's
    session the child's mutations would get the answers to its parent's.
    """

    def __init__(
        self, endpoint: Endpoint, credentials: Credentials, begin_session: Callable[[], str]
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._begin_session = begin_session
        self._is_closed = False
        self._begin()
        call_in_children(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._background: _Background | None = None
        self._ending: weakref.finalize[[], Any] | None = None
        self._slots: weakref.WeakSet[Slot] = weakref.WeakSet()

    def follow(self, call: Call[Any], most: int | None = None) -> Slot:
        """Start to follow the query; its newest outcome is in the slot.

        That of a list is the values of its pages, which have the first `most` items.

        Raises `InvalidArgument` and `LimitExceeded` for arguments that no function takes.
        """
        with self._lock:
            background = self._started()
            if background is None:
                slot = Slot()
                slot.close()
                return slot
            connection = background.connection
            slot = Slot(lambda: connection.problem)
            # The slot is held weakly: a subscription that nobody holds any more ends.
            following = _follower(call, most, _weakly(slot))
            background.call(lambda: following.start(connection))
            slot.catch_up = lambda reached: background.call(lambda: following.catch_up(reached))
            slot.ended = weakref.finalize(slot, background.call, following.stop)
            self._slots.add(slot)
            return slot

    def run_once(self, call: Call[T], timeout: float, traffic: Traffic | None) -> T:
        """What a mutation returns, which is run once, if it is run.

        Raises the errors of `errors`, and `NoWebSockets`.
        """
        return self.resume(request_for(call), timeout, traffic)

    def resume(self, request: Request[T], timeout: float, traffic: Traffic | None) -> T:
        """What a mutation returns that may have been sent before; see `run_once`."""
        with self._lock:
            background = self._started()
            if background is None:
                return request.read(CLOSED)
            connection, mutation = background.connection, request.mutation
            request.go_over(connection)
            slot = Slot()
            mutation.settle, mutation.traffic = slot.put, traffic
            background.call(lambda: connection.submit(mutation))
        try:
            outcome = slot.take(timeout)
        except TimeoutError:
            # The answer may come at this moment.
            withdrawn = background.call_for_result(lambda: connection.withdraw(mutation))
            with suppress(TimeoutError):
                withdrawn.result(_MOMENT)
            try:
                outcome = slot.take(0)
            except TimeoutError:
                raise request.late(self._endpoint.url, timeout, connection.problem) from None
        except BaseException:
            # Nobody waits any more, so it is not to happen later.
            background.call(lambda: connection.withdraw(mutation))
            raise
        return request.read(outcome)

    def close(self) -> None:
        """End all subscriptions and the thread."""
        with self._lock:
            self._is_closed = True
            slots, ending = list(self._slots), self._ending
        for slot in slots:
            slot.close()
        if ending is not None:
            ending()

    def _started(self) -> _Background | None:
        """None once it is closed, which comes before or after all that is done with the lock."""
        if self._is_closed:
            return None
        if self._background is None:
            session = self._begin_session()
            connection = SyncConnection(self._endpoint, self._credentials, session)
            self._background = _Background(connection, self._endpoint.url)
            # Also at the exit of the interpreter, before it takes the thread's world away.
            self._ending = weakref.finalize(self, self._background.end)
        return self._background

    def leave_to_parent(self) -> None:
        """In a forked child: let go of what is the parent's, and begin anew."""
        background = self._background
        if self._ending is not None:
            self._ending.detach()
        if background is not None:
            background.connection.leave_to_parent(background)
        self._begin()


class _Background:
    """A thread with an event loop, which serves one connection."""

    def __init__(self, connection: SyncConnection, url: str) -> None:
        self.connection = connection
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._calls: deque[Callable[[], object]] = deque()
        self._is_awake = False
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"subscriptions to {url}", daemon=True
        )
        self._thread.start()

    def call(self, function: Callable[[], object]) -> None:
        """Call the function in the thread, after those that were given before; some at once.

        The garbage collector may call this anywhere, so there is no lock.
        """
        if self._process != os.getpid():
            return
        self._calls.append(function)
        if not self._is_awake:
            self._is_awake = True
            try:
                self._loop.call_soon_threadsafe(self._run)
            except RuntimeError:
                # The thread has ended, and nobody else is with what was its own.
                self._run()

    def call_for_result(self, function: Callable[[], T]) -> Future[T]:
        """The same, for a function that returns something."""
        future: Future[T] = Future()
        self.call(lambda: future.set_result(function()))
        return future

    def _run(self) -> None:
        self._is_awake = False
        while self._calls:
            try:
                function = self._calls.popleft()
            except IndexError:
                return  # after the end, several threads may be here
            function()

    def end(self) -> None:
        """End the connection and the thread."""
        loop = self._loop
        ending = asyncio.run_coroutine_threadsafe(self._finish(), loop)
        ending.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))
        if self._thread is not threading.current_thread():
            self._thread.join()
            loop.close()
            self._run()

    async def _finish(self) -> None:
        self._run()
        await self.connection.close()


class AsyncWatcher:
    """Follows the queries of one `AsyncClient`, as a task of its event loop."""

    def __init__(
        self, endpoint: Endpoint, credentials: Credentials, begin_session: Callable[[], str]
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._begin_session = begin_session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: SyncConnection | None = None
        self._slots: weakref.WeakSet[AsyncSlot] = weakref.WeakSet()
        call_in_children(self)

    def follow(self, call: Call[Any], most: int | None = None) -> AsyncSlot:
        """See `Watcher.follow`.

        Raises `InvalidArgument` and `LimitExceeded` for arguments that no function takes.
        """
        loop = asyncio.get_running_loop()
        connection = self._connected(loop)
        slot = AsyncSlot(lambda: connection.problem)
        # The slot is held weakly: a subscription that nobody holds any more ends.
        following = _follower(call, most, _weakly(slot))
        following.start(connection)
        slot.catch_up = following.catch_up
        slot.ended = weakref.finalize(slot, _call_in, loop, following.stop)
        self._slots.add(slot)
        return slot

    async def run_once(self, call: Call[T], timeout: float, traffic: Traffic | None) -> T:
        """See `Watcher.run_once`."""
        return await self.resume(request_for(call), timeout, traffic)

    async def resume(self, request: Request[T], timeout: float, traffic: Traffic | None) -> T:
        """See `Watcher.resume`."""
        connection, mutation = self._connected(asyncio.get_running_loop()), request.mutation
        request.go_over(connection)
        slot = AsyncSlot()
        mutation.settle, mutation.traffic = slot.put, traffic
        connection.submit(mutation)
        try:
            outcome = await slot.take(timeout)
        except TimeoutError:
            connection.withdraw(mutation)
            try:
                outcome = await slot.take(0)
            except TimeoutError:
                raise request.late(self._endpoint.url, timeout, connection.problem) from None
        except BaseException:
            # Nobody waits any more, so it is not to happen later.
            connection.withdraw(mutation)
            raise
        return request.read(outcome)

    async def close(self) -> None:
        """End all subscriptions."""
        for slot in list(self._slots):
            slot.close()
        connection, self._connection = self._connection, None
        if connection is not None and self._loop is asyncio.get_running_loop():
            await connection.close()

    def _connected(self, loop: asyncio.AbstractEventLoop) -> SyncConnection:
        if self._connection is None or self._loop is not loop:
            session = self._begin_session()
            self._loop = loop
            self._connection = SyncConnection(self._endpoint, self._credentials, session)
        return self._connection

    def leave_to_parent(self) -> None:
        """In a forked child: let go of what is the parent's, and begin anew."""
        if self._connection is not None:
            self._connection.leave_to_parent(self._loop)
        self._loop = self._connection = None
        self._slots = weakref.WeakSet()


def _follower(call: Call[Any], most: int | None, deliver: Callable[[Outcome], None]) -> Follower:
    if call.given_arguments().get("paginationOpts") is not None:
        return FollowingPages(call, most, deliver)
    return Following(call, deliver)


def _weakly(slot: Slot | AsyncSlot) -> Callable[[Outcome], None]:
    reference = weakref.ref(slot)

    def deliver(outcome: Outcome) -> None:
        slot = reference()
        if slot is not None:
            slot.put(outcome)

    return deliver


def _call_in(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    # The garbage collector may run in any thread, and after the end of the loop.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function)
