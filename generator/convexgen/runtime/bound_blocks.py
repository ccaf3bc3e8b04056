"""Blocks in which the stores of a deployment call by a client of the block's own."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from .async_client import AsyncClient
from .client import Client

S = TypeVar("S")


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
