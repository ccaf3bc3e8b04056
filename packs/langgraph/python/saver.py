"""The checkpointers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from .._functions import AsyncLanggraphCheckpointsFunctions, LanggraphCheckpointsFunctions
from .._ids import LangGraphChannelValueDocId
from .._objects import LangGraphThreadOutline
from .._runtime import MISSING, AsyncStorage, Storage
from .._runtime.snapshots import AsyncSnapshotBlock, SnapshotBlock
from .packing import NewCheckpoint, NewWrites, batches
from .pruning import Outline, Pruned, require_strategy, texts
from .reading import Reading, many_of, one_of


class _Saver(BaseCheckpointSaver[str]):
    """What both have in common."""

    def get_next_version(self, current: str | None, channel: None) -> str:
        """A version after another one, which no other run makes as well."""
        number = 0 if current is None else int(str(current).partition(".")[0])
        return f"{number + 1:032}.{random.random():016}"


class ConvexSaver(_Saver):
    """Keeps the checkpoints of graphs in a deployment. May be shared by threads."""

    def __init__(self, storage: Storage, *, serde: SerializerProtocol | None = None) -> None:
        super().__init__(serde=serde)
        self._client = storage.client
        self._functions = LanggraphCheckpointsFunctions(storage.client)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is named, or the newest one; None where there is none."""
        selection = one_of(config)
        reading = Reading(self.serde)
        cursor: str | MISSING = MISSING
        while True:
            part = self._functions.find(**selection, cursor=cursor)
            for found in reading.add(part):
                return found
            if part.cursor is MISSING:
                return None
            cursor = part.cursor

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Checkpoints, the newest first."""
        selection = many_of(config, filter, before, limit)
        reading = Reading(self.serde)
        cursor: str | MISSING = MISSING
        while True:
            part = self._functions.find(**selection, cursor=cursor)
            yield from reading.add(part)
            if part.cursor is MISSING:
                return
            cursor = part.cursor

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, and the values of those of its channels that have a new version."""
        new = NewCheckpoint.of(self.serde, config, checkpoint, metadata, new_versions)
        for pieces in new.ahead:
            self._functions.put_pieces(thread_id=new.arguments["thread_id"], pieces=pieces)
        self._functions.put(**new.arguments)
        return new.config

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote. What is there stays, but for errors, interrupts and the like."""
        for new in NewWrites.of(self.serde, config, writes, task_id, task_path):
            for pieces in new.ahead:
                self._functions.put_pieces(thread_id=new.arguments["thread_id"], pieces=pieces)
            self._functions.put_writes(**new.arguments)

    def delete_thread(self, thread_id: str) -> None:
        """Delete all checkpoints of a thread, and what belongs to them."""
        while not self._functions.remove_thread(thread_id=str(thread_id)):
            pass

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints of runs, and what belongs to no other ones."""
        for batch in batches(texts(run_ids, "run_ids")):
            threads: set[str] = set()
            is_done = False
            while not is_done:
                removed = self._functions.remove_runs(run_ids=batch)
                threads.update(removed.thread_ids)
                is_done = removed.is_done
            for thread_id in sorted(threads):
                outline = self._outline(thread_id)
                self._remove_values(outline.unused(outline.checkpoints))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all checkpoints of a thread, and what belongs to them, to another one."""
        cursor: str | MISSING = MISSING
        while True:
            copied = self._functions.copy_part(
                source_thread_id=str(source_thread_id),
                target_thread_id=str(target_thread_id),
                cursor=cursor,
            )
            if copied.cursor is MISSING:
                return
            cursor = copied.cursor

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all checkpoints of threads, or all but the latest one of each namespace.

        With that stays what its delta channels are made of: older checkpoints.
        """
        require_strategy(strategy)
        for thread_id in texts(thread_ids, "thread_ids"):
            if strategy == "delete":
                self.delete_thread(thread_id)
                continue
            pruned = Pruned.of(self._outline(thread_id))
            for batch in batches(pruned.removed):
                names = batch
                while names:
                    names = self._functions.remove_checkpoints(thread_id=thread_id, names=names)
            self._remove_values(pruned.values)
            for batch in batches(pruned.detached):
                self._functions.detach(thread_id=thread_id, names=batch)

    def _outline(self, thread_id: str) -> Outline:
        first = self._functions.outline(thread_id=thread_id)
        if first.cursor is MISSING:
            return Outline.of([first])
        # Of one moment: a value that a later one has may be of a checkpoint that it has not.
        parts: list[LangGraphThreadOutline] = []
        cursor: str | MISSING = MISSING
        with SnapshotBlock(self._client, LanggraphCheckpointsFunctions) as seen:
            while not parts or cursor is not MISSING:
                parts.append(seen.outline(thread_id=thread_id, cursor=cursor))
                cursor = parts[-1].cursor
        return Outline.of(parts)

    def _remove_values(self, doc_ids: Sequence[LangGraphChannelValueDocId]) -> None:
        for batch in batches(doc_ids):
            rest = batch
            while rest:
                rest = self._functions.remove_values(doc_ids=rest)


