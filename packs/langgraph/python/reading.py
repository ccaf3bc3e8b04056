"""What functions found, as checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple, get_checkpoint_id
from langgraph.checkpoint.serde.base import SerializerProtocol

from .._objects import LangGraphFound, LangGraphItem, LangGraphPart, LangGraphSought
from .._runtime import MISSING
from .._runtime.json_values import MAX_SAFE_INTEGER
from .packing import configurable, sought, thread_of


class Selection(TypedDict):
    """What `find` is asked for."""

    thread_id: str | MISSING
    checkpoint_ns: str | MISSING
    checkpoint_id: str | MISSING
    before: str | MISSING
    filter: list[LangGraphSought] | MISSING
    limit: int | MISSING


def one_of(config: RunnableConfig) -> Selection:
    """The checkpoint that a configuration names, or the newest of its namespace."""
    return Selection(
        thread_id=thread_of(config),
        checkpoint_ns=configurable(config).get("checkpoint_ns", ""),
        checkpoint_id=configurable(config).get("checkpoint_id") or MISSING,
        before=MISSING,
        filter=MISSING,
        limit=1,
    )


def many_of(
    config: RunnableConfig | None,
    entries: dict[str, Any] | None,
    before: RunnableConfig | None,
    limit: int | None,
) -> Selection:
    """The checkpoints that `list` of a saver is asked for."""
    namespace: str | None = configurable(config).get("checkpoint_ns")
    return Selection(
        thread_id=MISSING if config is None else thread_of(config),
        checkpoint_ns=MISSING if namespace is None else namespace,
        checkpoint_id=configurable(config).get("checkpoint_id") or MISSING,
        before=MISSING if before is None else get_checkpoint_id(before) or MISSING,
        filter=sought(entries) if entries else MISSING,
        limit=MISSING if limit is None else min(limit, MAX_SAFE_INTEGER),
    )


class Reading:
    """Checkpoints of which calls find a part each."""

    def __init__(self, serde: SerializerProtocol) -> None:
        self._serde = serde
        self._begun: LangGraphFound | None = None
        self._items: list[LangGraphItem] = []

    def add(self, part: LangGraphPart) -> Iterator[CheckpointTuple]:
        """The checkpoints that are whole with a part, which follows the one before.

        One that is not gone on with was deleted meanwhile.
        """
        for found in part.checkpoints:
            if self._begun is None or _place(self._begun) != _place(found):
                self._items = []
            self._items = _joined(self._items, found.items)
            self._begun = found
            if found.is_whole:
                yield self._tuple(found, self._items)

    def _tuple(self, found: LangGraphFound, items: Iterable[LangGraphItem]) -> CheckpointTuple:
        checkpoint: dict[str, Any] = {}
        values: dict[str, Any] = {}
        writes: list[tuple[tuple[str, str, int], str, Any]] = []
        for item in items:
            value = self._serde.loads_typed((item.type, item.data))
            if item.kind == "checkpoint":
                checkpoint = value
            elif item.kind == "channel":
                values[item.channel] = value
            else:
                # In the order in which a step applies what its tasks wrote.
                order = (item.task_path, item.task_id, item.index)
                writes.append((order, item.channel, value))
        writes.sort(key=lambda write: write[0])
        parent = found.parent_checkpoint_id
        whole: Any = {**checkpoint, "channel_values": values}
        metadata: Any = {one.key: json.loads(one.value) for one in found.metadata}
        return CheckpointTuple(
            config=_config(found, found.checkpoint_id),
            checkpoint=whole,
            metadata=metadata,
            parent_config=None if parent is MISSING else _config(found, parent),
            pending_writes=[
                (task_id, channel, value) for (_, task_id, _), channel, value in writes
            ],
        )


def _config(found: LangGraphFound, checkpoint_id: str) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": found.thread_id,
            "checkpoint_ns": found.checkpoint_ns,
            "checkpoint_id": checkpoint_id,
        }
    }


def _place(found: LangGraphFound) -> tuple[str, str, str]:
    return found.thread_id, found.checkpoint_ns, found.checkpoint_id


def _joined(before: list[LangGraphItem], items: list[LangGraphItem]) -> list[LangGraphItem]:
    """Items with those that follow, of which the first may go on with the last."""
    if not before or before[-1].is_whole:
        return before + items
    *whole, begun = before
    if not items or _name(items[0]) != _name(begun):
        return whole + items
    first, *rest = items
    joined = first.model_copy(update={"data": begun.data + first.data})
    return [*whole, joined, *rest]


def _name(item: LangGraphItem) -> tuple[object, ...]:
    return item.kind, item.channel, item.task_id, item.index
