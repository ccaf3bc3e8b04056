"""What LangGraph's kit does not ask of checkpointers: sizes, races, metadata, what is left."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT
from project import run
from savers_in_threads import Drive
from waiting import wait_until

MEBIBYTE = 1024 * 1024


def config_of(thread_id: str, namespace: str = "", checkpoint_id: str | None = None) -> Any:
    named = {} if checkpoint_id is None else {"checkpoint_id": checkpoint_id}
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace, **named}}


def checkpoint_of(values: dict[str, Any], versions: dict[str, Any] | None = None) -> Any:
    return {
        "v": 4,
        "id": str(uuid6()),
        "ts": "2026-05-01T00:00:00+00:00",
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, 1) if versions is None else versions,
        "versions_seen": {},
        "updated_channels": None,
    }


async def put(
    saver: Any, config: Any, values: dict[str, Any], metadata: dict[str, Any] | None = None
) -> Any:
    checkpoint = checkpoint_of(values)
    return await saver.aput(config, checkpoint, metadata or {}, checkpoint["channel_versions"])


async def found(saver: Any, config: Any = None, **selected: Any) -> list[CheckpointTuple]:
    return [one async for one in saver.alist(config, **selected)]


def ids(tuples: Sequence[CheckpointTuple]) -> list[str]:
    return [one.checkpoint["id"] for one in tuples]


def left(storage: Any) -> dict[str, int]:
    documents: dict[str, int] = storage.functions.checks.documents()
    return {table: count for table, count in documents.items() if count}


@pytest.fixture
def thread() -> str:
    return uuid4().hex


def test_a_value_of_14_mebibytes_comes_back(storage: Any, thread: str) -> None:
    from agents_convex.langgraph import ConvexSaver

    saver = ConvexSaver(storage)
    value = os.urandom(14 * MEBIBYTE)
    before = left(storage)
    checkpoint = checkpoint_of({"a": value, "b": "short"})
    config = saver.put(config_of(thread), checkpoint, {}, checkpoint["channel_versions"])
    one = saver.get_tuple(config)
    assert one is not None
    assert one.checkpoint["channel_values"] == {"a": value, "b": "short"}
    saver.delete_thread(thread)
    assert left(storage) == before


@pytest.mark.parametrize("large", ["checkpoint", "write", "value"])
def test_a_deletion_of_which_one_call_is_made_leaves_no_half(
    large: str, storage: Any, thread: str
) -> None:
    """Of 9 MiB, which is more than a transaction deletes."""
    from agents_convex._functions import LanggraphCheckpointsFunctions
    from agents_convex._objects import LangGraphCheckpointName
    from agents_convex.langgraph import ConvexSaver

    saver = ConvexSaver(storage)
    before = left(storage)
    long = b"x" * 9 * MEBIBYTE
    old = checkpoint_of({"a": long if large == "value" else b"short"})
    old["versions_seen"] = {"node": {"a": long.decode()}} if large == "checkpoint" else {}
    first = saver.put(config_of(thread), old, {}, old["channel_versions"])
    saver.put_writes(first, [("b", long if large == "write" else b"short")], "task")
    new = checkpoint_of({}, {})
    saver.put(first, new, {}, {})
    functions = LanggraphCheckpointsFunctions(storage.client)
    name = LangGraphCheckpointName(checkpoint_ns="", checkpoint_id=old["id"])
    functions.remove_checkpoints(thread_id=thread, names=[name])
    for found_now in saver.list(config_of(thread)):
        assert [value for _, _, value in found_now.pending_writes or []] in ([], [long])
    saver.prune([thread])
    assert [one.checkpoint["id"] for one in saver.list(config_of(thread))] == [new["id"]]
    saver.delete_thread(thread)
    wait_until(lambda: left(storage) == before)


@pytest.fixture
def short(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Drive:
    """The savers, where few bytes are many: they are cut, and sent in several calls."""
    from agents_convex.langgraph import packing

    monkeypatch.setattr(packing, "_MAX_INLINE", 500)
    monkeypatch.setattr(packing, "_PIECE", 16)
    monkeypatch.setattr(packing, "_MAX_BYTES", 6000)
    return drive


def test_long_values_are_written_read_copied_and_deleted(
    short: Drive, storage: Any, thread: str
) -> None:
    long, written, other = (os.urandom(size) for size in (30_000, 3000, 2000))
    before = left(storage)

    async def use(saver: Any) -> None:
        values = {"a": long, "b": other, "c": "short", **{f"d{at}": b"x" * 400 for at in range(30)}}
        config = await put(saver, config_of(thread), values)
        await saver.aput_writes(config, [("a", written), ("b", "short")], "task")
        await saver.acopy_thread(thread, f"{thread}-copy")
        for each in (thread, f"{thread}-copy"):
            one = await saver.aget_tuple(config_of(each))
            assert one.checkpoint["channel_values"] == values
            assert one.pending_writes == [("task", "a", written), ("task", "b", "short")]
            assert ids(await found(saver, config_of(each))) == [one.checkpoint["id"]]
        await put(saver, config, {"a": "short"}, {"run_id": thread})
        await saver.aprune([thread], strategy="keep_latest")
        one = await saver.aget_tuple(config_of(thread))
        assert one.checkpoint["channel_values"] == {"a": "short"}
        await saver.adelete_for_runs([thread])
        await saver.adelete_thread(f"{thread}-copy")

    short(use)
    assert left(storage) == before


def test_the_checkpoint_itself_may_be_long(short: Drive, storage: Any, thread: str) -> None:
    seen = {f"node-{number}": {"channel": "x" * 10} for number in range(100)}
    before = left(storage)

    async def use(saver: Any) -> None:
        checkpoint = {**checkpoint_of({}), "versions_seen": seen}
        await saver.aput(config_of(thread), checkpoint, {}, {})
        await saver.aput(config_of(thread), checkpoint, {}, {})
        one = await saver.aget_tuple(config_of(thread))
        assert one.checkpoint == checkpoint
        await saver.adelete_for_runs([])
        await saver.adelete_thread(thread)

    short(use)
    assert left(storage) == before


def test_more_than_a_call_reads_and_writes(drive: Drive, storage: Any, thread: str) -> None:
    values = {f"channel-{number:04}": number for number in range(1600)}
    writes = [("a", number) for number in range(2600)]
    before = left(storage)

    async def use(saver: Any) -> None:
        config = await put(saver, config_of(thread), values)
        await saver.aput_writes(config, writes, "task")
        last = await put(saver, config, {"channel-0": "new"})
        await saver.acopy_thread(thread, f"{thread}-copy")
        newest_id = last["configurable"]["checkpoint_id"]
        for each in (thread, f"{thread}-copy"):
            newest, oldest = await found(saver, {"configurable": {"thread_id": each}})
            assert newest.config == config_of(each, "", newest_id)
            oldest_id = oldest.config["configurable"]["checkpoint_id"]
            assert newest.parent_config == config_of(each, "", oldest_id)
            assert oldest.checkpoint["channel_values"] == values
            assert [one[2] for one in oldest.pending_writes or []] == [*range(2600)]
        await saver.adelete_thread(f"{thread}-copy")
        await saver.aprune([thread])
        newest = await saver.aget_tuple(config_of(thread))
        assert newest.parent_config is None
        await saver.aprune([thread], strategy="delete")

    drive(use)
    assert left(storage) == before


def test_what_is_written_first_stays_but_for_what_is_written_once(
    drive: Drive, storage: Any, thread: str
) -> None:
    before = left(storage)

    async def use(saver: Any) -> None:
        config = await put(saver, config_of(thread), {})
        first = [("a", 1), (ERROR, "first"), ("b", 2)]
        second = [("a", os.urandom(MEBIBYTE)), (ERROR, "second"), ("b", 3), ("c", 4)]
        await saver.aput_writes(config, first, "task", "path")
        await saver.aput_writes(config, second, "task", "path")
        await saver.aput_writes(config, [(INTERRUPT, 1), (INTERRUPT, 2)], "task", "path")
        one = await saver.aget_tuple(config)
        assert one.pending_writes == [
            ("task", INTERRUPT, 2),
            ("task", ERROR, "second"),
            ("task", "a", 1),
            ("task", "b", 2),
            ("task", "c", 4),
        ]

    drive(use)
    # Of what was not stored, no piece is left either.
    assert "langGraphValuePieces" not in left(storage)
    drive(lambda saver: saver.adelete_thread(thread))
    assert left(storage) == before


def test_writes_are_in_the_order_of_paths_tasks_and_places(drive: Drive, thread: str) -> None:
    async def use(saver: Any) -> None:
        config = await put(saver, config_of(thread), {})
        await saver.aput_writes(config, [("x", 5), ("x", 6)], "1", "~b")
        await saver.aput_writes(config, [("x", 3), ("x", 4)], "2", "~a")
        await saver.aput_writes(config, [("x", 1)], "9")
        one = await saver.aget_tuple(config)
        assert [value for _, _, value in one.pending_writes] == [1, 3, 4, 5, 6]

    drive(use)


def test_writes_at_once_lose_nothing(drive: Drive, thread: str) -> None:
    async def use(saver: Any) -> None:
        config = await put(saver, config_of(thread), {})
        await asyncio.gather(
            *(
                saver.aput_writes(config, [("x", number), ("y", number)], task)
                for number in range(8)
                for task in (f"task-{number}", "one")
            )
        )
        one = await saver.aget_tuple(config)
        written = {task: [] for task, _, _ in one.pending_writes}
        for task, _, value in one.pending_writes:
            written[task].append(value)
        same = written.pop("one")
        assert len(same) == 2
        assert len(set(same)) == 1
        assert written == {f"task-{number}": [number, number] for number in range(8)}

    drive(use)


METADATA: dict[str, Any] = {
    "$ref": 1,
    "clé": "é",
    "": None,
    "__proto__": {"constructor": 1},
    "constructor": [1, 2.5, {"b": 1, "a": 2}],
    "large": 2**60 + 1,
    "whole": 3.0,
    "flag": True,
    "deep": {str(depth): depth for depth in range(1500)},
}


def test_metadata_has_any_keys_and_numbers(drive: Drive, thread: str) -> None:
    async def use(saver: Any) -> None:
        config = config_of(thread)
        await put(saver, config, {}, METADATA)
        other = await put(saver, config, {}, {"large": 2**60, "flag": 1, "whole": 4})
        one, last = await found(saver, config)
        assert one.config == other
        assert last.metadata == METADATA
        assert type(last.metadata["whole"]) is float
        for key, value in METADATA.items():
            matching = await found(saver, config, filter={key: value})
            expected = [one, last] if value is None else [last]
            assert ids(matching) == ids(expected), key
        equal = {"constructor": [1.0, 2.5, {"a": 2, "b": 1}], "whole": 3}
        assert ids(await found(saver, config, filter=equal)) == ids([last])
        assert ids(await found(saver, config, filter={"toString": None})) == ids([one, last])
        assert await found(saver, config, filter={"flag": True, "whole": 4}) == []

    drive(use)


def test_versions_are_numbers_or_text(drive: Drive, thread: str) -> None:
    async def use(saver: Any) -> None:
        config = config_of(thread)
        for versions in ({"a": 1}, {"a": "1"}, {"a": 1.5}):
            checkpoint = checkpoint_of({"a": repr(versions)}, versions)
            await saver.aput(config, checkpoint, {}, versions)
        same = checkpoint_of({}, {"a": 1.0})
        await saver.aput(config, same, {}, {})
        values = [one.checkpoint["channel_values"]["a"] for one in await found(saver, config)]
        assert values == ["{'a': 1}", "{'a': 1.5}", "{'a': '1'}", "{'a': 1}"]
        # A version in which the channel has nothing any more.
        await saver.aput(config, same, {}, {"a": 1})
        assert (await saver.aget_tuple(config)).checkpoint["channel_values"] == {}

    drive(use)


def test_lists_are_the_newest_first_of_threads_namespaces_and_before(
    drive: Drive, storage: Any, thread: str
) -> None:
    threads = [f"{thread}-{number}" for number in range(3)]

    async def use(saver: Any) -> None:
        stored = [
            (await put(saver, config_of(each, namespace), {}, {"mark": thread, "step": step}))
            for step in range(3)
            for each in threads
            for namespace in ("", "child")
        ]
        newest = [one["configurable"]["checkpoint_id"] for one in reversed(stored)]
        mark = {"mark": thread}
        assert ids(await found(saver, filter=mark)) == newest
        assert ids(await found(saver, filter=mark, limit=7)) == newest[:7]
        assert await found(saver, filter=mark, limit=0) == []
        before = stored[-5]
        assert ids(await found(saver, filter=mark, before=before, limit=4)) == newest[5:9]
        one = {"configurable": {"thread_id": threads[1]}}
        of_thread = [
            each["configurable"]["checkpoint_id"]
            for each in reversed(stored)
            if each["configurable"]["thread_id"] == threads[1]
        ]
        assert ids(await found(saver, one)) == of_thread
        assert ids(await found(saver, one, filter={"step": 1})) == of_thread[2:4]
        assert ids(await found(saver, config_of(threads[1], "child"))) == of_thread[::2]
        named = stored[4]
        assert ids(await found(saver, named)) == [named["configurable"]["checkpoint_id"]]
        assert await found(saver, named, before=named) == []
        # A copy has the same IDs, and a list all of them.
        await saver.acopy_thread(threads[0], f"{thread}-copy")
        copied = await found(saver, filter=mark)
        assert len(copied) == len(stored) + 6
        assert ids(copied) == sorted(ids(copied), reverse=True)

    drive(use)


def test_of_a_run_that_is_deleted_no_value_is_left(drive: Drive, storage: Any, thread: str) -> None:
    before = left(storage)

    async def use(saver: Any) -> None:
        config = config_of(thread)
        versions: dict[str, Any] = {"a": "1", "b": "1"}
        for step in range(4):
            checkpoint = checkpoint_of({"a": f"a{step}", "b": "b"}, dict(versions))
            new = versions if step == 0 else {"a": versions["a"]}
            metadata = {"run_id": f"{thread}-{step % 2}"}
            config = await saver.aput(config, checkpoint, metadata, new)
            await saver.aput_writes(config, [("a", step)], "task")
            versions["a"] = str(step + 2)
        await saver.adelete_for_runs([f"{thread}-0", "none"])
        values = [one.checkpoint["channel_values"] for one in await found(saver, config_of(thread))]
        assert values == [{"a": "a3", "b": "b"}, {"a": "a1", "b": "b"}]

    drive(use)
    after = left(storage)
    assert {table: count - before.get(table, 0) for table, count in after.items()} == {
        **dict.fromkeys(after, 0),
        "langGraphCheckpoints": 2,
        "langGraphChannelValues": 3,
        "langGraphWrites": 2,
    }
    drive(lambda saver: saver.adelete_thread(thread))
    assert left(storage) == before


def test_what_it_refuses(drive: Drive, thread: str) -> None:
    from agents_convex import InvalidArgument, LimitExceeded

    async def use(saver: Any) -> None:
        config = config_of(thread)
        with pytest.raises(InvalidArgument, match='has no "thread_id"'):
            await saver.aget_tuple({"configurable": {}})
        with pytest.raises(InvalidArgument, match='has no "checkpoint_id"'):
            await saver.aput_writes(config, [("a", 1)], "task")
        with pytest.raises(InvalidArgument, match='"at" of the metadata is not JSON'):
            await put(saver, config, {}, {"at": object()})
        with pytest.raises(InvalidArgument, match='"at" of the metadata is not JSON'):
            await put(saver, config, {}, {"at": float("nan")})
        with pytest.raises(InvalidArgument, match=r"keep_first.*one of keep_latest, delete"):
            await saver.aprune([thread], strategy="keep_first")
        with pytest.raises(InvalidArgument, match="`thread_ids` is a list"):
            await saver.aprune(thread)
        with pytest.raises(InvalidArgument, match="`run_ids` is a list"):
            await saver.adelete_for_runs(thread)
        with pytest.raises(LimitExceeded, match="the metadata of the checkpoint"):
            await put(saver, config, {}, {"text": "x" * MEBIBYTE})
        assert await found(saver, config) == []

    drive(use)


def test_pruning_keeps_what_delta_channels_are_made_of(drive: Drive, thread: str) -> None:
    delta = pytest.importorskip("langgraph.channels.delta")
    from typing import Annotated

    from langgraph.graph import END, START, StateGraph
    from typing_extensions import TypedDict

    def append(values: list[int], writes: Sequence[list[int]]) -> list[int]:
        return [*values, *(one for write in writes for one in write)]

    State = TypedDict(  # noqa: UP013 -- its annotations are values here
        "State",
        {
            "items": Annotated[list[int], delta.DeltaChannel(append, snapshot_frequency=4)],
            "plain": int,
        },
    )

    def step(state: Any) -> Any:
        return {"items": [len(state["items"])], "plain": state.get("plain", 0) + 1}

    async def use(saver: Any) -> None:
        builder = StateGraph(State)
        builder.add_node("step", step)
        builder.add_edge(START, "step")
        builder.add_edge("step", END)
        graphs = [builder.compile(checkpointer=each) for each in (saver, InMemorySaver())]
        config: Any = {"configurable": {"thread_id": thread}}
        for turn in range(7):
            for graph in graphs:
                await graph.ainvoke({"items": [-1]}, config)
            await saver.aprune([thread])
            ours, theirs = [(await graph.aget_state(config)).values for graph in graphs]
            assert ours == theirs, turn
            kept = await found(saver, config)
            everything = [one async for one in graphs[1].checkpointer.alist(config)]
            assert len(kept) <= len(everything)
        assert len(kept) < len(everything)

    drive(use)


def test_pruning_ends_where_parents_lead_in_a_circle(drive: Drive, thread: str) -> None:
    async def use(saver: Any) -> None:
        first, second = checkpoint_of({}, {"a": 1}), checkpoint_of({}, {"a": 2})
        counters = {"counters_since_delta_snapshot": {"a": [1, 1]}}
        for checkpoint, parent in ((first, second), (second, first)):
            config = config_of(thread, "", parent["id"])
            await saver.aput(config, checkpoint, counters, {})
        await saver.aprune([thread])
        assert ids(await found(saver, config_of(thread))) == [second["id"], first["id"]]
        itself = config_of(f"{thread}-itself", "", first["id"])
        await saver.aput(itself, first, counters, {})
        await saver.aprune([f"{thread}-itself"])
        assert ids(await found(saver, config_of(f"{thread}-itself"))) == [first["id"]]

    drive(use)


def test_nothing_of_langgraph_is_imported_that_is_not_asked_for(agents_project: Path) -> None:
    program = """
import sys
import agents_convex, agents_convex.langgraph
from agents_convex import ConvexStorage
ConvexStorage("http://127.0.0.1:1").functions
loaded = [name for name in sys.modules if name.split(".")[0] in ("langgraph", "langchain_core")]
print(loaded)
from agents_convex.langgraph import ConvexSaver
print("langgraph.checkpoint.base" in sys.modules)
try:
    agents_convex.langgraph.Nothing
except AttributeError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(agents_project / "generated" / "python")}
    finished = run([sys.executable, "-c", program], agents_project, environment)
    assert finished.stdout == (
        "[]\nTrue\nmodule 'agents_convex.langgraph' has no attribute 'Nothing'\n"
    ), finished.stderr
