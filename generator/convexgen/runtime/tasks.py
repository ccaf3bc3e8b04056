"""What is asked for in a task of its own, while the program goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def begin(coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that has begun: what it asks for is on its way."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    return task


async def end(tasks: Iterable[asyncio.Task[Any]], because: BaseException) -> None:
    """Wait for tasks whose results nobody wants; where nobody waits any more, cancel them."""
    given = list(tasks)
    if not isinstance(because, Exception):
        for task in given:
            task.cancel()
    await asyncio.gather(*given, return_exceptions=True)
