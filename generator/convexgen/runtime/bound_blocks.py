"""Blocks in which the stores of a deployment call by a client of the block's own."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from .async_client import AsyncClient
from .client import Client
from .exchange import Exchange

if TYPE_CHECKING:
    from .transport import AsyncTransport, Transport
    from .under_way import UnderWay
    from .watchers import AsyncWatcher, Watcher

T = TypeVar("T")
S = TypeVar("S")


class BoundClient(Client):
    """That of a block: it calls by the connections of another client, and opens none for calls."""

    is_whole = False

    def __init__(self, client: Client) -> None:
        self._connection = client._connection
        self._on_call = client.on_call
        self._whole = client
        self._has_ended = False

    @property
    def given_transport(self) -> Transport | None:
        """See `Client.given_transport`."""
        return self._whole.given_transport

    @property
    def under_way(self) -> UnderWay:
        """See `Client.under_way`."""
        return self._whole.under_way

    def carry(self, exchange: Exchange[T]) -> T:
        """See `Client.carry`."""
        return self._whole.carry(exchange)

    def watcher(self, operation: str) -> Watcher:
        """What follows the queries of the client that the block is of."""
        return self._whole.watcher(operation)

    def new_watcher(self, begin: Callable[[], str]) -> Watcher:
        """See `Client.new_watcher`."""
        return self._whole.new_watcher(begin)


class AsyncBoundClient(AsyncClient):
    """That of a block, awaited; see `BoundClient`."""

    is_whole = False

    def __init__(self, client: AsyncClient) -> None:
        self._connection = client._connection
        self._on_call = client.on_call
        self._whole = client
        self._has_ended = False

    @property
    def given_transport(self) -> AsyncTransport | None:
        """See `Client.given_transport`."""
        return self._whole.given_transport

    @property
    def under_way(self) -> UnderWay:
        """See `Client.under_way`."""
        return self._whole.under_way

    async def carry(self, exchange: Exchange[T]) -> T:
        """See `Client.carry`."""
        return await self._whole.carry(exchange)

    def watcher(self, operation: str) -> AsyncWatcher:
        """See `BoundClient.watcher`."""
        return self._whole.watcher(operation)

    def new_watcher(self, begin: Callable[[], str]) -> AsyncWatcher:
        """See `Client.new_watcher`."""
        return self._whole.new_watcher(begin)


class BoundBlock(Generic[S]):
    """Begins a client as it is entered, and closes it as it ends."""

    def __init__(self, client: Client, bind: Callable[[Client], S]) -> None:
        self._client = client
        self._bind = bind
        self._bound: Client | None = None

    def _begin(self) -> Client:
        raise NotImplementedError

    def __enter__(self) -> S:
        self._bound = self._begin()
        return self._bind(self._bound)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bound is not None:
            self._bound.close()


class AsyncBoundBlock(Generic[S]):
    """Begins a client as it is entered, and closes it as it ends; awaited."""

    def __init__(self, client: AsyncClient, bind: Callable[[AsyncClient], S]) -> None:
        self._client = client
        self._bind = bind
        self._bound: AsyncClient | None = None

    async def _begin(self) -> AsyncClient:
        raise NotImplementedError

    async def __aenter__(self) -> S:
        self._bound = await self._begin()
        return self._bind(self._bound)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bound is not None:
            await self._bound.close()
