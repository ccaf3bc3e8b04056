"""Sending and receiving files in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from .async_connecting import connect_socket
from .file_exchange import (
    FileAnswers,
    Transfer,
    download_head,
    end_of,
    file_target,
    framed,
    require_file,
    storage_id,
    upload_head,
)
from .file_pieces import PIECE_BYTES
from .http_answers import HttpAnswers
from .origins import Target
from .proxies import Proxy
from .routes import route_to


class _Connection:
    """One connection, for one file."""

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may have been sent."""
        return self._writer is not None

    async def open(self, target: Target) -> Proxy | None:
        """Connect; the proxy that is asked for what the URL leads to."""
        try:
            route = route_to(target.origin)
            async with asyncio.timeout(self._transfer.timeout):
                connected = await connect_socket(route)
                try:
                    self._reader, self._writer = await asyncio.open_connection(
                        sock=connected,
                        ssl=route.context,
                        server_hostname=None if route.context is None else route.origin.host,
                    )
                except BaseException:
                    connected.close()
                    raise
        except OSError as error:
            raise self._transfer.unconnected(error) from error
        return route.forwarder

    async def send(self, data: bytes) -> OSError | None:
        """The failure after which there may be an answer all the same."""
        writer = self._writer
        assert writer is not None
        try:
            async with asyncio.timeout(self._transfer.timeout):
                writer.write(data)
                await writer.drain()
        except TimeoutError as error:
            raise self._transfer.broken(error) from error
        except OSError as error:
            return error
        return None

    async def hear(self, answers: HttpAnswers, failure: OSError | None) -> None:
        """Some of an answer."""
        try:
            async with asyncio.timeout(self._transfer.timeout):
                data = await self._reader.read(PIECE_BYTES)
            if data:
                answers.feed(data)
            else:
                self._transfer.end(answers)
        except OSError as error:
            raise self._transfer.broken(failure or error) from error

    def close(self) -> None:
        """Close it at once."""
        if self._writer is not None:
            self._writer.transport.abort()


@asynccontextmanager
async def _connection(transfer: Transfer) -> AsyncGenerator[_Connection, None]:
    """A connection, which is closed in the end. Whatever is waited for ends with the client."""
    connection = _Connection(transfer)
    scope = asyncio.timeout(None)
    try:
        async with scope:
            with transfer.under_way.cut_with(partial(scope.reschedule, 0)):
                yield connection
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise (transfer.broken if connection.is_open else transfer.unconnected)(error) from None
    finally:
        connection.close()


async def send_file(
    url: str,
    pieces: AsyncIterator[bytes],
    length: int | None,
    content_type: str | None,
    progress: Callable[[int], object],
    transfer: Transfer,
) -> str:
    """See the one for threads."""
    operation = transfer.operation
    target = file_target(url, operation)
    done = 0
    async with _connection(transfer) as connection:
        forwarder = await connection.open(target)
        failure = await connection.send(
            upload_head(target, length, content_type, forwarder, operation)
        )
        async for piece in pieces:
            if failure is not None:
                break
            failure = await connection.send(framed(piece, length))
            done += len(piece)
            progress(done)
        if failure is None:
            failure = await connection.send(end_of(done, length, operation))
        answers = HttpAnswers()
        while not answers.is_complete:
            await connection.hear(answers, failure)
        return storage_id(*answers.take(), operation)


async def receive_file(
    url: str,
    write: Callable[[bytes], object],
    progress: Callable[[int], object],
    transfer: Transfer,
) -> int:
    """See the one for threads."""
    target = file_target(url, transfer.operation)
    answers = FileAnswers()
    done = 0
    async with _connection(transfer) as connection:
        forwarder = await connection.open(target)
        failure = await connection.send(download_head(target, forwarder))
        while not answers.is_complete:
            await connection.hear(answers, failure)
            for piece in answers.pieces():
                await asyncio.to_thread(write, piece)
                done += len(piece)
                progress(done)
        require_file(*answers.take(), transfer.operation)
        return done
