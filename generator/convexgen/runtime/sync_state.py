"""Convex's sync protocol without input or output: what to send, and what a message means.

A `SyncState` is one session for its whole life, over as many connections as it takes: `open`
begins one, `next_message` gives what is to be sent on it, `receive` takes what came. Source of the
rules: the backend's `crates/local_backend/src/subs` and `crates/sync/src/{worker,state}.rs`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic_core import to_json

from .call_events import Traffic
from .sync_messages import (
    FIRST_VERSION,
    AuthError,
    Credential,
    FatalError,
    FunctionCall,
    MutationResponse,
    ProtocolBroken,
    QueryRemoved,
    QueryUpdated,
    Transition,
    TransitionChunk,
    add,
    authenticate,
    connect,
    modify_query_set,
    mutation,
    read_message,
    remove,
)
from .sync_outcomes import Ended, Failure, Outcome, Result

MAX_UNDER_WAY = 500
"""Mutations sent and not answered: a deployment lets 1,000 wait, and ends the connection at more
(`SYNC_MAX_CONCURRENT_MUTATIONS`)."""

MAX_MODIFICATION_BYTES = 8 * 1024 * 1024
"""Of one `ModifyQuerySet`, to which the last query is added whole: a deployment reads messages of
64 MiB, in frames of 16."""


class CredentialRefused(Exception):
    """The deployment takes neither this credential nor anything that comes after it."""


Listener: TypeAlias = Callable[[Outcome], None]

Reached: TypeAlias = Callable[[Ended | None], None]
"""Told that all results are those of a moment, or why they will not be."""


@dataclass(slots=True, eq=False)
class Query:
    """A query that is followed, once for however many listeners."""

    number: int
    call: FunctionCall
    listeners: list[Listener] = field(default_factory=list[Listener])
    journal: str | None = None
    last: Outcome | None = None
    is_continued: bool = False
    """Whether who asks has had results before: it outlives broken connections."""

    @property
    def is_told(self) -> bool:
        """Whether who asks has heard of the deployment."""
        return self.is_continued or self.last is not None


@dataclass(slots=True, eq=False)
class Mutation:
    """A mutation that is run once, however often it is sent."""

    call: FunctionCall
    settle: Listener = lambda _: None
    """Is told what came of it."""
    owner: object = None
    """The connection whose session it is a request of; None before it is one."""
    number: int = -1
    """Its request in the session, given when it is submitted."""
    connection: int = 0
    """That on which it was sent last; 0 if it never was."""
    traffic: Traffic | None = None
    """Counts that of the call which waits for it; None where nobody is told."""

    @property
    def was_sent(self) -> bool:
        """Whether it may have been run."""
        return self.connection != 0


@dataclass(slots=True, eq=False)
class _CatchUp:
    """Waits for a transition that begins after it was asked for."""

    reached: Reached
    query_set: int = 0
    """The version that was asked for, on this connection; 0 if none was."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The answer to a mutation whose effect the queries do not show yet."""

    timestamp: int
    mutation: Mutation
    outcome: Outcome


