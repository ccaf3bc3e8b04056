"""What functions are given: short values as they are, long ones in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from .._objects import (
    LangGraphBytes,
    LangGraphChannelVersion,
    LangGraphEntry,
    LangGraphNewValue,
    LangGraphNewWrite,
    LangGraphPiece,
    LangGraphSought,
)
from .._runtime import MISSING, InvalidArgument, LimitExceeded

T = TypeVar("T")

_MAX_INLINE = 128 * 1024
"""How long a value may be that is a part of its document."""

_PIECE = 512 * 1024
"""How long a piece is: a document has 1 MiB at most."""

_MAX_BYTES = 4 * 1024 * 1024
"""How many bytes of each kind a call is given: it takes 16 MiB, in which they are base64."""

_MAX_HEAD = 768 * 1024
"""How much text a checkpoint may have beside its values, in a document."""

MAX_ITEMS = 500
"""How many documents a call writes or deletes: for each, it looks for one that is there."""


def configurable(config: RunnableConfig | None) -> Mapping[str, Any]:
    """What a configuration says of threads and checkpoints."""
    return {} if config is None else config.get("configurable", {})


def thread_of(config: RunnableConfig) -> str:
    """The thread. Raises `InvalidArgument` where none is named."""
    return str(_named(config, "thread_id"))


def _named(config: RunnableConfig, name: str) -> Any:
    given = configurable(config).get(name)
    if given is None:
        raise InvalidArgument(f'the config has no "{name}" in "configurable"')
    return given


def batches(items: Sequence[T]) -> Iterator[list[T]]:
    """As many items as a call takes."""
    for start in range(0, len(items), MAX_ITEMS):
        yield [*items[start : start + MAX_ITEMS]]


class Packing:
    """Bytes that a call stores, with the pieces of those that are long."""

    def __init__(self) -> None:
        self._inline = 0
        self._pieces: list[LangGraphPiece] = []

    def pack(self, data: bytes) -> tuple[bytes, MISSING] | tuple[MISSING, str]:
        """What a document has: the bytes, or the ID that their pieces have."""
        if len(data) <= _MAX_INLINE and self._inline + len(data) <= _MAX_BYTES:
            self._inline += len(data)
            return data, MISSING
        # Of its own for each call: what one that fails has sent is taken for nothing else.
        value_id = uuid4().hex
        # The first is empty: to look whether it is there reads next to nothing.
        cut = [b"", *(data[start : start + _PIECE] for start in range(0, len(data), _PIECE))]
        self._pieces += [
            LangGraphPiece(value_id=value_id, index=index, data=piece)
            for index, piece in enumerate(cut)
        ]
        return MISSING, value_id

    def pieces(self) -> list[list[LangGraphPiece]]:
        """The pieces, as many as a call takes in each list: the last is for the call itself."""
        found: list[list[LangGraphPiece]] = [[]]
        size = 0
        for piece in self._pieces:
            if size + len(piece.data) > _MAX_BYTES or len(found[-1]) == MAX_ITEMS:
                found.append([])
                size = 0
            found[-1].append(piece)
            size += len(piece.data)
        return found


class _Serializing:
    """Values that a call stores."""

    def __init__(self, serde: SerializerProtocol) -> None:
        self._serde = serde
        self._packing = Packing()

    def pack(self, value: Any) -> LangGraphBytes:
        """How a document has the value."""
        type_, data = self._serde.dumps_typed(value)
        inline, value_id = self._packing.pack(data)
        return LangGraphBytes(type=type_, data=inline, value_id=value_id)

    def pieces(self) -> list[list[LangGraphPiece]]:
        """The pieces, as many as a call takes in each list: the last is for the call itself."""
        return self._packing.pieces()


class PutArguments(TypedDict):
    """What `put` takes."""

    thread_id: str
    checkpoint_ns: str
    checkpoint_id: str
    parent_checkpoint_id: str | MISSING
    run_id: str | MISSING
    checkpoint: LangGraphBytes
    metadata: list[LangGraphEntry]
    channels: list[LangGraphChannelVersion]
    values: list[LangGraphNewValue]
    pieces: list[LangGraphPiece]


class PutWritesArguments(TypedDict):
    """What `put_writes` takes."""

    thread_id: str
    checkpoint_ns: str
    checkpoint_id: str
    task_id: str
    task_path: str
    writes: list[LangGraphNewWrite]
    pieces: list[LangGraphPiece]


@dataclass(frozen=True)
class NewCheckpoint:
    """A checkpoint to be stored: what goes before the call, what it takes, and what it gives."""

    ahead: list[list[LangGraphPiece]]
    arguments: PutArguments
    config: RunnableConfig

    @classmethod
    def of(
        cls,
        serde: SerializerProtocol,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> NewCheckpoint:
        """What `put` of a saver is given."""
        thread_id = thread_of(config)
        checkpoint_ns: str = configurable(config).get("checkpoint_ns", "")
        packing = _Serializing(serde)
        given = checkpoint["channel_values"]
        values = [
            LangGraphNewValue(
                channel=channel,
                version=_version_text(version),
                value=packing.pack(given[channel]) if channel in given else MISSING,
            )
            for channel, version in new_versions.items()
        ]
        rest = {name: value for name, value in checkpoint.items() if name != "channel_values"}
        told = get_serializable_checkpoint_metadata(config, metadata)
        entries = [_entry(key, value) for key, value in told.items()]
        channels = [
            LangGraphChannelVersion(channel=channel, version=_version_text(version))
            for channel, version in checkpoint["channel_versions"].items()
        ]
        _require_fitting(entries, channels)
        packed = packing.pack(rest)
        *ahead, pieces = packing.pieces()
        run_id = told.get("run_id")
        return cls(
            ahead,
            PutArguments(
                thread_id=thread_id,
                checkpoint_ns=checkpoint_ns,
                checkpoint_id=checkpoint["id"],
                parent_checkpoint_id=configurable(config).get("checkpoint_id") or MISSING,
                run_id=run_id if isinstance(run_id, str) else MISSING,
                checkpoint=packed,
                metadata=entries,
                channels=channels,
                values=values,
                pieces=pieces,
            ),
            {
                "configurable": {
                    "thread_id": configurable(config)["thread_id"],
                    "checkpoint_ns": checkpoint_ns,
                    "checkpoint_id": checkpoint["id"],
                }
            },
        )


def _version_text(version: str | float) -> str:
    """A version as a key: numbers that are equal are one, and no text is a number."""
    if isinstance(version, str):
        return json.dumps(version, ensure_ascii=False)
    return str(int(version) if version == int(version) else version)


def sought(entries: Mapping[str, Any]) -> list[LangGraphSought]:
    """Entries that metadata is to have."""
    return [
        LangGraphSought(key=str(key), value=_json_text(key, value, is_sorted=True))
        for key, value in entries.items()
    ]


def _entry(key: str, value: Any) -> LangGraphEntry:
    text = _json_text(key, value)
    compared = _json_text(key, value, is_sorted=True)
    return LangGraphEntry(
        key=str(key), value=text, sorted=MISSING if compared == text else compared
    )


def _json_text(key: str, value: Any, *, is_sorted: bool = False) -> str:
    """A value as JSON; texts that are sorted are one of values that are equal."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        if is_sorted:
            whole = json.loads(text, parse_float=_number)
            text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f'"{key}" of the metadata is not JSON: {error}') from error
    return text


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _require_fitting(
    metadata: Iterable[LangGraphEntry], channels: Iterable[LangGraphChannelVersion]
) -> None:
    texts = [one.model_dump(exclude_unset=True) for one in (*metadata, *channels)]
    size = sum(len(repr(one).encode()) for one in texts)
    if size > _MAX_HEAD:
        raise LimitExceeded(
            f"the metadata of the checkpoint and the versions of its channels take {size} bytes, "
            f"and {_MAX_HEAD} are stored: keep in a channel what is large"
        )


@dataclass(frozen=True)
class NewWrites:
    """What a task wrote, to be stored: what goes before the call, and what it takes."""

    ahead: list[list[LangGraphPiece]]
    arguments: PutWritesArguments

    @classmethod
    def of(
        cls,
        serde: SerializerProtocol,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str,
    ) -> Iterator[NewWrites]:
        """What `put_writes` of a saver is given, in as many calls as it takes."""
        thread_id = thread_of(config)
        checkpoint_ns: str = configurable(config).get("checkpoint_ns", "")
        checkpoint_id = str(_named(config, "checkpoint_id"))
        for batch in batches([*enumerate(writes)]):
            packing = _Serializing(serde)
            packed = {
                (index := WRITES_IDX_MAP.get(channel, position)): LangGraphNewWrite(
                    index=index, channel=channel, value=packing.pack(value)
                )
                for position, (channel, value) in batch
            }
            *ahead, pieces = packing.pieces()
            yield cls(
                ahead,
                PutWritesArguments(
                    thread_id=thread_id,
                    checkpoint_ns=checkpoint_ns,
                    checkpoint_id=checkpoint_id,
                    task_id=task_id,
                    task_path=task_path,
                    writes=[*packed.values()],
                    pieces=pieces,
                ),
            )
