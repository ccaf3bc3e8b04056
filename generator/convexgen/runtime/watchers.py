"""What follows the queries of a client's subscriptions and hands over their newest results.

A consumer that is slower than the changes sees the newest snapshot; those between are skipped.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from .auth import AsyncTokenSource, TokenSource
from .calls import Call
from .following import Credentials, Following, Snapshot

# Windows does not interrupt a wait for a lock, so Ctrl-C is noticed between two waits.
_LONGEST_WAIT: float = 0.5 if sys.platform == "win32" else threading.TIMEOUT_MAX


class Watcher:
    """Follows the queries of one `Client`, all on one background thread with an event loop."""

    def __init__(
        self,
        url: str,
        deploy_key: str | None,
        timeout: float,
        tokens: TokenSource,
    ) -> None:
        self.url = url
        self.timeout = timeout
        self._credentials = Credentials(deploy_key, tokens, timeout)
        self._loop = asyncio.new_event_loop()
        self._slots: weakref.WeakSet[Slot] = weakref.WeakSet()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"subscriptions to {url}", daemon=True
        )
        self._thread.start()
        # Also at the exit of the interpreter, before it takes the thread's world away.
        self._end = weakref.finalize(self, _end_loop, self._loop, self._thread)

    def follow(self, call: Call[Any]) -> Slot:
        """Start to follow the query; its newest result is in the slot."""
        slot = Slot()
        following = Following(self.url, self._credentials, self.timeout, call)
        # The slot is held weakly: a subscription that nobody holds any more ends.
        running = asyncio.run_coroutine_threadsafe(
            following.run(_weakly(slot)),
            self._loop,
        )
        slot.ended = weakref.finalize(slot, running.cancel)
        self._slots.add(slot)
        return slot

    def close(self) -> None:
        """End all subscriptions and the thread."""
        for slot in list(self._slots):
            slot.close()
        self._end()


def _end_loop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    async def cancel_all() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(cancel_all(), loop).add_done_callback(
        lambda _: loop.call_soon_threadsafe(loop.stop)
    )
    if thread is not threading.current_thread():
        thread.join()
        loop.close()


def _weakly(slot: Slot | AsyncSlot) -> Callable[[Snapshot], None]:
    reference = weakref.ref(slot)

    def deliver(snapshot: Snapshot) -> None:
        slot = reference()
        if slot is not None:
            slot.put(snapshot)

    return deliver


class Slot:
    """The newest snapshot, handed from the background thread to the consumers."""

    def __init__(self) -> None:
        self.ended: Callable[[], object]
        self._changed = threading.Condition()
        self._snapshot: Snapshot | None = None
        self._closed = False

    def put(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.ended()

    def take(self, timeout: float | None) -> Snapshot:
        """The newest snapshot that was not taken yet.

        Raises `StopIteration` once closed, and `TimeoutError`.
        """
        until = None if timeout is None else monotonic() + timeout
        with self._changed:
            while self._snapshot is None and not self._closed:
                wait = _LONGEST_WAIT
                if until is not None:
                    wait = min(wait, until - monotonic())
                if wait <= 0:
                    raise TimeoutError
                self._changed.wait(wait)
            if self._closed:
                raise StopIteration
            snapshot, self._snapshot = self._snapshot, None
            assert snapshot is not None
            return snapshot


class AsyncWatcher:
    """Follows the queries of one `AsyncClient`, as tasks of its event loop."""

    def __init__(
        self,
        url: str,
        deploy_key: str | None,
        timeout: float,
        tokens: AsyncTokenSource,
    ) -> None:
        self.url = url
        self.timeout = timeout
        self._credentials = Credentials(deploy_key, tokens, timeout)
        self._slots: weakref.WeakSet[AsyncSlot] = weakref.WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, call: Call[Any]) -> AsyncSlot:
        """Start to follow the query; its newest result is in the slot."""
        loop = asyncio.get_running_loop()
        slot = AsyncSlot()
        following = Following(self.url, self._credentials, self.timeout, call)
        task = loop.create_task(following.run(_weakly(slot)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # The slot is held weakly: a subscription that nobody holds any more ends.
        slot.ended = weakref.finalize(slot, _cancel, loop, task)
        self._slots.add(slot)
        return slot

    async def close(self) -> None:
        """End all subscriptions."""
        for slot in list(self._slots):
            slot.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    # The garbage collector may run in any thread, and after the end of the loop.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(task.cancel)


class AsyncSlot:
    """The newest snapshot, handed from the following task to the consumers."""

    def __init__(self) -> None:
        self.ended: Callable[[], object]
        self._changed = asyncio.Event()
        self._snapshot: Snapshot | None = None
        self._closed = False

    def put(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()
        self.ended()

    async def take(self, timeout: float | None) -> Snapshot:
        """The newest snapshot that was not taken yet.

        Raises `StopAsyncIteration` once closed, and `TimeoutError`.
        """
        async with asyncio.timeout(timeout):
            while not self._closed:
                snapshot, self._snapshot = self._snapshot, None
                if snapshot is not None:
                    return snapshot
                self._changed.clear()
                await self._changed.wait()
        raise StopAsyncIteration
