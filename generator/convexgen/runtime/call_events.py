"""What a client tells of its calls: one event of each, when it has ended."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Self, TypeAlias

from .calls import FunctionKind
from .errors import ConvexgenError, InvalidArgument
from .foreign_values import type_name

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A call of a function that has ended, with all its attempts.

    It has nothing of what the function was given or has returned, no message of an error, no token
    and no key, so that it may be logged as it is.
    """

    url: str
    """That of the deployment."""
    kind: FunctionKind
    path: str
    """The function, such as "threads:get"; "/api/query_ts" where a snapshot begins."""
    attempts: int
    """How often it was sent: 0 where it was refused before, or there was no connection."""
    seconds: float
    """From its beginning to its end, with all that was waited for."""
    bytes_sent: int
    """Of all attempts: of their JSON, and not of headers, frames and encryption."""
    bytes_received: int
    """The same, of all answers; where they were compressed, of what that stands for."""
    error: type[BaseException] | None
    """The class of what it raised; None where it has returned."""
    request_id: str | None
    """See `ConvexgenError.request_id`."""


OnCall: TypeAlias = Callable[[CallEvent], None]
"""Is told of each call in the thread, or in the task, that has made it."""


class Traffic:
    """Counts what is sent and received for a call, at whose end it tells the hook of it."""

    __slots__ = (
        *("_attempts", "_bytes_received", "_bytes_sent"),
        *("_began", "_kind", "_on_call", "_path", "_url"),
    )

    def __init__(self, on_call: OnCall, url: str, kind: FunctionKind, path: str) -> None:
        self._on_call = on_call
        self._url = url
        self._kind: FunctionKind = kind
        self._path = path
        self._attempts = self._bytes_sent = self._bytes_received = 0
        self._began = perf_counter()

    def __enter__(self) -> Self:
        return self

    def send(self, message: bytes) -> None:
        """It is sent now."""
        self._attempts += 1
        self._bytes_sent += len(message)

    def take_back(self, message: bytes) -> None:
        """There was no connection to send it on."""
        self._attempts -= 1
        self._bytes_sent -= len(message)

    def receive(self, answer: bytes) -> None:
        """It has come."""
        self._bytes_received += len(answer)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell the hook. The call ends as it does, whatever the hook raises."""
        event = CallEvent(
            url=self._url,
            kind=self._kind,
            path=self._path,
            attempts=self._attempts,
            seconds=perf_counter() - self._began,
            bytes_sent=self._bytes_sent,
            bytes_received=self._bytes_received,
            error=kind,
            request_id=error.request_id if isinstance(error, ConvexgenError) else None,
        )
        try:
            self._on_call(event)
        except Exception:
            _LOGGER.exception("`on_call` failed when it was told of %s", self._path)


def check_on_call(given: OnCall | None) -> OnCall | None:
    """The hook. Raises `InvalidArgument` for what cannot be called, or would have to be awaited."""
    if given is None:
        return None
    if not callable(given):
        raise InvalidArgument(f"`on_call`: expected a function, found {type_name(given)}")
    if inspect.iscoroutinefunction(given):
        raise InvalidArgument("`on_call` is not awaited: give a function without `async`")
    return given
