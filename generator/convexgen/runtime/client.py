"""The client for threads: it runs calls, walks pages, splits bulk work and opens subscriptions.

Stores use it; a program makes one client for each deployment and shares it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .auth import REFUSED_STATUS, Auth, TokenSource
from .beside import Beside
from .bulk import Bulk, Document, Loading, continued
from .call_events import OnCall, Traffic, check_on_call
from .calls import (
    KEYS_PER_CALL,
    BulkRemoval,
    Call,
    Clearing,
    FunctionKind,
    Page,
    PagedCall,
    Progress,
    Removal,
    batches,
    chunks,
    fitting,
)
from .connection import DEFAULT_TIMEOUT, Connection
from .environment import EnvFile, deployment_from_environment, require_one
from .errors import ConvexgenError, InvalidArgument, LimitExceeded, Timeout, Unavailable
from .exchange import Exchange
from .found import Step, Steps
from .subscriptions import ListSubscription, Subscription
from .sync_outcomes import NoWebSockets, request_of
from .under_way import UnderWay

if TYPE_CHECKING:
    from .sync_requests import Request
    from .transport import Transport
    from .watchers import Watcher

T = TypeVar("T")


class Client:
    """Calls the functions of one deployment. May be shared by threads.

    `url` is the deployment's ("https://happy-otter-123.convex.cloud"), `deploy_key` opens internal
    functions, `timeout` is the deadline of each call in seconds, retries included. A `transport`
    that is given is not closed with the client.

    In place of the key, `auth` is the JSON Web Token of a user or a function that gives one, of no
    parameters or of `force_refresh_token`: see `auth`.

    `on_call` is told of each call that has ended: see `CallEvent`. What it raises is logged, and
    the call ends as it does.

    Reads and idempotent writes are repeated on broken connections, 429 and 503, with growing
    random delays, until the deadline; connecting is tried three times. Other mutations run once:
    they go over a WebSocket, and after a break the deployment answers what it has run. Actions are
    sent once.
    """

    is_in_order = False
    """Whether calls are made one after another, whatever is asked for."""

    is_whole = True
    """Whether it is that of a storage, and not that of a snapshot or of a job in it."""

    def __init__(
        self,
        url: str,
        *,
        deploy_key: str | None = None,
        auth: Auth | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._connection = Connection(url, deploy_key, timeout)
        require_one(deploy_key, auth)
        self._tokens = TokenSource(auth)
        self._on_call = check_on_call(on_call)
        self._given_transport = transport
        self._transport = transport
        # One that is given has all calls; else until what answers turns out to take none.
        self._has_web_sockets = transport is None
        self._watcher: Watcher | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._under_way = UnderWay()

    @classmethod
    def from_env(
        cls,
        *,
        auth: Auth | None = None,
        env_file: EnvFile | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        on_call: OnCall | None = None,
    ) -> Self:
        """A client of the deployment that the environment names.

        That is CONVEX_URL with CONVEX_DEPLOY_KEY, else CONVEX_SELF_HOSTED_URL with
        CONVEX_SELF_HOSTED_ADMIN_KEY; where the environment has neither URL, they are read from
        `env_file`, such as ".env.local". A key goes to its own deployment alone. With `auth`, no
        key is sent. Raises `InvalidArgument` if neither URL is set, or the file cannot be read.
        """
        deployment = deployment_from_environment(env_file)
        return cls(
            deployment.url,
            deploy_key=deployment.deploy_key if auth is None else None,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.url!r})"

    @property
    def url(self) -> str:
        """The URL of the deployment."""
        return self._connection.url

    @property
    def given_transport(self) -> Transport | None:
        """That which it was given, over which all calls go; None where it has its own."""
        return self._given_transport

    @property
    def timeout(self) -> float:
        """The deadline of each call, in seconds."""
        return self._connection.timeout

    @property
    def on_call(self) -> OnCall | None:
        """Is told of each call that ends; None where nobody is."""
        return self._on_call

    @property
    def under_way(self) -> UnderWay:
        """What ends as the client is closed."""
        return self._under_way

    def close(self) -> None:
        """Close the connections and end the subscriptions. May be repeated."""
        with self._lock:
            self._ended.set()
            watcher, self._watcher = self._watcher, None
            transport = self._transport
            self._transport = None
        self._under_way.end()
        if watcher is not None:
            watcher.close()
        if transport is not None and self._given_transport is None:
            transport.close()

    def run(self, call: Call[T]) -> T:
        """What the function returns. Raises the errors of `errors`."""
        # Nothing is spent on calls of which nobody is told.
        if self._on_call is None:
            return self._run(call, None)
        with self.observe(call.kind, call.path) as traffic:
            return self._run(call, traffic)

    def observe(self, kind: FunctionKind, path: str) -> AbstractContextManager[Traffic | None]:
        """What a call is made in: it gives what counts its traffic, None where nobody is told."""
        if self._on_call is None:
            return nullcontext()
        return Traffic(self._on_call, self.url, kind, path)

    def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        connection = self._connection
        timeout = connection.timeout
        if call.must_run_once and self._has_web_sockets:
            until = monotonic() + timeout
            try:
                return self.watcher(call.operation).run_once(call, timeout, traffic)
            except NoWebSockets:
                self._has_web_sockets = False
                timeout = max(round(until - monotonic(), 3), 0.001)
        return self.carry(Exchange(call, timeout, connection.url, traffic))

    def resume(self, late: Timeout) -> Any:
        """The answer of a mutation that raised this: it is run now, if it was not.

        May be repeated, by the same client. Raises the errors of `errors`, and `InvalidArgument`
        where the call was none that is run once.
        """
        request = request_of(late)
        with self.observe(request.call.kind, request.call.path) as traffic:
            return self._resume(request, traffic)

    def _resume(self, request: Request[T], traffic: Traffic | None) -> T:
        return self.watcher("resume").resume(request, self._connection.timeout, traffic)

    def carry(self, exchange: Exchange[T]) -> T:
        """What the requests of a call bring. Raises the errors of `errors`."""
        try:
            return self._carry(exchange)
        except ConvexgenError as error:
            exchange.admit(error)
            raise

    def _carry(self, exchange: Exchange[T]) -> T:
        connection = self._connection
        operation, traffic = exchange.operation, exchange.traffic
        transport = self._transport or self._open_transport(operation)
        endpoint = connection.endpoints[exchange.endpoint]
        token = self._tokens.token(operation, exchange.remaining())
        is_renewed = not self._tokens.gives_others
        while True:
            if traffic is not None:
                traffic.send(exchange.body)
            try:
                status, body = transport.post(
                    endpoint,
                    headers={**connection.headers, **token.headers},
                    body=exchange.body,
                    timeout=exchange.remaining(),
                )
            except OSError as error:
                delay: float | None = exchange.fail(error)
            else:
                if traffic is not None:
                    traffic.receive(body)
                if status == REFUSED_STATUS and not is_renewed:
                    token = self._tokens.token(operation, exchange.remaining(), token)
                    is_renewed = True
                    continue
                delay = exchange.receive(status, body)
            if delay is None:
                return exchange.result
            if self._ended.wait(delay):
                raise Unavailable("the client was closed", operation)

    def run_chunked(
        self, build: Callable[[list[Any]], Call[list[T]]], keys: Iterable[Any]
    ) -> list[T]:
        """The results of the calls that `build` makes for 100 encoded keys at a time, joined."""
        results: list[T] = []
        bulk = Bulk()
        for chunk in chunks(bulk.taken(keys), KEYS_PER_CALL):
            start, count = 0, len(chunk)
            while start < len(chunk):
                try:
                    with bulk:
                        found: list[T] = self.run(build(chunk[start : start + count]))
                except LimitExceeded as error:
                    count = fitting(error, count)
                else:
                    results += found
                    bulk.advance(len(found), len(found))
                    start += count
            bulk.next_batch()
        return results

    def page(self, call: PagedCall[T], cursor: str | None, limit: int) -> Page[T]:
        """The page after the cursor; the first one for None.

        It is smaller than the limit where the items are too large to be read at once.
        """
        while True:
            try:
                return self.run(call.page(cursor, limit))
            except LimitExceeded as error:
                limit = fitting(error, limit)

    def iterate(self, call: PagedCall[T], page_size: int) -> Iterator[T]:
        """All items, in pages that are fetched as they are needed.

        From the second one on, the page after it is fetched while one is gone through.
        """
        page = self.page(call, None, page_size)
        yield from page.items
        if page.is_done:
            return
        page = self.page(call, page.cursor, page_size)
        while not page.is_done:
            following = Beside(partial(self.page, call, page.cursor, page_size))
            yield from page.items
            page = following.result()
        yield from page.items

    def first(self, call: PagedCall[T]) -> T | None:
        """The first item, or None if there is none."""
        cursor = None
        while True:
            page = self.page(call, cursor, 1)
            if page.items:
                return page.items[0]
            if page.is_done:
                return None
            cursor = page.cursor

    def save_many(
        self,
        build: Callable[[list[Document]], Call[None]],
        documents: Iterable[Document],
        loading: Loading,
    ) -> int:
        """Run the calls that `build` makes for batches of encoded documents.

        The next batch is made while those before are saved. Returns the number of documents saved.
        """
        if self.is_in_order:
            loading = replace(loading, concurrency=1)
        bulk = Bulk(loading.progress)
        given = batches(bulk.counted(documents), loading.most)
        under_way: deque[tuple[list[Document], Beside[None]]] = deque()

        def next_batch() -> list[Document] | None:
            try:
                return next(given, None)
            except Exception as error:
                while under_way:
                    settle()
                bulk.locate_next(error)
                raise

        def settle() -> None:
            batch, request = under_way.popleft()
            with bulk:
                request.result()
            bulk.advance(len(batch), len(batch))
            bulk.next_batch()

        try:
            while (batch := next_batch()) is not None:
                while not loading.may_begin(batch, [one for one, _ in under_way]):
                    settle()
                under_way.append((batch, Beside(partial(self.run, build(batch)))))
            while under_way:
                settle()
        except Exception:
            for _, request in under_way:
                request.wait()
            raise
        return bulk.done

    def run_until_done(self, call: Call[Removal], first: Call[Removal] | None = None) -> bool:
        """Repeat the removal until its cascades are done; whether the entity was there.

        The first time, it may be another call, that expects something.
        """
        answer = self.run(first or call)
        removed = answer.removed
        with continued():
            while not answer.is_done:
                answer = self.run(call)
                removed = removed or answer.removed
        return removed

    def remove_many(
        self,
        build: Callable[[list[Any]], Call[BulkRemoval]],
        build_one: Callable[[dict[str, Any]], Call[Removal]],
        keys: Iterable[Any],
        progress: Progress | None = None,
    ) -> int:
        """Run the calls that `build` makes for 100 encoded keys at a time, until none remain.

        What one call leaves unfinished is removed by those that `build_one` makes. Returns the
        number of entities removed.
        """
        bulk = Bulk(progress)
        for chunk in chunks(bulk.taken(keys), KEYS_PER_CALL):
            remaining = chunk
            while remaining:
                with bulk:
                    answer = self.run(build(remaining))
                    if answer.unfinished is not None:
                        with continued():
                            self.run_until_done(build_one(answer.unfinished))
                bulk.advance(len(remaining) - len(answer.remaining), answer.removed)
                remaining = answer.remaining
            bulk.next_batch()
        return bulk.done

    def run_steps(self, steps: Steps, progress: Progress | None = None) -> int:
        """Run the calls of the steps until all is done; the number of entities written.

        A client that dies leaves the rest to the backend, which then goes on by itself.
        """
        bulk = Bulk(progress)
        step: Step | None = None
        while True:
            with bulk:
                step = self.run(steps(step))
            more = step.done - bulk.done
            bulk.advance(more, more)
            if step.is_done:
                return bulk.done
            bulk.next_batch()

    def clear(self, call: Call[Clearing], progress: Progress | None = None) -> int:
        """Repeat the call until the table is empty; the number of entities removed."""
        bulk = Bulk(progress)
        while True:
            with bulk:
                answer = self.run(call)
            bulk.advance(answer.removed, answer.removed)
            if answer.is_done:
                return bulk.done
            bulk.next_batch()

    def watch(self, call: Call[T]) -> Subscription[T]:
        """The results of the query, now and whenever they change."""
        return Subscription(self, call, call.decoder.decode_parsed)

    def watch_page(self, call: PagedCall[T], limit: int) -> ListSubscription[T]:
        """The first `limit` items of the paginated query, now and whenever they change."""
        return ListSubscription(self, call, limit)

    def watcher(self, operation: str) -> Watcher:
        """What follows the queries of this client's subscriptions, started at the first one."""
        from .watchers import new_session

        with self._lock:
            self._require_open(operation)
            if self._watcher is None:
                self._watcher = self.new_watcher(new_session)
            return self._watcher

    def new_watcher(self, begin: Callable[[], str]) -> Watcher:
        """One more, with a connection of its own, in the session that `begin` gives."""
        from .sync_connection import Endpoint
        from .sync_credentials import Credentials
        from .watchers import Watcher

        connection = self._connection
        return Watcher(
            Endpoint(connection.url, connection.client, connection.timeout),
            Credentials(connection.deploy_key, self._tokens, connection.timeout),
            begin,
        )

    def _open_transport(self, operation: str) -> Transport:
        from .http_transport import HttpTransport

        with self._lock:
            self._require_open(operation)
            if self._transport is None:
                self._transport = HttpTransport()
            return self._transport

    def _require_open(self, operation: str) -> None:
        if self._ended.is_set():
            raise InvalidArgument("the client is closed", operation)
