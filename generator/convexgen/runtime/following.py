"""Following one query: what is asked for, and when it is asked anew."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from .calls import Call
from .errors import InvalidArgument
from .exchange import encode_arguments
from .sync_connection import SyncConnection
from .sync_messages import FunctionCall
from .sync_outcomes import Ended, Outcome, Result
from .sync_state import Query

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


@dataclass(slots=True)
class _WatchedPage:
    """The first page of a paginated query, which Convex keeps to the range it had at first.

    So it grows with every document inserted into the range, and shrinks with every one deleted.
    Subscribing anew, under another `id` of the pagination options, measures it again.
    """

    limit: float
    renewals: int = 0
    first_count: int | None = None

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> _WatchedPage | None:
        """The page that the arguments ask for; None if the query is not paginated."""
        options = arguments.get("paginationOpts")
        return None if options is None else cls(options["numItems"])

    def is_worn(self, value: Any) -> bool:
        """Whether the page lacks items that are there, or has far more than were asked for."""
        count = len(value["page"])
        if self.first_count is None:
            self.first_count = count
        lacks = count < min(self.first_count, self.limit) and not value["isDone"]
        return lacks or count > max(self.first_count, 2 * self.limit)

    def renew(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a new subscription to the same page."""
        self.renewals += 1
        self.first_count = None
        options = {**arguments["paginationOpts"], "id": float(self.renewals)}
        return {**arguments, "paginationOpts": options}


class Following:
    """Follows one query on a connection, in whose event loop its methods are called."""

    def __init__(self, call: Call[Any], deliver: Callable[[Outcome], None]) -> None:
        """Raises `InvalidArgument` and `LimitExceeded` for arguments that no function takes."""
        self._deliver = deliver
        self._call = function_call(call)
        self._arguments = call.given_arguments()
        self._page = _WatchedPage.of(self._arguments)
        self._connection: SyncConnection | None = None
        self._query: Query | None = None
        self._delivered: bytes | None = None

    def start(self, connection: SyncConnection) -> None:
        """Deliver every outcome from now on."""
        self._connection = connection
        # The range of a page is that of who asked for it first.
        self._query = connection.watch(self._call, self._take, is_shared=self._page is None)

    def stop(self) -> None:
        """Deliver no more. May be repeated."""
        if self._connection is not None and self._query is not None:
            self._connection.unwatch(self._query, self._take)
        self._query = None

    def _take(self, outcome: Outcome) -> None:
        log_what_it_logged(self._call.path, outcome)
        page = self._page
        if page is not None and isinstance(outcome, Result):
            if page.is_worn(outcome.value):
                self._renew(page)
                return
            encoded = to_json(outcome.value)
            if encoded == self._delivered:
                return
            self._delivered = encoded
        else:
            self._delivered = None
        self._deliver(outcome)

    def _renew(self, page: _WatchedPage) -> None:
        connection = self._connection
        if connection is None:
            return
        self.stop()
        arguments = to_json(page.renew(self._arguments))
        call = FunctionCall(self._call.path, arguments)
        self._query = connection.watch(call, self._take, is_shared=False)
