"""Following one query: what is asked for, and where its outcomes go."""

from __future__ import annotations

import logging
import re
from typing import Any, Protocol

from .calls import Call
from .errors import InvalidArgument
from .exchange import encode_arguments
from .sync_connection import SyncConnection
from .sync_messages import FunctionCall
from .sync_outcomes import Ended, Outcome
from .sync_state import Listener, Query, Reached

_LOGGER = logging.getLogger(__name__)

# Source: the backend's `crates/common/src/types/functions.rs` and `crates/value/src/identifier.rs`.
_PATH = re.compile(r"[A-Za-z0-9_./]+(:[A-Za-z0-9_]+)?")


def function_call(call: Call[Any]) -> FunctionCall:
    """What is sent of a call.

    Raises `InvalidArgument` and `LimitExceeded` for what the deployment would end the connection
    for, which everybody shares.
    """
    if _PATH.fullmatch(call.path) is None:
        raise InvalidArgument(f"{call.path!r} is no path of a function", call.operation)
    return FunctionCall(call.path, encode_arguments(call))


def log_what_it_logged(path: str, outcome: Outcome) -> None:
    """Log what a function logged."""
    if not isinstance(outcome, Ended) and _LOGGER.isEnabledFor(logging.DEBUG):
        for line in outcome.log_lines:
            _LOGGER.debug("%s: %s", path, line)


class Follower(Protocol):
    """Follows something on a connection, in whose event loop its methods are called."""

    def start(self, connection: SyncConnection) -> None:
        """Deliver every outcome from now on."""
        ...

    def stop(self) -> None:
        """Deliver no more. May be repeated."""
        ...

    def catch_up(self, reached: Reached) -> None:
        """Tell when what was delivered last is of a moment after this one."""
        ...


class Following:
    """Follows one query that gives one result."""

    def __init__(self, call: Call[Any], deliver: Listener) -> None:
        """Raises `InvalidArgument` and `LimitExceeded` for arguments that no function takes."""
        self._deliver = deliver
        self._call = function_call(call)
        self._connection: SyncConnection | None = None
        self._query: Query | None = None

    def start(self, connection: SyncConnection) -> None:
        """See `Follower.start`."""
        self._connection = connection
        self._query = connection.watch(self._call, self._take, is_shared=True)

    def stop(self) -> None:
        """See `Follower.stop`."""
        if self._connection is not None and self._query is not None:
            self._connection.unwatch(self._query, self._take)
        self._query = None

    def catch_up(self, reached: Reached) -> None:
        """See `Follower.catch_up`."""
        if self._connection is not None:
            self._connection.catch_up(reached)

    def _take(self, outcome: Outcome) -> None:
        log_what_it_logged(self._call.path, outcome)
        self._deliver(outcome)
