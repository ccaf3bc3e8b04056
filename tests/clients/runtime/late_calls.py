"""Calls whose answer comes too late, of clients that wait patiently for all others."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeGuard

import pytest
from convexgen.runtime import AsyncClient, Call, Client, ConvexgenError, Timeout, Unavailable


@contextmanager
def impatient(client: Client | AsyncClient, seconds: float) -> Generator[None, None, None]:
    """The client gives up its calls after so many seconds."""
    connection: Any = client._connection
    patient, connection.timeout = connection.timeout, seconds
    try:
        yield
    finally:
        connection.timeout = patient


def _limits() -> Iterator[float]:
    """A machine that has much to do may not even send a call in the shorter ones."""
    return (0.5 * 2**number for number in count())


def _was_sent(error: ConvexgenError, call: Call[Any]) -> TypeGuard[Timeout]:
    # There may have been no connection in time.
    return isinstance(error, Timeout) and (error.may_have_run or call.only_reads)


def late(client: Client, call: Call[Any]) -> Timeout:
    """The error of a call that was sent, and that nobody answers."""
    for seconds in _limits():
        with impatient(client, seconds), pytest.raises((Timeout, Unavailable)) as caught:
            client.run(call)
        if _was_sent(caught.value, call):
            return caught.value
    raise AssertionError


async def late_in_task(client: AsyncClient, call: Call[Any]) -> Timeout:
    """The same, awaited."""
    for seconds in _limits():
        with impatient(client, seconds), pytest.raises((Timeout, Unavailable)) as caught:
            await client.run(call)
        if _was_sent(caught.value, call):
            return caught.value
    raise AssertionError
