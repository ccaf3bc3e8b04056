"""The store of LangGraph: sizes, order, times, what is refused, what is left, and who calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import (
    BaseStore,
    GetOp,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
)
from waiting import wait_until

RunBatch = Callable[[Sequence[Op]], list[Any]]
MEBIBYTE = 1024 * 1024
DAY = 24 * 60 * 60 * 1000
MIDDLE: Any = "middle"


@pytest.fixture
def mark() -> str:
    return uuid4().hex


@pytest.fixture
def store(storage: Any) -> Any:
    from agents_convex.langgraph import ConvexStore

    return ConvexStore(storage)


def left(storage: Any) -> dict[str, int]:
    documents: dict[str, int] = storage.functions.checks.documents()
    return {table: count for table, count in documents.items() if count}


def keys(found: Any) -> list[str]:
    return [one.key for one in found]


def test_values_of_any_length_come_back_and_leave_nothing(
    run_batch: RunBatch, storage: Any, mark: str
) -> None:
    before = left(storage)
    values = {str(index): {"index": index, "text": "é" * (2 * MEBIBYTE)} for index in range(4)}
    values["empty"] = {}
    values["whole"] = {"text": "x" * (9 * MEBIBYTE)}
    run_batch([PutOp((mark,), key, value) for key, value in values.items()])
    found, one, absent, again = run_batch(
        [
            SearchOp((mark,)),
            GetOp((mark,), "whole"),
            GetOp((mark,), "none"),
            SearchOp((mark,), limit=2, offset=3),
        ]
    )
    assert {each.key: each.value for each in found} == values
    assert one.value == values["whole"]
    assert absent is None
    assert keys(again) == ["3", "empty"]
    run_batch([PutOp((mark,), "whole", {"text": "y" * (3 * MEBIBYTE)})])
    assert run_batch([GetOp((mark,), "whole")])[0].value == {"text": "y" * (3 * MEBIBYTE)}
    run_batch([PutOp((mark,), key, None) for key in values])
    wait_until(lambda: left(storage) == before)


def test_more_puts_than_one_call_takes_are_done(run_batch: RunBatch, mark: str) -> None:
    puts = [PutOp((mark, str(index % 3)), str(index), {"index": index}) for index in range(1201)]
    before, *results = run_batch([SearchOp((mark,)), *puts])
    assert before == []
    assert results == [None] * 1201
    found, namespaces = run_batch([SearchOp((mark,), limit=2000), ListNamespacesOp(limit=2000)])
    assert sorted(each.value["index"] for each in found) == [*range(1201)]
    assert [one for one in namespaces if one[0] == mark] == [
        (mark, "0"),
        (mark, "1"),
        (mark, "2"),
    ]


def test_puts_that_replace_more_than_one_transaction_reads(run_batch: RunBatch, mark: str) -> None:
    texts = [PutOp((mark,), str(index), {"text": "a" * 100_000}) for index in range(120)]
    for start in range(0, 120, 40):
        run_batch(texts[start : start + 40])
    run_batch([PutOp((mark,), str(index), {"text": "b"}) for index in range(120)])
    (found,) = run_batch([SearchOp((mark,), limit=200)])
    assert [one.value for one in found] == [{"text": "b"}] * 120


def test_the_last_put_of_a_key_stays_and_reads_see_none(run_batch: RunBatch, mark: str) -> None:
    results = run_batch(
        [
            PutOp((mark,), "k", {"at": 1}),
            GetOp((mark,), "k"),
            PutOp((mark,), "gone", {"at": 1}),
            PutOp((mark,), "k", {"at": 2}),
            PutOp((mark,), "gone", None),
            SearchOp((mark,)),
        ]
    )
    assert results == [None, None, None, None, None, []]
    (found,) = run_batch([SearchOp((mark,))])
    assert [(one.key, one.value) for one in found] == [("k", {"at": 2})]


def test_an_item_keeps_its_place_and_the_time_of_its_creation(
    run_batch: RunBatch, mark: str
) -> None:
    run_batch([PutOp((mark,), "b", {"at": 1}), PutOp((mark,), "a", {"at": 1})])
    (first,) = run_batch([GetOp((mark,), "b")])
    run_batch([PutOp((mark,), "b", {"at": 2})])
    (second, found) = run_batch([GetOp((mark,), "b"), SearchOp((mark,))])
    assert first.created_at == first.updated_at == second.created_at <= second.updated_at
    assert first.created_at.utcoffset().total_seconds() == 0
    assert keys(found) == ["b", "a"]
    run_batch([PutOp((mark,), "b", None)])
    run_batch([PutOp((mark,), "b", {"at": 3})])
    assert keys(run_batch([SearchOp((mark,))])[0]) == ["a", "b"]


def test_names_are_no_part_of_others(run_batch: RunBatch, mark: str) -> None:
    places = [
        ((mark, "a", "b"), "c"),
        ((mark, "a"), "b"),
        ((mark, "a.b"), "c"),
        ((mark, 'a","b'), "c"),
        ((mark, "a/b"), "c"),
        ((mark, "ab"), "c"),
        ((mark, "a\0"), "c"),
    ]
    run_batch([PutOp(*place, {"place": index}) for index, place in enumerate(places)])
    found = run_batch([GetOp(*place) for place in places])
    assert [one.value["place"] for one in found] == [*range(len(places))]
    (below,) = run_batch([SearchOp((mark, "a"))])
    assert [one.namespace for one in below] == [(mark, "a"), (mark, "a", "b")]


def test_values_keep_what_json_has(run_batch: RunBatch, mark: str) -> None:
    value = {
        "large": 2**70,
        "half": "\ud800",
        "float": 1e-300,
        "$dollar": {"": None},
        "é\0": [True, False, "\U0001f600"],
        "__proto__": {"x": 1},
    }
    run_batch([PutOp((mark,), "k", value)])
    found, by_proto = run_batch(
        [GetOp((mark,), "k"), SearchOp((mark,), filter={"__proto__": {"x": 1}})]
    )
    assert found.value == value
    assert keys(by_proto) == ["k"]


def test_filters_compare_what_is_alike(run_batch: RunBatch, mark: str) -> None:
    values = {
        "text": {"x": "2026-05-01"},
        "number": {"x": 3},
        "none": {"x": None},
        "absent": {},
        "true": {"x": True},
        "one": {"x": 1.0},
        "list": {"x": [1, {"y": 2, "z": 3}]},
    }
    run_batch([PutOp((mark,), key, value) for key, value in values.items()])

    def found(wanted: Any) -> list[str]:
        return keys(run_batch([SearchOp((mark,), filter={"x": wanted})])[0])

    assert found({"$gte": "2026-04"}) == ["text"]
    assert found({"$gt": 1, "$lt": 4}) == ["number"]
    assert found({"$lte": 3}) == ["number", "one"]
    assert found(None) == ["none", "absent"]
    assert found({"$ne": None}) == ["text", "number", "true", "one", "list"]
    assert found(True) == ["true"]
    assert found(1) == ["one"]
    assert found([1, {"y": 2}]) == ["list"]
    assert found({"$eq": [1, {"y": 2}]}) == []
    assert found({"$eq": [1, {"z": 3, "y": 2}]}) == ["list"]
    assert found([{"$gt": 0}, {"y": {"$lt": 3}}]) == ["list"]


def test_filters_compare_short_entries_of_long_values(run_batch: RunBatch, mark: str) -> None:
    from agents_convex import LimitExceeded

    long = {"kind": "page", "text": "x" * 200_000, "more": "y" * 5000}
    many = {"kind": "many", **{f"{index:09}": "z" * 10 for index in range(9000)}}
    run_batch([PutOp((mark, "1"), "long", long), PutOp((mark, "2"), "many", many)])
    by_kind, absent = run_batch(
        [
            SearchOp((mark,), filter={"kind": {"$ne": "x"}}),
            SearchOp((mark, "1"), filter={"absent": 1}),
        ]
    )
    assert [one.value for one in by_kind] == [long, many]
    assert absent == []
    for namespace, name in (("1", "text"), ("1", "more"), ("2", "000008999")):
        with pytest.raises(LimitExceeded, match=f'"{name}" of the item .* is too long'):
            run_batch([SearchOp((mark, namespace), filter={name: "x"})])


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (PutOp(("x",), "k", {"x": object()}), "the value of 'k' in .* is not JSON"),
        (PutOp(("x",), "k", {"x": float("nan")}), "is not JSON"),
        (PutOp(("x",), "k", {"x": 1}, ttl=5), "`ttl`"),
        (SearchOp(("x",), query="what is like it"), "`query`"),
        (SearchOp(("x",), filter={"a": {"$in": [1]}}), r'"\$in" in the filter is no operator'),
        (SearchOp(("x",), filter={"a": [{"b": {"$x": 1}}]}), r'"\$x" in the filter'),
        (SearchOp(("x",), filter={"a": object()}), "the filter is not JSON"),
        (SearchOp(("x",), limit=-1), "`limit` is -1"),
        (ListNamespacesOp(offset=-2), "`offset` is -2"),
        (ListNamespacesOp(max_depth=-2), "`max_depth` is -2"),
        (ListNamespacesOp((MatchCondition(MIDDLE, ("x",)),)), "'middle' is no match type"),
        ("get", "no operation"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    run_batch: RunBatch, mark: str, op: Any, message: str
) -> None:
    from agents_convex import InvalidArgument

    many = [PutOp((mark,), str(index), {}) for index in range(501)]
    with pytest.raises(InvalidArgument, match=message):
        run_batch([*many, op])
    assert run_batch([SearchOp((mark,))]) == [[]]


def test_no_operations_are_no_call(run_batch: RunBatch) -> None:
    assert run_batch([]) == []


def test_counts_may_be_large(run_batch: RunBatch, mark: str) -> None:
    run_batch([PutOp((mark,), "k", {})])
    found, none = run_batch(
        [SearchOp((mark,), limit=2**63 - 1), SearchOp((mark,), limit=2**63, offset=2**63)]
    )
    assert keys(found) == ["k"]
    assert none == []


def test_pieces_that_no_call_has_stored_go_after_a_day(
    agents_project: Path, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents_convex import ConvexStorage, LimitExceeded
    from agents_convex.langgraph import ConvexSaver, ConvexStore, packing
    from test_langgraph_saver import checkpoint_of, config_of

    monkeypatch.setattr(packing, "_MAX_INLINE", 500)
    monkeypatch.setattr(packing, "_PIECE", 1000)
    monkeypatch.setattr(packing, "_MAX_BYTES", 6000)
    kept = {"text": "x" * 20_000}
    checkpoint = checkpoint_of({"a": b"x" * 20_000})
    versions = checkpoint["channel_versions"]
    with (
        EmbeddedBackend.start(agents_project, is_controlled=True) as backend,
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        saver, store = ConvexSaver(storage), ConvexStore(storage)
        store.put((mark,), "kept", kept)
        saver.put(config_of(mark), checkpoint, {}, versions)
        before = left(storage)
        with pytest.raises(LimitExceeded):
            store.put((mark, "x" * (2 * MEBIBYTE)), "k", kept)
        failing = {**checkpoint, "id": "x" * (2 * MEBIBYTE)}
        with pytest.raises(LimitExceeded):
            saver.put(config_of(mark), failing, {}, versions)
        assert left(storage) != before
        backend.control("clock.advance", {"milliseconds": DAY + 1000})
        wait_until(lambda: left(storage) == before)
        found = store.get((mark,), "kept")
        assert found is not None
        assert found.value == kept
        stored = saver.get_tuple(config_of(mark))
        assert stored is not None
        assert stored.checkpoint["channel_values"] == {"a": b"x" * 20_000}


class State(TypedDict):
    name: str


def graph_of(store: BaseStore, mark: str) -> Any:
    """A graph with a node that waits and one that does not, of which each stores an item."""

    async def first(state: State, runtime: Runtime) -> State:
        assert runtime.store is not None
        await runtime.store.aput((mark,), "first", {"name": state["name"]})
        return state

    def second(state: State, runtime: Runtime) -> State:
        assert runtime.store is not None
        runtime.store.put((mark,), "second", {"name": state["name"]})
        return state

    builder = StateGraph(State)
    builder.add_node("first", first)
    builder.add_node("second", second)
    builder.add_edge(START, "first")
    builder.add_edge("first", "second")
    builder.add_edge("second", END)
    return builder.compile(store=store)


def test_nodes_of_a_graph_use_it(storage: Any, backend: EmbeddedBackend, mark: str) -> None:
    from agents_convex import AsyncConvexStorage
    from agents_convex.langgraph import AsyncConvexStore, ConvexStore

    async def main() -> None:
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as awaited:
            for at, store in enumerate((ConvexStore(storage), AsyncConvexStore(awaited))):
                place = f"{mark}-{at}"
                await graph_of(store, place).ainvoke({"name": "Ada"})
                assert keys(await store.asearch((place,))) == ["first", "second"]
                await store.adelete((place,), "first")
                assert await store.aget((place,), "first") is None
                assert await store.alist_namespaces(prefix=(place,)) == [(place,)]

    asyncio.run(main())


def test_the_store_of_an_event_loop_does_not_wait_in_it(
    backend: EmbeddedBackend, mark: str
) -> None:
    from agents_convex import AsyncConvexStorage
    from agents_convex.langgraph import AsyncConvexStore

    async def main() -> None:
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as awaited:
            store = AsyncConvexStore(awaited)
            with pytest.raises(asyncio.InvalidStateError, match="begins with `a`"):
                store.get((mark,), "k")

    asyncio.run(main())


def test_ttl_is_refused_as_by_others(store: Any, mark: str) -> None:
    with pytest.raises(NotImplementedError, match="TTL"):
        store.put((mark,), "k", {}, ttl=5)
