"""Where the newest outcome of a query waits for who takes it.

A consumer that is slower than the changes sees the newest one; those between are skipped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import monotonic

from .deadlines import LONGEST_WAIT
from .sync_outcomes import Outcome


class Slot:
    """The newest outcome, handed from the background thread to the consumers."""

    def __init__(self, problem: Callable[[], str] = str) -> None:
        self.problem = problem
        """Why nothing comes, as far as it is known."""
        self.ended: Callable[[], object] = bool
        self._changed = threading.Condition()
        self._outcome: Outcome | None = None
        self._closed = False

    def put(self, outcome: Outcome) -> None:
        """There is a new outcome."""
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more is taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.ended()

    def wait(self, timeout: float | None) -> Outcome:
        """The newest outcome, which `take` then has again; see there."""
        with self._changed:
            return self._arrived(timeout)

    def take(self, timeout: float | None) -> Outcome:
        """The newest outcome that was not taken yet.

        Raises `StopIteration` once closed, and `TimeoutError`.
        """
        with self._changed:
            outcome = self._arrived(timeout)
            self._outcome = None
            return outcome

    def _arrived(self, timeout: float | None) -> Outcome:
        until = None if timeout is None else monotonic() + timeout
        while not self._closed:
            if self._outcome is not None:
                return self._outcome
            wait = LONGEST_WAIT if until is None else min(LONGEST_WAIT, until - monotonic())
            if wait <= 0:
                raise TimeoutError
            self._changed.wait(wait)
        raise StopIteration


class AsyncSlot:
    """The newest outcome, handed over within one event loop."""

    def __init__(self, problem: Callable[[], str] = str) -> None:
        self.problem = problem
        """Why nothing comes, as far as it is known."""
        self.ended: Callable[[], object] = bool
        self._changed = asyncio.Event()
        self._outcome: Outcome | None = None
        self._closed = False

    def put(self, outcome: Outcome) -> None:
        """There is a new outcome."""
        self._outcome = outcome
        self._changed.set()

    def close(self) -> None:
        """Nothing more is taken."""
        self._closed = True
        self._changed.set()
        self.ended()

    async def wait(self, timeout: float | None) -> Outcome:
        """The newest outcome, which `take` then has again; see there."""
        async with asyncio.timeout(timeout):
            while not self._closed:
                if self._outcome is not None:
                    return self._outcome
                self._changed.clear()
                await self._changed.wait()
        raise StopAsyncIteration

    async def take(self, timeout: float | None) -> Outcome:
        """The newest outcome that was not taken yet.

        Raises `StopAsyncIteration` once closed, and `TimeoutError`.
        """
        outcome = await self.wait(timeout)
        self._outcome = None
        return outcome
