"""Where the newest outcome of a query waits for who takes it.

A consumer that is slower than the changes sees the newest one; those between are skipped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import monotonic

from .deadlines import LONGEST_WAIT
from .sync_outcomes import Ended, Outcome
from .sync_state import Reached


class Slot:
    """The newest outcome, handed from the background thread to the consumers."""

    def __init__(self, problem: Callable[[], str] = str) -> None:
        self.problem = problem
        """Why nothing comes, as far as it is known."""
        self.ended: Callable[[], object] = bool
        self.catch_up: Callable[[Reached], object] = bool
        """Tells when the newest outcome is of a moment after the call."""
        self._changed = threading.Condition()
        self._outcome: Outcome | None = None
        self._last: Outcome | None = None
        self._closed = False

    def put(self, outcome: Outcome) -> None:
        """There is a new outcome."""
        with self._changed:
            self._outcome = self._last = outcome
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

    def latest(self, timeout: float | None) -> Outcome:
        """The outcome as of a moment after this one, whether it was taken or not; see `take`."""
        answers: list[Ended | None] = []

        def reached(ended: Ended | None) -> None:
            with self._changed:
                answers.append(ended)
                self._changed.notify_all()

        self.catch_up(reached)
        with self._changed:
            outcome = self._until(lambda: (answers[0] or self._last) if answers else None, timeout)
            self._outcome = None
            return outcome

    def _arrived(self, timeout: float | None) -> Outcome:
        return self._until(lambda: self._outcome, timeout)

    def _until(self, find: Callable[[], Outcome | None], timeout: float | None) -> Outcome:
        until = None if timeout is None else monotonic() + timeout
        while not self._closed:
            found = find()
            if found is not None:
                return found
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
        self.catch_up: Callable[[Reached], object] = bool
        """Tells when the newest outcome is of a moment after the call."""
        self._changed = asyncio.Event()
        self._outcome: Outcome | None = None
        self._last: Outcome | None = None
        self._closed = False

    def put(self, outcome: Outcome) -> None:
        """There is a new outcome."""
        self._outcome = self._last = outcome
        self._changed.set()

    def close(self) -> None:
        """Nothing more is taken."""
        self._closed = True
        self._changed.set()
        self.ended()

    async def wait(self, timeout: float | None) -> Outcome:
        """The newest outcome, which `take` then has again; see there."""
        return await self._until(lambda: self._outcome, timeout)

    async def take(self, timeout: float | None) -> Outcome:
        """The newest outcome that was not taken yet.

        Raises `StopAsyncIteration` once closed, and `TimeoutError`.
        """
        outcome = await self.wait(timeout)
        self._outcome = None
        return outcome

    async def latest(self, timeout: float | None) -> Outcome:
        """See `Slot.latest`."""
        answers: list[Ended | None] = []

        def reached(ended: Ended | None) -> None:
            answers.append(ended)
            self._changed.set()

        self.catch_up(reached)
        outcome = await self._until(
            lambda: (answers[0] or self._last) if answers else None, timeout
        )
        self._outcome = None
        return outcome

    async def _until(self, find: Callable[[], Outcome | None], timeout: float | None) -> Outcome:
        async with asyncio.timeout(timeout):
            while not self._closed:
                found = find()
                if found is not None:
                    return found
                self._changed.clear()
                await self._changed.wait()
        raise StopAsyncIteration
