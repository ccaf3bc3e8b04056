"""A storage in memory that has the methods of generated stores, as a program may write one."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from mastra_convex import (
    MISSING,
    UNSET,
    AlreadyExists,
    Conflict,
    NotFound,
    Thread,
    WorkflowRun,
)

_ids = itertools.count(1)


class MemoryStore:
    """The entities of a class, by their keys, in the order of creation."""

    def __init__(self, entity: type[Any], key: tuple[str, ...]) -> None:
        self.entity = entity
        self.key = key
        self.found: dict[tuple[Any, ...], Any] = {}

    def get(self, *key: Any) -> Any:
        return self.found.get(key)

    def get_many(self, keys: Iterable[Any]) -> list[Any]:
        return [self.get(*as_tuple(key)) for key in keys]

    def list(self, *, order: str | None = None) -> MemoryQuery:
        return MemoryQuery(self, order)

    def create(self, entity: Any) -> Any:
        before = self.get(*self.key_of(entity))
        if before is None:
            return self._put(entity, None)
        given = {name: getattr(entity, name) for name in entity.model_fields_set}
        if any(getattr(before, name) != value for name, value in given.items()):
            raise AlreadyExists("there is another one")
        return before

    def save(self, entity: Any, *, expected: Mapping[str, Any] | None = None) -> Any:
        before = self.get(*self.key_of(entity))
        self._require(before, expected)
        return self._put(entity, before)

    def save_many(self, entities: Iterable[Any], *, progress: Any = None) -> int:
        count = 0
        for count, entity in enumerate(entities, 1):
            self.save(entity)
            if progress is not None:
                progress(count)
        return count

    def update(self, *key: Any, expected: Mapping[str, Any] | None = None, **changes: Any) -> Any:
        before = self.get(*key)
        if before is None:
            raise NotFound("it is not there")
        self._require(before, expected)
        values = {name: MISSING if one is UNSET else one for name, one in changes.items()}
        return self._put(before.model_copy(update=values), before)

    def update_many(self, updates: Iterable[Any], *, missing: str = "error") -> list[Any]:
        with self.undone():
            return [
                None
                if missing == "skip" and self.get(*as_tuple(one.key)) is None
                else self.update(*as_tuple(one.key), **one.set)
                for one in updates
            ]

    def upsert(
        self, *key: Any, set: Mapping[str, Any], create: Mapping[str, Any] | None = None
    ) -> Any:
        if key in self.found:
            return self.update(*key, **set)
        named = dict(zip(self.key, key, strict=True))
        return self._put(self.entity(**{**(create or {}), **set, **named}), None)

    def delete(self, *key: Any, expected: Mapping[str, Any] | None = None) -> bool:
        self._require(self.get(*key), expected)
        return self.found.pop(key, None) is not None

    def delete_many(self, keys: Iterable[Any]) -> int:
        return sum(self.delete(*as_tuple(key)) for key in keys)

    def clear(self) -> int:
        count = len(self.found)
        self.found.clear()
        return count

    def key_of(self, entity: Any) -> tuple[Any, ...]:
        return tuple(getattr(entity, name) for name in self.key)

    @contextmanager
    def undone(self) -> Generator[None]:
        """What fails in it has changed nothing."""
        before = dict(self.found)
        try:
            yield
        except BaseException:
            self.found = before
            raise

    def _put(self, entity: Any, before: Any) -> Any:
        now = datetime.now(UTC)
        created = now if before is None else before.created_at
        if entity.created_at is not MISSING:
            created = entity.created_at
        ids = {"doc_id": f"id{next(_ids)}", "creation_time": now}
        if before is not None:
            ids = {"doc_id": before.doc_id, "creation_time": before.creation_time}
        times = {"created_at": created, "updated_at": now}
        stored = entity.model_copy(update={**times, **ids})
        self.found[self.key_of(stored)] = stored
        return stored

    def _require(self, before: Any, expected: Mapping[str, Any] | None) -> None:
        for name, value in (expected or {}).items():
            found = getattr(before, name, MISSING)
            if found != (MISSING if value is UNSET else value):
                raise Conflict("it is not as expected")


class MemoryQuery:
    """All of a store."""

    def __init__(self, store: MemoryStore, order: str | None) -> None:
        self.store = store
        self.order = order

    def all(self) -> list[Any]:
        found = list(self.store.found.values())
        return found[::-1] if self.order == "desc" else found

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def iterate(self, *, page_size: int = 100) -> Iterator[Any]:
        return iter(self.all())

    def first(self) -> Any:
        return next(iter(self.all()), None)

    def page(self, *, cursor: str | None = None, limit: int = 100) -> MemoryPage:
        start = int(cursor or 0)
        found = self.all()
        is_done = start + limit >= len(found)
        cursor = None if is_done else str(start + limit)
        return MemoryPage(found[start : start + limit], cursor, is_done)

    def delete(self) -> int:
        return self.store.clear()


class MemoryPage:
    """Some of a store."""

    def __init__(self, items: list[Any], cursor: str | None, is_done: bool) -> None:
        self.items = items
        self.cursor = cursor
        self.is_done = is_done


class MemoryStorage:
    """The stores."""

    def __init__(self, kind: type[MemoryStore] = MemoryStore) -> None:
        self.threads = kind(Thread, ("thread_id",))
        self.workflow_runs = kind(WorkflowRun, ("workflow_name", "run_id"))

    @contextmanager
    def atomic(self) -> Generator[MemoryBlock]:
        """What is done in the block is done, or nothing."""
        with self.threads.undone(), self.workflow_runs.undone():
            yield MemoryBlock(self)


class MemoryBlock:
    """The stores in a block."""

    def __init__(self, storage: MemoryStorage) -> None:
        self.threads = MemoryWrites(storage.threads)
        self.workflow_runs = MemoryWrites(storage.workflow_runs)


class MemoryWrites:
    """A store in a block, whose keys are values or tuples."""

    def __init__(self, store: MemoryStore) -> None:
        self.create = store.create
        self._store = store

    def delete(self, key: Any) -> None:
        self._store.delete(*as_tuple(key))

    def update(self, key: Any, *, set: Mapping[str, Any]) -> None:
        self._store.update(*as_tuple(key), **set)


def as_tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)
