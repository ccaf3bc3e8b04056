"""The client for asyncio: the same as for threads, awaited.

Stores use it; a program makes one client for each deployment and shares it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .auth import REFUSED_STATUS, AsyncAuth, AsyncTokenSource
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
from .subscriptions import AsyncListSubscription, AsyncSubscription
from .sync_outcomes import NoWebSockets, request_of
from .under_way import UnderWay

if TYPE_CHECKING:
    from asyncio import Task

    from .sync_requests import Request
    from .transport import AsyncTransport
    from .watchers import AsyncWatcher

T = TypeVar("T")


class AsyncClient:
    """Calls the functions of one deployment from asyncio. See `Client`.

    It belongs to the event loop of its first call. Its calls run at the same time if they are
    awaited at the same time.
    """

    is_in_order = False
    """See `Client.is_in_order`."""

    is_whole = True
    """Whether it is that of a storage, and not that of a snapshot or of a job in it."""

    def __init__(
        self,
        url: str,
        *,
        deploy_key: str | None = None,
        auth: AsyncAuth | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: AsyncTransport | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._connection = Connection(url, deploy_key, timeout)
        require_one(deploy_key, auth)
        self._tokens = AsyncTokenSource(auth)
        self._on_call = check_on_call(on_call)
        self._given_transport = transport
        self._transport = transport
        # One that is given has all calls; else until what answers turns out to take none.
        self._has_web_sockets = transport is None
        self._watcher: AsyncWatcher | None = None
        self._closed = False
        self._under_way = UnderWay()

    @classmethod
    def from_env(
        cls,
        *,
        auth: AsyncAuth | None = None,
        env_file: EnvFile | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: AsyncTransport | None = None,
        on_call: OnCall | None = None,
    ) -> Self:
        """See `Client.from_env`."""
        deployment = deployment_from_environment(env_file)
        return cls(
            deployment.url,
            deploy_key=deployment.deploy_key if auth is None else None,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.url!r})"

    @property
    def url(self) -> str:
        """The URL of the deployment."""
        return self._connection.url

    @property
    def given_transport(self) -> AsyncTransport | None:
        """See `Client.given_transport`."""
        return self._given_transport

    @property
    def timeout(self) -> float:
        """The deadline of each call, in seconds."""
        return self._connection.timeout

    @property
    def on_call(self) -> OnCall | None:
        """See `Client.on_call`."""
        return self._on_call

    @property
    def under_way(self) -> UnderWay:
        """See `Client.under_way`."""
        return self._under_way

    async def close(self) -> None:
        """Close the connections and end the subscriptions. May be repeated."""
        self._closed = True
        self._under_way.end()
        watcher, self._watcher = self._watcher, None
        transport, self._transport = self._transport, None
        if watcher is not None:
            await watcher.close()
        if transport is not None and self._given_transport is None:
            await transport.close()

    async def run(self, call: Call[T]) -> T:
        """What the function returns. Raises the errors of `errors`."""
        # Nothing is spent on calls of which nobody is told.
        if self._on_call is None:
            return await self._run(call, None)
        with self.observe(call.kind, call.path) as traffic:
            return await self._run(call, traffic)

    def observe(self, kind: FunctionKind, path: str) -> AbstractContextManager[Traffic | None]:
        """See `Client.observe`."""
        if self._on_call is None:
            return nullcontext()
        return Traffic(self._on_call, self.url, kind, path)

    async def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        connection = self._connection
        timeout = connection.timeout
        if call.must_run_once and self._has_web_sockets:
            until = monotonic() + timeout
            try:
                return await self.watcher(call.operation).run_once(call, timeout, traffic)
            except NoWebSockets:
                self._has_web_sockets = False
                timeout = max(round(until - monotonic(), 3), 0.001)
        return await self.carry(Exchange(call, timeout, connection.url, traffic))

    async def resume(self, late: Timeout) -> Any:
        """See `Client.resume`."""
        request = request_of(late)
        with self.observe(request.call.kind, request.call.path) as traffic:
            return await self._resume(request, traffic)

    async def _resume(self, request: Request[T], traffic: Traffic | None) -> T:
        return await self.watcher("resume").resume(request, self._connection.timeout, traffic)

    async def carry(self, exchange: Exchange[T]) -> T:
        """What the requests of a call bring. Raises the errors of `errors`."""
        try:
            return await self._carry(exchange)
        except ConvexgenError as error:
            exchange.admit(error)
            raise

    async def _carry(self, exchange: Exchange[T]) -> T:
        connection = self._connection
        operation, traffic = exchange.operation, exchange.traffic
        transport = self._transport or self._open_transport(operation)
        endpoint = connection.endpoints[exchange.endpoint]
        token = await self._tokens.token(operation, exchange.remaining())
        is_renewed = not self._tokens.gives_others
        while True:
            if traffic is not None:
                traffic.send(exchange.body)
            try:
                status, body = await transport.post(
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
                    token = await self._tokens.token(operation, exchange.remaining(), token)
                    is_renewed = True
                    continue
                delay = exchange.receive(status, body)
            if delay is None:
                return exchange.result
            await _sleep(delay)
            if self._closed:
                raise Unavailable("the client was closed", operation)

    async def run_chunked(
        self, build: Callable[[list[Any]], Call[list[T]]], keys: Iterable[Any]
    ) -> list[T]:
        """See `Client.run_chunked`."""
        results: list[T] = []
        bulk = Bulk()
        for chunk in chunks(bulk.taken(keys), KEYS_PER_CALL):
            start, count = 0, len(chunk)
            while start < len(chunk):
                try:
                    with bulk:
                        found: list[T] = await self.run(build(chunk[start : start + count]))
                except LimitExceeded as error:
                    count = fitting(error, count)
                else:
                    results += found
                    bulk.advance(len(found), len(found))
                    start += count
            bulk.next_batch()
        return results

    async def page(self, call: PagedCall[T], cursor: str | None, limit: int) -> Page[T]:
        """See `Client.page`."""
        while True:
            try:
                return await self.run(call.page(cursor, limit))
            except LimitExceeded as error:
                limit = fitting(error, limit)

    async def iterate(self, call: PagedCall[T], page_size: int) -> AsyncIterator[T]:
        """See `Client.iterate`."""
        from .tasks import begin

        page = await self.page(call, None, page_size)
        for item in page.items:
            yield item
        if page.is_done:
            return
        page = await self.page(call, page.cursor, page_size)
        while not page.is_done:
            following = await begin(self.page(call, page.cursor, page_size))
            try:
                for item in page.items:
                    yield item
                page = await following
            finally:
                following.cancel()
        for item in page.items:
            yield item

    async def first(self, call: PagedCall[T]) -> T | None:
        """See `Client.first`."""
        cursor = None
        while True:
            page = await self.page(call, cursor, 1)
            if page.items:
                return page.items[0]
            if page.is_done:
                return None
            cursor = page.cursor

    async def save_many(
        self,
        build: Callable[[list[Document]], Call[None]],
        documents: Iterable[Document],
        loading: Loading,
    ) -> int:
        """See `Client.save_many`."""
        from .tasks import begin, end

        if self.is_in_order:
            loading = replace(loading, concurrency=1)
        bulk = Bulk(loading.progress)
        given = batches(bulk.counted(documents), loading.most)
        under_way: deque[tuple[list[Document], Task[None]]] = deque()

        async def next_batch() -> list[Document] | None:
            try:
                return next(given, None)
            except Exception as error:
                while under_way:
                    await settle()
                bulk.locate_next(error)
                raise

        async def settle() -> None:
            batch, request = under_way.popleft()
            with bulk:
                await request
            bulk.advance(len(batch), len(batch))
            bulk.next_batch()

        try:
            while (batch := await next_batch()) is not None:
                while not loading.may_begin(batch, [one for one, _ in under_way]):
                    await settle()
                under_way.append((batch, await begin(self.run(build(batch)))))
            while under_way:
                await settle()
        except BaseException as error:
            await end((request for _, request in under_way), error)
            raise
        return bulk.done

    async def run_until_done(self, call: Call[Removal], first: Call[Removal] | None = None) -> bool:
        """See `Client.run_until_done`."""
        answer = await self.run(first or call)
        removed = answer.removed
        with continued():
            while not answer.is_done:
                answer = await self.run(call)
                removed = removed or answer.removed
        return removed

    async def remove_many(
        self,
        build: Callable[[list[Any]], Call[BulkRemoval]],
        build_one: Callable[[dict[str, Any]], Call[Removal]],
        keys: Iterable[Any],
        progress: Progress | None = None,
    ) -> int:
        """See `Client.remove_many`."""
        bulk = Bulk(progress)
        for chunk in chunks(bulk.taken(keys), KEYS_PER_CALL):
            remaining = chunk
            while remaining:
                with bulk:
                    answer = await self.run(build(remaining))
                    if answer.unfinished is not None:
                        with continued():
                            await self.run_until_done(build_one(answer.unfinished))
                bulk.advance(len(remaining) - len(answer.remaining), answer.removed)
                remaining = answer.remaining
            bulk.next_batch()
        return bulk.done

    async def run_steps(self, steps: Steps, progress: Progress | None = None) -> int:
        """See `Client.run_steps`."""
        bulk = Bulk(progress)
        step: Step | None = None
        while True:
            with bulk:
                step = await self.run(steps(step))
            more = step.done - bulk.done
            bulk.advance(more, more)
            if step.is_done:
                return bulk.done
            bulk.next_batch()

    async def clear(
        self,
        call: Call[Clearing],
        progress: Progress | None = None,
    ) -> int:
        """See `Client.clear`."""
        bulk = Bulk(progress)
        while True:
            with bulk:
                answer = await self.run(call)
            bulk.advance(answer.removed, answer.removed)
            if answer.is_done:
                return bulk.done
            bulk.next_batch()

    def watch(self, call: Call[T]) -> AsyncSubscription[T]:
        """See `Client.watch`."""
        return AsyncSubscription(self, call, call.decoder.decode_parsed)

    def watch_page(self, call: PagedCall[T], limit: int) -> AsyncListSubscription[T]:
        """See `Client.watch_page`."""
        return AsyncListSubscription(self, call, limit)

    def watcher(self, operation: str) -> AsyncWatcher:
        """What follows the queries of this client's subscriptions."""
        from .watchers import new_session

        self._require_open(operation)
        if self._watcher is None:
            self._watcher = self.new_watcher(new_session)
        return self._watcher

    def new_watcher(self, begin: Callable[[], str]) -> AsyncWatcher:
        """See `Client.new_watcher`."""
        from .sync_connection import Endpoint
        from .sync_credentials import Credentials
        from .watchers import AsyncWatcher

        connection = self._connection
        return AsyncWatcher(
            Endpoint(connection.url, connection.client, connection.timeout),
            Credentials(connection.deploy_key, self._tokens, connection.timeout),
            begin,
        )

    def _open_transport(self, operation: str) -> AsyncTransport:
        from .async_http_transport import AsyncHttpTransport

        self._require_open(operation)
        self._transport = AsyncHttpTransport()
        return self._transport

    def _require_open(self, operation: str) -> None:
        if self._closed:
            raise InvalidArgument("the client is closed", operation)


async def _sleep(seconds: float) -> None:
    # Programs that use the synchronous client alone never load asyncio.
    import asyncio

    await asyncio.sleep(seconds)
