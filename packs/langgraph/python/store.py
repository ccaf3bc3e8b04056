"""The stores."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from langgraph.store.base import BaseStore, Op, Result

from .._functions import AsyncLanggraphStoreFunctions, LanggraphStoreFunctions
from .._runtime import AsyncStorage, Storage
from .storing import calls_of


class ConvexStore(BaseStore):
    """Keeps items in a deployment. May be shared by threads."""

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self._functions = LanggraphStoreFunctions(storage.client)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Do all operations: reads find what was there before, and the last put of a key stays.

        Raises `InvalidArgument` before anything is done where one of them cannot be.
        """
        calls = calls_of(ops)
        try:
            call = next(calls)
            while True:
                function = getattr(self._functions, call.function)
                call = calls.send(function(**call.arguments))
        except StopIteration as done:
            results: list[Result] = done.value
            return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """The same, in a thread."""
        return await asyncio.to_thread(self.batch, ops)


class AsyncConvexStore(BaseStore):
    """Keeps items in a deployment, from asyncio. See `ConvexStore`.

    It is made in the event loop of its storage; threads may call it while that runs.
    """

    def __init__(self, storage: AsyncStorage) -> None:
        super().__init__()
        self._functions = AsyncLanggraphStoreFunctions(storage.client)
        self._loop = asyncio.get_running_loop()

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Do all operations. See `ConvexStore.batch`."""
        calls = calls_of(ops)
        try:
            call = next(calls)
            while True:
                function = getattr(self._functions, call.function)
                call = calls.send(await function(**call.arguments))
        except StopIteration as done:
            results: list[Result] = done.value
            return results

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """The same for threads, such as those of nodes that are not asynchronous.

        Raises `asyncio.InvalidStateError` in the event loop itself, which cannot wait for it.
        """
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            raise asyncio.InvalidStateError(
                "AsyncConvexStore was called in its event loop by a method that waits: "
                "await the one whose name begins with `a`"
            )
        return asyncio.run_coroutine_threadsafe(self.abatch(ops), self._loop).result()