class SyncState:
    """The queries and mutations of one session, and how far a connection is with them."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._credential: Credential | None = None
        self._observed: int | None = None
        self._connections = 0
        self._next_query = self._next_request = 0
        self._shared: dict[FunctionCall, Query] = {}
        self._queries: dict[int, Query] = {}
        self._mutations: dict[int, Mutation] = {}  # unanswered, oldest first
        self._held: dict[int, _Held] = {}
        self._catching_up: list[_CatchUp] = []
        self._afterwards: list[Callable[[], None]] = []
        self._begin(is_open=False)

    def _begin(self, *, is_open: bool) -> None:
        """What is of one connection alone."""
        self.is_open = is_open
        self.has_progress = False
        """Whether this connection has brought a result."""
        self._first: deque[bytes] = deque()  # to be sent before anything else
        self._removed: list[int] = []
        self._added = dict(self._queries)
        self._unsent = deque(self._mutations.values())
        self._under_way = 0
        self._query_set = self._identity = 0
        self._version = FIRST_VERSION
        self._chunks: list[str] = []
        for one in self._catching_up:
            one.query_set = 0

    # What is wanted

    @property
    def is_idle(self) -> bool:
        """Whether nothing is wanted of the deployment."""
        return not (self._queries or self._mutations or self._catching_up)

    def watch(
        self,
        call: FunctionCall,
        listener: Listener,
        *,
        is_shared: bool = True,
        is_continued: bool = False,
    ) -> Query:
        """Follow a query; one that is followed already is asked once, if it may be shared."""
        query = self._shared.get(call) if is_shared else None
        if query is None:
            # A number is never used again, for late results of a removed query may come.
            query = Query(self._next_query, call, is_continued=is_continued)
            self._next_query += 1
            self._queries[query.number] = self._added[query.number] = query
            if is_shared:
                self._shared[call] = query
        query.listeners.append(listener)
        if query.last is not None:
            listener(query.last)
        return query

    def unwatch(self, query: Query, listener: Listener) -> None:
        """Tell the listener no more; may be repeated."""
        if listener in query.listeners:
            query.listeners.remove(listener)
        if not query.listeners:
            self._forget(query)

    def _forget(self, query: Query) -> None:
        if self._queries.pop(query.number, None) is None:
            return
        if self._shared.get(query.call) is query:
            del self._shared[query.call]
        # A deployment ends the connection of who removes what was not added.
        if self._added.pop(query.number, None) is None and self.is_open:
            self._removed.append(query.number)
        if not self._queries:
            self._release_all()

    def catch_up(self, reached: Reached) -> None:
        """Tell when the results of all queries are those of a moment after this one."""
        if self._queries:
            self._catching_up.append(_CatchUp(reached))
        else:
            reached(None)

    def afterwards(self, function: Callable[[], None]) -> None:
        """Call it when all results of the transition that is being told are told."""
        self._afterwards.append(function)

    def submit(self, submitted: Mutation) -> None:
        """Run a mutation, after those that were submitted before.

        One that was withdrawn has its request again: if it was run, its answer comes.
        """
        if submitted.number < 0:
            submitted.number = self._next_request
            self._next_request += 1
        self._mutations[submitted.number] = submitted
        self._unsent.append(submitted)

    def withdraw(self, withdrawn: Mutation) -> bool:
        """Do not send it (again); whether it never was sent, so that it is never run."""
        if self._mutations.pop(withdrawn.number, None) is not None:
            self._leave(withdrawn)
        held = self._held.pop(withdrawn.number, None)
        if held is not None:
            withdrawn.settle(held.outcome)
        return not withdrawn.was_sent

    def _leave(self, mutation: Mutation) -> None:
        if mutation.was_sent and mutation.connection == self._connections and self.is_open:
            self._under_way -= 1

    def authenticate(self, credential: Credential | None) -> None:
        """Have results of somebody else, or under another token; None is nobody."""
        is_new = credential != self._credential
        self._credential = credential
        if self.is_open and is_new:
            self._first.append(self._authentication(credential or Credential("None")))

    def end(self, ended: Ended, *, only_untold: bool = False) -> None:
        """Give up all that is wanted, or what the deployment has told nothing of yet."""
        for query in list(self._queries.values()):
            if not (only_untold and query.is_told):
                self._forget(query)
                for listener in list(query.listeners):
                    listener(ended)
        for one in list(self._mutations.values()):
            if not (one.was_sent and only_untold):
                self.withdraw(one)
                one.settle(ended)
        self._release_all()
        waiting, self._catching_up = self._catching_up, []
        for caught in waiting:
            caught.reached(ended)

    def forget_observed(self) -> None:
        """Ask for no moment: a deployment that was restored is not there yet, and refuses it."""
        self._observed = None

    # The connection

    def open(self, last_close_reason: str) -> None:
        """Begin a connection, on which everything is said anew."""
        self._connections += 1
        self._begin(is_open=True)
        count = self._connections - 1
        self._first.append(connect(self._session_id, count, last_close_reason, self._observed))
        if self._credential is not None:
            self._first.append(self._authentication(self._credential))

    def close(self) -> None:
        """The connection is over."""
        self._begin(is_open=False)

    def next_message(self) -> bytes | None:
        """What is to be sent next; None if there is nothing now."""
        if not self.is_open:
            return None
        if self._first:
            return self._first.popleft()
        if self._removed or self._added:
            return self._modification()
        if any(one.query_set == 0 for one in self._catching_up):
            return self._empty_modification()
        while self._unsent and self._under_way < MAX_UNDER_WAY:
            one = self._unsent.popleft()
            if self._mutations.get(one.number) is one:
                one.connection = self._connections
                self._under_way += 1
                message = mutation(one.number, one.call)
                if one.traffic is not None:
                    one.traffic.send(message)
                return message
        return None

    def _modification(self) -> bytes:
        parts = [remove(number) for number in self._removed]
        self._removed.clear()
        size = 0
        while self._added and size < MAX_MODIFICATION_BYTES:
            number = next(iter(self._added))
            query = self._added.pop(number)
            parts.append(add(number, query.call, query.journal))
            size += len(parts[-1])
        self._query_set += 1
        return modify_query_set(self._query_set - 1, parts)

    def _empty_modification(self) -> bytes:
        """A deployment answers it by a transition to its present."""
        self._query_set += 1
        for one in self._catching_up:
            one.query_set = one.query_set or self._query_set
        return modify_query_set(self._query_set - 1, [])

    def _authentication(self, credential: Credential) -> bytes:
        self._identity += 1
        return authenticate(self._identity - 1, credential)

    def receive(self, text: bytes) -> None:
        """Take a message. `CredentialRefused` and `ProtocolBroken` end the connection."""
        match read_message(text):
            case Transition() as transition:
                self._advance(transition)
            case MutationResponse() as response:
                self._answer(response, text)
            case TransitionChunk() as chunk:
                self._join(chunk)
            case AuthError(error):
                raise CredentialRefused(error)
            case FatalError(error):
                raise ProtocolBroken(error)
            case None:
                pass

    def _advance(self, transition: Transition) -> None:
        if transition.start_version != self._version:
            raise ProtocolBroken("a transition that does not follow on the one before")
        self._version = transition.end_version
        self._observe(transition.end_version.timestamp)
        self.has_progress = True
        for change in transition.modifications:
            query = self._queries.get(change.query_id)
            # One that is removed here is followed by the deployment for a while.
            if query is None or isinstance(change, QueryRemoved):
                continue
            query.journal = change.journal
            if isinstance(change, QueryUpdated):
                outcome: Outcome = Result(change.value, change.log_lines)
            else:
                outcome = Failure(change.error_message, change.error_data, change.log_lines)
            # All results come again on a new connection, and where log lines differ.
            if query.last is None or not _are_same(query.last, outcome):
                query.last = outcome
                for listener in list(query.listeners):
                    listener(outcome)
        due, self._afterwards = self._afterwards, []
        for function in due:
            function()
        self._release()
        self._tell_caught_up()

    def _release(self) -> None:
        """Settle the mutations whose effect the queries show by now."""
        for number, held in list(self._held.items()):
            if held.timestamp <= self._version.timestamp:
                del self._held[number]
                held.mutation.settle(held.outcome)

    def _release_all(self) -> None:
        held, self._held = self._held, {}
        for one in held.values():
            one.mutation.settle(one.outcome)

    def _tell_caught_up(self) -> None:
        reached: list[_CatchUp] = []
        left: list[_CatchUp] = []
        for one in self._catching_up:
            is_there = 0 < one.query_set <= self._version.query_set
            (reached if is_there else left).append(one)
        self._catching_up = left
        for one in reached:
            one.reached(None)

    def _answer(self, response: MutationResponse, text: bytes) -> None:
        self.has_progress = True
        answered = self._mutations.pop(response.request_id, None)
        if answered is None:
            return  # it was withdrawn
        if answered.traffic is not None:
            answered.traffic.receive(text)
        self._leave(answered)
        if response.timestamp is not None:
            self._observe(response.timestamp)
        if response.success:
            result = Result(response.result, response.log_lines)
            timestamp = response.timestamp
            # Who has the answer finds what it did in the results of the queries, as in Convex's own
            # clients: the transition that shows it follows on the answer.
            if self._queries and timestamp is not None and timestamp > self._version.timestamp:
                self._held[answered.number] = _Held(timestamp, answered, result)
            else:
                answered.settle(result)
        else:
            failure = Failure(str(response.result), response.error_data, response.log_lines)
            answered.settle(failure)

    def _join(self, chunk: TransitionChunk) -> None:
        if chunk.part_number != len(self._chunks):
            raise ProtocolBroken("the parts of a transition are not in order")
        self._chunks.append(chunk.chunk)
        if len(self._chunks) == chunk.total_parts:
            whole, self._chunks = "".join(self._chunks), []
            self.receive(whole.encode())

    def _observe(self, timestamp: int) -> None:
        self._observed = max(timestamp, self._observed or 0)


_REQUEST_ID = re.compile(r"^\[Request ID: \w+\] ")


def _are_same(one: Outcome, other: Outcome) -> bool:
    # To Python `True == 1`, and to JSON they differ.
    return one.__class__ is other.__class__ and _comparable(one) == _comparable(other)


def _comparable(outcome: Outcome) -> tuple[object, ...]:
    match outcome:
        case Result(value):
            return (to_json(value),)
        case Failure(message, data):
            # Each run of a function has another id.
            return (_REQUEST_ID.sub("", message), to_json(data))
        case Ended(kind, reason):
            return (kind, reason)
