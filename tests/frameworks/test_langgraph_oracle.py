"""The checkpointer beside LangGraph's own in memory: of whatever is done, both say the same."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT, RESUME, SCHEDULED

THREADS = ("one", "two")
NAMESPACES = ("", "child:1", "child:1|inner")
CHANNELS = ("a", "b", "__start__", "clé", "$x")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.floats(allow_nan=False), max_size=3),
    st.just(b"x" * 300_000),
)
METADATA = st.dictionaries(
    st.sampled_from(("source", "step", "run_id", "$ref", "é", "")),
    st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(("loop", "input"))),
    max_size=4,
)
PUT = st.fixed_dictionaries(
    {
        "do": st.just("put"),
        "thread": st.sampled_from(THREADS),
        "namespace": st.sampled_from(NAMESPACES),
        "parent": st.integers(0, 5),
        "values": st.dictionaries(st.sampled_from(CHANNELS), VALUES, max_size=4),
        "versions": st.dictionaries(
            st.sampled_from(CHANNELS), st.sampled_from((1, 2, 2.0, "2", 2.5)), max_size=4
        ),
        "new": st.sets(st.sampled_from(CHANNELS)),
        "metadata": METADATA,
        "again": st.booleans(),
    }
)
WRITE = st.fixed_dictionaries(
    {
        "do": st.just("write"),
        "at": st.integers(0, 5),
        "task": st.sampled_from(("t1", "t2")),
        "path": st.sampled_from(("", "~a", "~b")),
        "writes": st.lists(
            st.tuples(st.sampled_from((*CHANNELS, ERROR, INTERRUPT, RESUME, SCHEDULED)), VALUES),
            max_size=4,
        ),
    }
)
DELETE = st.fixed_dictionaries({"do": st.just("delete"), "thread": st.sampled_from(THREADS)})
LIST = st.fixed_dictionaries(
    {
        "do": st.just("list"),
        "thread": st.sampled_from(THREADS),
        "namespace": st.sampled_from(NAMESPACES),
        "filter": st.one_of(st.none(), METADATA),
        "before": st.one_of(st.none(), st.integers(0, 5)),
        "limit": st.one_of(st.none(), st.integers(0, 3)),
    }
)
STEPS = st.lists(st.one_of(PUT, PUT, WRITE, WRITE, LIST, LIST, DELETE), max_size=14)


class Pair:
    """Does the same to both."""

    def __init__(self, ours: BaseCheckpointSaver[str], mark: str) -> None:
        self.ours = ours
        self.theirs = InMemorySaver()
        self.mark = mark
        self.stored: list[Any] = []

    @property
    def both(self) -> tuple[BaseCheckpointSaver[str], BaseCheckpointSaver[str]]:
        return self.ours, self.theirs

    def config(self, thread: str, namespace: str, stored: int | None = None) -> Any:
        named: dict[str, Any] = {"thread_id": f"{self.mark}-{thread}", "checkpoint_ns": namespace}
        matching = [
            one["configurable"]["checkpoint_id"]
            for one in self.stored
            if named.items() <= one["configurable"].items()
        ]
        if stored is not None and stored < len(matching):
            named["checkpoint_id"] = matching[-1 - stored]
        return {"configurable": named}

    def put(self, *, thread: str, namespace: str, parent: int, again: bool, **given: Any) -> None:
        config = self.config(thread, namespace, parent)
        new_id = str(uuid6())
        if again and "checkpoint_id" in config["configurable"]:
            # Of no parent: LangGraph's walk of the parents of one that is its own has no end.
            new_id = config["configurable"].pop("checkpoint_id")
        versions = given["versions"]
        checkpoint: Any = {
            "v": 4,
            "id": new_id,
            "ts": "2026-05-01T00:00:00+00:00",
            "channel_values": given["values"],
            "channel_versions": versions,
            "versions_seen": {"node": versions},
            "updated_channels": None,
        }
        new = {channel: version for channel, version in versions.items() if channel in given["new"]}
        one, other = (
            saver.put(config, checkpoint, dict(given["metadata"]), new) for saver in self.both
        )
        assert one == other
        if one not in self.stored:
            self.stored.append(one)

    def write(self, *, at: int, task: str, path: str, writes: list[Any]) -> None:
        if at < len(self.stored):
            for saver in self.both:
                saver.put_writes(self.stored[-1 - at], writes, task, path)

    def delete(self, *, thread: str) -> None:
        thread_id = f"{self.mark}-{thread}"
        for saver in self.both:
            saver.delete_thread(thread_id)
        self.stored = [one for one in self.stored if one["configurable"]["thread_id"] != thread_id]

    def list(
        self, *, thread: str, namespace: str, before: int | None, filter: Any, limit: int | None
    ) -> None:
        config = self.config(thread, namespace)
        bound = None if before is None else self.config(thread, namespace, before)
        one, other = (
            [*map(plain, saver.list(config, filter=filter, before=bound, limit=limit))]
            for saver in self.both
        )
        assert one == other

    def compare(self) -> None:
        for thread in THREADS:
            for namespace in NAMESPACES:
                self.list(thread=thread, namespace=namespace, before=None, filter=None, limit=None)
                config = self.config(thread, namespace)
                one, other = (saver.get_tuple(config) for saver in self.both)
                assert plain(one) == plain(other)
        for config in self.stored[-3:]:
            one, other = (saver.get_tuple(config) for saver in self.both)
            assert plain(one) == plain(other)
            for history in zip(
                *(
                    saver.get_delta_channel_history(config=config, channels=CHANNELS).items()
                    for saver in self.both
                ),
                strict=True,
            ):
                assert history[0] == history[1]


def plain(found: CheckpointTuple | None) -> Any:
    """What is compared: metadata without the entries that the configuration brings."""
    return None if found is None else found._asdict()


def test_both_say_the_same(storage: Any) -> None:
    from agents_convex.langgraph import ConvexSaver

    ours = ConvexSaver(storage)

    @settings(max_examples=100)
    @given(STEPS)
    def check(steps: list[dict[str, Any]]) -> None:
        pair = Pair(ours, uuid4().hex)
        for step in steps:
            named = dict(step)
            getattr(pair, named.pop("do"))(**named)
        pair.compare()
        for thread in THREADS:
            ours.delete_thread(f"{pair.mark}-{thread}")

    check()