class AsyncConvexSaver(_Saver):
    """Keeps the checkpoints of graphs in a deployment, from asyncio. See `ConvexSaver`."""

    def __init__(self, storage: AsyncStorage, *, serde: SerializerProtocol | None = None) -> None:
        super().__init__(serde=serde)
        self._client = storage.client
        self._functions = AsyncLanggraphCheckpointsFunctions(storage.client)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is named, or the newest one; None where there is none."""
        selection = one_of(config)
        reading = Reading(self.serde)
        cursor: str | MISSING = MISSING
        while True:
            part = await self._functions.find(**selection, cursor=cursor)
            for found in reading.add(part):
                return found
            if part.cursor is MISSING:
                return None
            cursor = part.cursor

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints, the newest first."""
        selection = many_of(config, filter, before, limit)
        reading = Reading(self.serde)
        cursor: str | MISSING = MISSING
        while True:
            part = await self._functions.find(**selection, cursor=cursor)
            for found in reading.add(part):
                yield found
            if part.cursor is MISSING:
                return
            cursor = part.cursor

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, and the values of those of its channels that have a new version."""
        new = NewCheckpoint.of(self.serde, config, checkpoint, metadata, new_versions)
        for pieces in new.ahead:
            await self._functions.put_pieces(thread_id=new.arguments["thread_id"], pieces=pieces)
        await self._functions.put(**new.arguments)
        return new.config

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote. What is there stays, but for errors, interrupts and the like."""
        for new in NewWrites.of(self.serde, config, writes, task_id, task_path):
            thread_id = new.arguments["thread_id"]
            for pieces in new.ahead:
                await self._functions.put_pieces(thread_id=thread_id, pieces=pieces)
            await self._functions.put_writes(**new.arguments)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all checkpoints of a thread, and what belongs to them."""
        while not await self._functions.remove_thread(thread_id=str(thread_id)):
            pass

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints of runs, and what belongs to no other ones."""
        for batch in batches(texts(run_ids, "run_ids")):
            threads: set[str] = set()
            is_done = False
            while not is_done:
                removed = await self._functions.remove_runs(run_ids=batch)
                threads.update(removed.thread_ids)
                is_done = removed.is_done
            for thread_id in sorted(threads):
                outline = await self._outline(thread_id)
                await self._remove_values(outline.unused(outline.checkpoints))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all checkpoints of a thread, and what belongs to them, to another one."""
        cursor: str | MISSING = MISSING
        while True:
            copied = await self._functions.copy_part(
                source_thread_id=str(source_thread_id),
                target_thread_id=str(target_thread_id),
                cursor=cursor,
            )
            if copied.cursor is MISSING:
                return
            cursor = copied.cursor

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all checkpoints of threads, or all but the latest one of each namespace.

        With that stays what its delta channels are made of: older checkpoints.
        """
        require_strategy(strategy)
        for thread_id in texts(thread_ids, "thread_ids"):
            if strategy == "delete":
                await self.adelete_thread(thread_id)
                continue
            pruned = Pruned.of(await self._outline(thread_id))
            for batch in batches(pruned.removed):
                names = batch
                while names:
                    names = await self._functions.remove_checkpoints(
                        thread_id=thread_id, names=names
                    )
            await self._remove_values(pruned.values)
            for batch in batches(pruned.detached):
                await self._functions.detach(thread_id=thread_id, names=batch)

    async def _outline(self, thread_id: str) -> Outline:
        first = await self._functions.outline(thread_id=thread_id)
        if first.cursor is MISSING:
            return Outline.of([first])
        # Of one moment: a value that a later one has may be of a checkpoint that it has not.
        parts: list[LangGraphThreadOutline] = []
        cursor: str | MISSING = MISSING
        async with AsyncSnapshotBlock(self._client, AsyncLanggraphCheckpointsFunctions) as seen:
            while not parts or cursor is not MISSING:
                parts.append(await seen.outline(thread_id=thread_id, cursor=cursor))
                cursor = parts[-1].cursor
        return Outline.of(parts)

    async def _remove_values(self, doc_ids: Sequence[LangGraphChannelValueDocId]) -> None:
        for batch in batches(doc_ids):
            rest = batch
            while rest:
                rest = await self._functions.remove_values(doc_ids=rest)
