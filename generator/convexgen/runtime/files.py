"""Stored files: upload, download, where they are, and deleting them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import AsyncExitStack
from io import BytesIO
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .calls import Call, Decoder, Progress, progress_of
from .errors import NotFound

if TYPE_CHECKING:
    from .async_client import AsyncClient
    from .client import Client
    from .file_pieces import AsyncFileSource, FileSource, FileTarget

F = TypeVar("F", bound=str)

_TEXT: Decoder[str] = Decoder(str)
_URL: Decoder[str | None] = Decoder(str | None)
_DELETED: Decoder[bool] = Decoder(bool)


class _Calls(Generic[F]):
    """The calls of the functions of files."""

    def __init__(self, module: str) -> None:
        self._module = module

    def upload_url(self) -> Call[str]:
        """That of what takes a file."""
        path = f"{self._module}:generateUploadUrl"
        return Call.mutation(path, {}, _TEXT, "upload a file", idempotent=True)

    def url(self, file_id: F) -> Call[str | None]:
        """That of where a file is."""
        path = f"{self._module}:fileUrl"
        return Call.query(path, {"id": file_id}, _URL, f"find file {file_id!r}")

    def delete(self, file_id: F) -> Call[bool]:
        """That of deleting a file."""
        path = f"{self._module}:deleteFile"
        operation = f"delete file {file_id!r}"
        return Call.mutation(path, {"id": file_id}, _DELETED, operation, idempotent=False)


class StoredFiles(Generic[F]):
    """Stored files.

    They are sent and received in pieces, over connections of their own: a `transport` that a client
    is given is for calls. The timeout of the client is how long nothing may move; they end with it.
    """

    def __init__(self, client: Client, module: str) -> None:
        self._client = client
        self._calls: _Calls[F] = _Calls(module)

    def upload(
        self,
        file: FileSource,
        *,
        content_type: str | None = None,
        progress: Progress | None = None,
    ) -> F:
        """Store a file; its ID. A file that no document has the ID of stays until it is deleted.

        `content_type` is by default what the name of a path says. `progress` is called with the
        number of bytes sent so far.
        """
        tell = progress_of(progress)
        # What these import takes time, and few programs need it.
        from .file_exchange import Transfer
        from .file_pieces import pieces_of
        from .file_transfers import send_file

        call = self._calls.upload_url()
        with pieces_of(file) as pieces:
            url = self._client.run(call)
            transfer = Transfer(
                call.operation, self._client.timeout, self._client.under_way, stores=True
            )
            stored: Any = send_file(url, pieces, content_type, tell, transfer)
        found: F = stored
        return found

    def download(self, file_id: F, to: FileTarget, *, progress: Progress | None = None) -> int:
        """Write a file to a path or to an open file; how many bytes it has.

        At a path, it is there when all of it is. Raises `NotFound` where there is no such file.
        """
        from .file_exchange import Transfer
        from .file_pieces import opened_target
        from .file_transfers import receive_file

        tell = progress_of(progress)
        operation = f"download file {file_id!r}"
        url = _found(self.url(file_id), operation)
        with opened_target(to) as target:
            transfer = Transfer(
                operation, self._client.timeout, self._client.under_way, stores=False
            )
            return receive_file(url, target.write, tell, transfer)

    def read(self, file_id: F) -> bytes:
        """The whole of a file. Raises `NotFound` where there is no such file."""
        content = BytesIO()
        self.download(file_id, content)
        return content.getvalue()

    def url(self, file_id: F) -> str | None:
        """Where anybody who has it can download a file; None where there is no such file."""
        return self._client.run(self._calls.url(file_id))

    def delete(self, file_id: F) -> bool:
        """Delete a file. False if it was not there."""
        return self._client.run(self._calls.delete(file_id))


class AsyncStoredFiles(Generic[F]):
    """Stored files, from asyncio. See `StoredFiles`."""

    def __init__(self, client: AsyncClient, module: str) -> None:
        self._client = client
        self._calls: _Calls[F] = _Calls(module)

    async def upload(
        self,
        file: AsyncFileSource,
        *,
        content_type: str | None = None,
        progress: Progress | None = None,
    ) -> F:
        """See `StoredFiles.upload`; the pieces of a file may be awaited."""
        from .async_file_transfers import send_file
        from .file_exchange import Transfer
        from .file_pieces import pieces_of

        tell = progress_of(progress)
        call = self._calls.upload_url()
        async with AsyncExitStack() as opened:
            length: int | None = None
            kind = content_type
            if isinstance(file, AsyncIterable):
                pieces = _awaited(file)
            else:
                given = opened.enter_context(pieces_of(file))
                length, kind = given.length, content_type or given.content_type
                pieces = _beside(given.pieces)
            url = await self._client.run(call)
            transfer = Transfer(
                call.operation, self._client.timeout, self._client.under_way, stores=True
            )
            stored: Any = await send_file(url, pieces, length, kind, tell, transfer)
        found: F = stored
        return found

    async def download(
        self, file_id: F, to: FileTarget, *, progress: Progress | None = None
    ) -> int:
        """See `StoredFiles.download`."""
        from .async_file_transfers import receive_file
        from .file_exchange import Transfer
        from .file_pieces import opened_target

        tell = progress_of(progress)
        operation = f"download file {file_id!r}"
        url = _found(await self.url(file_id), operation)
        with opened_target(to) as target:
            transfer = Transfer(
                operation, self._client.timeout, self._client.under_way, stores=False
            )
            return await receive_file(url, target.write, tell, transfer)

    async def read(self, file_id: F) -> bytes:
        """See `StoredFiles.read`."""
        content = BytesIO()
        await self.download(file_id, content)
        return content.getvalue()

    async def url(self, file_id: F) -> str | None:
        """See `StoredFiles.url`."""
        return await self._client.run(self._calls.url(file_id))

    async def delete(self, file_id: F) -> bool:
        """See `StoredFiles.delete`."""
        return await self._client.run(self._calls.delete(file_id))


def _found(url: str | None, operation: str) -> str:
    if url is None:
        raise NotFound("there is no such file", operation)
    return url


async def _awaited(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    from .file_pieces import checked_piece

    async for piece in pieces:
        yield checked_piece(piece)


async def _beside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are read in another thread: to read a file keeps the event loop waiting."""
    import asyncio

    while True:
        piece = await asyncio.to_thread(next, pieces, None)
        if piece is None:
            return
        yield piece
