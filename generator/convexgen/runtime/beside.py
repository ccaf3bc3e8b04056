"""What is asked for in a thread of its own, while the program goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Generic, TypeVar

from .deadlines import LONGEST_WAIT

T = TypeVar("T")


class Beside(Generic[T]):
    """Calls a function at once. Its thread keeps no program from ending, as that of a pool does."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._ending = _Ending()
        self._results: list[T] = []
        context = copy_context()
        threading.Thread(target=context.run, args=(self._call,), daemon=True).start()

    def _call(self) -> None:
        with self._ending:
            self._results.append(self._function())

    def wait(self) -> None:
        """Until it has ended, somehow."""
        while not self._ending.is_there.wait(LONGEST_WAIT):
            pass

    def result(self) -> T:
        """What it returned, once it has; or its error."""
        self.wait()
        if self._ending.error is not None:
            raise self._ending.error
        return self._results[0]


class _Ending:
    """How a block ends, for others than who is in it."""

    def __init__(self) -> None:
        self.is_there = threading.Event()
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.error = error
        self.is_there.set()
        return True
