"""Blocks of operations that are done in one transaction when they end, all or none."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, TypeVar

from .async_client import AsyncClient
from .bulk import index_in
from .client import Client
from .errors import ConvexgenError
from .operations import Operations

S = TypeVar("S", bound="AtomicStorage")


class AtomicStorage:
    """The stores of a deployment as an atomic block has them: they collect."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations


class AtomicBlock(Generic[S]):
    """Does what is collected in it when it ends, all or none. Where it raises, nothing is sent.

    An error says which operation is at fault: `index` is its position, from 0.
    """

    def __init__(self, client: Client, storage: type[S]) -> None:
        self._client = client
        self._operations = Operations()
        self._storage = storage(self._operations)

    def __enter__(self) -> S:
        return self._storage

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        operations = self._operations
        operations.end()
        if kind is not None or not len(operations):
            return
        try:
            answers = self._client.run(operations.call())
        except ConvexgenError as failure:
            _locate(failure, operations)
            raise
        operations.settle(answers)


class AsyncAtomicBlock(Generic[S]):
    """Does what is collected in it when it ends, all or none; see `AtomicBlock`."""

    def __init__(self, client: AsyncClient, storage: type[S]) -> None:
        self._client = client
        self._operations = Operations()
        self._storage = storage(self._operations)

    async def __aenter__(self) -> S:
        return self._storage

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        operations = self._operations
        operations.end()
        if kind is not None or not len(operations):
            return
        try:
            answers = await self._client.run(operations.call())
        except ConvexgenError as failure:
            _locate(failure, operations)
            raise
        operations.settle(answers)


def _locate(error: ConvexgenError, operations: Operations) -> None:
    """Let an error say which of the operations is at fault, if one is."""
    index = index_in(error)
    if index is None or not 0 <= index < len(operations):
        return
    error.index = index
    error.operation = (
        f"{operations[index].words}, operation {index} of {len(operations)} in one transaction"
    )
