"""The transports behind one function, so that a test holds for all of them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeAlias

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


WAYS = {"threads": threads}
