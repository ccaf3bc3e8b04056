"""Following a list whose pages are queries of their own, without gaps between them.

Convex keeps each page to the range that it had at first, by the journal of its query: it grows with
every document inserted into the range, and shrinks with every one deleted. So a page begins where
the one before it ends for as long as both are followed. Where a page has far more than it had, or
the pages are many small ones, the list is measured anew.

All results of a transition are of one moment, and a list is delivered when all its pages are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_core import to_json

from .calls import Call, fitting
from .errors import LimitExceeded
from .following import function_call, log_what_it_logged
from .list_changes import items_of_page
from .sync_connection import SyncConnection
from .sync_messages import FunctionCall
from .sync_outcomes import Ended, Failure, Outcome, Result
from .sync_state import Listener, Query, Reached

_ITEMS_PER_PAGE = 1000
"""A result has at most 8,192: docs.convex.dev/production/state/limits. Each page is read and sent
again when something in it changes."""

_MOST_PAGES_MORE = 8
"""Than it took at first: a list that loses many of its first items is measured anew."""


@dataclass(slots=True, eq=False)
class _Page:
    cursor: str | None
    size: float
    query: Query | None = None
    listener: Listener | None = None
    outcome: Outcome | None = None
    first_count: int | None = None
    """How many items its first result has; None before that."""

    @property
    def is_worn(self) -> bool:
        """Whether it has far more items than were asked for."""
        if self.first_count is None or not isinstance(self.outcome, Result):
            return False
        return len(self.outcome.value["page"]) > max(self.first_count, 2 * self.size)


class FollowingPages:
    """Follows the first `most` items of a paginated query, as the values of pages in a list.

    Where `most` is None, it follows the page that is asked for, and its value alone.
    """

    def __init__(self, call: Call[Any], most: int | None, deliver: Listener) -> None:
        """Raises `InvalidArgument` and `LimitExceeded` for arguments that no function takes."""
        self._deliver = deliver
        self._path = function_call(call).path
        self._arguments = call.given_arguments()
        self._operation = call.operation
        self._options: dict[str, Any] = self._arguments["paginationOpts"]
        self._most = most
        self._connection: SyncConnection | None = None
        self._pages: list[_Page] = []
        self._count_at_first: int | None = None
        """How many pages there were when the list was delivered, since it was measured."""
        self._measured = 0
        self._delivered: bytes | None = None
        self._has_delivered = False
        self._is_due = False
        self._is_settled = False
        """Whether what was delivered last is what the pages hold."""

    def start(self, connection: SyncConnection) -> None:
        """See `Follower.start`."""
        self._connection = connection
        self._ask(self._options["cursor"], self._options["numItems"])

    def stop(self) -> None:
        """See `Follower.stop`."""
        self._leave_from(0)
        self._connection = None

    def catch_up(self, reached: Reached) -> None:
        """See `Follower.catch_up`."""
        if self._connection is not None:
            self._connection.catch_up(partial(self._reach, reached))

    def _reach(self, reached: Reached, ended: Ended | None) -> None:
        # Pages that were asked for meanwhile are answered by then, or need others.
        if ended is None and not self._is_settled and self._connection is not None:
            self.catch_up(reached)
        else:
            reached(ended)

    def _ask(self, cursor: str | None, size: float) -> None:
        connection = self._connection
        if connection is None:
            return
        self._is_settled = False
        page = _Page(cursor, min(size, _ITEMS_PER_PAGE) if self._most is not None else size)
        options = {**self._options, "cursor": cursor, "numItems": page.size}
        if self._measured:
            # Under another `id`, nothing that is kept of the page before is used for it.
            options["id"] = float(self._measured)
        arguments = {**self._arguments, "paginationOpts": options}
        self._pages.append(page)
        page.listener = partial(self._take, page)
        # The range of a page is that of who asked for it first.
        page.query = connection.watch(
            FunctionCall(self._path, to_json(arguments)),
            page.listener,
            is_shared=False,
            is_continued=self._has_delivered,
        )

    def _leave_from(self, index: int) -> None:
        left = self._pages[index:]
        del self._pages[index:]
        for page in left:
            if self._connection is not None and page.query is not None and page.listener:
                self._connection.unwatch(page.query, page.listener)

    def _measure_anew(self) -> None:
        self._leave_from(0)
        self._measured += 1
        self._count_at_first = None
        self._ask(self._options["cursor"], self._options["numItems"])

    def _take(self, page: _Page, outcome: Outcome) -> None:
        log_what_it_logged(self._path, outcome)
        connection = self._connection
        if connection is None:
            return
        page.outcome = outcome
        if isinstance(outcome, Ended):
            self.stop()
            self._tell(outcome)
        elif not self._is_due:
            self._is_due = True
            connection.afterwards(self._review)

    def _review(self) -> None:
        """Deliver the list, if all its pages are there; else see to it that they come."""
        self._is_due = False
        total = 0
        end: str | None = None
        for index, page in enumerate(self._pages):
            if index and page.cursor != end:
                # Cursors that a function makes itself are kept by no journal.
                self._leave_from(index)
                break
            match page.outcome:
                case Result(value):
                    pass
                case Failure() as failure:
                    self._take_failure(index, page, failure)
                    return
                case _:
                    return
            count = len(value["page"])
            if page.is_worn or self._lacks(page, value):
                self._measure_anew()
                return
            if page.first_count is None:
                page.first_count = count
            total += count
            end = value["continueCursor"]
            if self._most is None or value["isDone"] or total >= self._most:
                self._leave_from(index + 1)
                self._tell_list(total)
                return
        most = self._most
        if most is None or self._connection is None:
            return
        at_first = self._count_at_first
        if at_first is not None and len(self._pages) >= at_first + _MOST_PAGES_MORE:
            self._measure_anew()
        else:
            self._ask(end, most - total)

    def _lacks(self, page: _Page, value: Any) -> bool:
        """Whether a page that is followed alone lacks items that are there."""
        if self._most is not None or page.first_count is None or value["isDone"]:
            return False
        return len(value["page"]) < min(page.first_count, page.size)

    def _take_failure(self, index: int, page: _Page, failure: Failure) -> None:
        if page.first_count is not None:
            # A page that has grown may be more than a query reads.
            self._measure_anew()
            return
        if self._most is not None:
            error = LimitExceeded(failure.message, self._operation, failure.data)
            try:
                size = fitting(error, int(page.size))
            except LimitExceeded:
                pass
            else:
                self._leave_from(index)
                self._measured += 1
                self._ask(page.cursor, size)
                return
        self._tell(failure)

    def _tell_list(self, total: int) -> None:
        results = [one.outcome for one in self._pages if isinstance(one.outcome, Result)]
        values = [one.value for one in results]
        self._count_at_first = self._count_at_first or len(self._pages)
        if self._most is None:
            told, encoded = values[0], to_json(values[0])
        else:
            items = [one for value in values for one in items_of_page(value)]
            told, encoded = values, to_json(items[: self._most])
        if encoded == self._delivered:
            self._is_settled = True
            return
        self._tell(Result(told))
        self._delivered = encoded

    def _tell(self, outcome: Outcome) -> None:
        self._delivered = None
        self._is_settled = True
        self._has_delivered = True
        self._deliver(outcome)
