"""Reads of one moment: clients that ask for results as of a timestamp of the deployment.

Its endpoints are those of `ConvexHttpClient.consistentQuery` of the package `convex`: `query_ts`
gives the timestamp of the last transaction, and `query_at_ts` runs queries as of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from .async_client import AsyncClient
from .bound_blocks import AsyncBoundBlock, AsyncBoundClient, BoundBlock, BoundClient
from .call_events import Traffic
from .calls import Call, Decoder, PagedCall
from .client import Client
from .errors import InvalidArgument, ServerError
from .exchange import Exchange
from .failures import shown, status_error

if TYPE_CHECKING:
    from .subscriptions import (
        AsyncListSubscription,
        AsyncSubscription,
        ListSubscription,
        Subscription,
    )
    from .sync_requests import Request

T = TypeVar("T")
S = TypeVar("S")


_TIMESTAMP_PATH = "/api/query_ts"
"""What hooks are told that is called: no function, whose path has no slash at its beginning."""


class _Moment(BaseModel):
    ts: str


class _TimestampExchange(Exchange[str]):
    """The request for the timestamp of the last transaction, as the endpoint writes it."""

    def __init__(self, timeout: float, url: str, traffic: Traffic | None) -> None:
        call: Call[str] = Call.query("", {}, Decoder(str), "begin a snapshot")
        super().__init__(call, timeout, url, traffic)
        self.endpoint = "query_ts"

    def read(self, status: int, body: bytes) -> str:
        """The timestamp. Raises the error for anything else."""
        if status != 200:
            raise status_error(status, body, self.operation)
        try:
            return _Moment.model_validate_json(body).ts
        except ValidationError as error:
            raise ServerError(
                f"the answer is not Convex's: {shown(body)}", self.operation
            ) from error


class SnapshotClient(BoundClient):
    """Calls queries as of a timestamp, by the connections of another client."""

    def __init__(self, client: Client, timestamp: str) -> None:
        super().__init__(client)
        self._timestamp = timestamp

    def close(self) -> None:
        """End the snapshot. The client that it is of goes on."""
        self._has_ended = True

    def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        _require_query(call, has_ended=self._has_ended)
        exchange = Exchange(call, self.timeout, self.url, traffic, timestamp=self._timestamp)
        return self.carry(exchange)

    def _resume(self, request: Request[T], traffic: Traffic | None) -> NoReturn:
        raise _only_reads(request.call.operation)

    def watch(self, call: Call[T]) -> Subscription[T]:
        """Raises `InvalidArgument`."""
        _refuse_to_watch(call.operation)

    def watch_page(self, call: PagedCall[T], limit: int) -> ListSubscription[T]:
        """Raises `InvalidArgument`."""
        _refuse_to_watch(call.operation)


class AsyncSnapshotClient(AsyncBoundClient):
    """Calls queries as of a timestamp, by the connections of another client; awaited."""

    def __init__(self, client: AsyncClient, timestamp: str) -> None:
        super().__init__(client)
        self._timestamp = timestamp

    async def close(self) -> None:
        """End the snapshot. The client that it is of goes on."""
        self._has_ended = True

    async def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        _require_query(call, has_ended=self._has_ended)
        exchange = Exchange(call, self.timeout, self.url, traffic, timestamp=self._timestamp)
        return await self.carry(exchange)

    async def _resume(self, request: Request[T], traffic: Traffic | None) -> NoReturn:
        raise _only_reads(request.call.operation)

    def watch(self, call: Call[T]) -> AsyncSubscription[T]:
        """Raises `InvalidArgument`."""
        _refuse_to_watch(call.operation)

    def watch_page(self, call: PagedCall[T], limit: int) -> AsyncListSubscription[T]:
        """Raises `InvalidArgument`."""
        _refuse_to_watch(call.operation)


class SnapshotBlock(BoundBlock[S], Generic[S]):
    """The stores of a deployment, all of whose reads are of the moment at which it begins."""

    def _begin(self) -> SnapshotClient:
        client = self._client
        _require_present(client)
        with client.observe("query", _TIMESTAMP_PATH) as traffic:
            timestamp = client.carry(_TimestampExchange(client.timeout, client.url, traffic))
        return SnapshotClient(client, timestamp)


class AsyncSnapshotBlock(AsyncBoundBlock[S], Generic[S]):
    """The stores of a deployment, all of whose reads are of one moment; see `SnapshotBlock`."""

    async def _begin(self) -> AsyncSnapshotClient:
        client = self._client
        _require_present(client)
        with client.observe("query", _TIMESTAMP_PATH) as traffic:
            timestamp = await client.carry(_TimestampExchange(client.timeout, client.url, traffic))
        return AsyncSnapshotClient(client, timestamp)


def _require_present(client: Client | AsyncClient) -> None:
    if isinstance(client, SnapshotClient | AsyncSnapshotClient):
        raise InvalidArgument("this is a snapshot already: ask it", "begin a snapshot")


def _require_query(call: Call[Any], *, has_ended: bool) -> None:
    if has_ended:
        raise InvalidArgument("the snapshot has ended", call.operation)
    if call.kind == "mutation":
        raise _only_reads(call.operation)
    if call.kind == "action":
        raise InvalidArgument(
            "a snapshot has the results of queries, and this is an action, as searches of vectors "
            "are: ask the storage that it is of",
            call.operation,
        )


def _only_reads(operation: str) -> InvalidArgument:
    return InvalidArgument("a snapshot only reads: write by the storage that it is of", operation)


def _refuse_to_watch(operation: str) -> NoReturn:
    raise InvalidArgument(
        "a snapshot does not change: watch by the storage that it is of", operation
    )
