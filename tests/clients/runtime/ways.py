"""The transports behind one function, so that a test holds for all of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from convexgen.runtime.async_http_transport import AsyncHttpTransport
from convexgen.runtime.http_transport import HttpTransport
from waiting import PATIENCE

Post: TypeAlias = Callable[..., tuple[int, bytes]]
"""Takes the URL, and maybe `body`, `headers` and `timeout`."""


@contextmanager
def threads() -> Generator[Post, None, None]:
    transport = HttpTransport()

    def post(
        url: str,
        body: bytes = b"{}",
        headers: dict[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> tuple[int, bytes]:
        return transport.post(url, headers=headers or {}, body=body, timeout=timeout)

    try:
        yield post
    finally:
        transport.close()


@contextmanager
def _tasks(
    make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Generator[Post, None, None]:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        transport = AsyncHttpTransport()

        def post(
            url: str,
            body: bytes = b"{}",
            headers: dict[str, str] | None = None,
            timeout: float = PATIENCE,
        ) -> tuple[int, bytes]:
            return runner.run(
                transport.post(url, headers=headers or {}, body=body, timeout=timeout)
            )

        try:
            yield post
        finally:
            runner.run(transport.close())


WAYS: dict[str, Callable[[], AbstractContextManager[Post]]] = {
    "threads": threads,
    "asyncio": _tasks,
}
if sys.platform != "win32":
    import uvloop

    WAYS["uvloop"] = lambda: _tasks(uvloop.new_event_loop)
