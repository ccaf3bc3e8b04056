"""Notes on customers."""

from .._runtime import AsyncStorage, Storage


class Notebook(Storage):
    """What a storage has besides its stores."""

    pages = 1


class AsyncNotebook(AsyncStorage):
    """What a storage has besides its stores, from asyncio."""

    pages = 1
