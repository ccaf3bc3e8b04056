"""The store beside LangGraph's own in memory: of whatever is done, both say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.store.base import (
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

LABELS = st.sampled_from(("a", "b", "a.b", "*", "", "é", '["a"]', "a\0", "\uffff", "\U0001f600"))
NEAR = st.sampled_from((("a",), ("a", "b"), ("a", "b", "c")))
ANY = st.lists(LABELS, max_size=3).map(tuple)
NAMESPACES = st.one_of(NEAR, ANY)
PREFIXES = st.one_of(st.sampled_from(((), ("a",))), NEAR, ANY)
KEYS = st.sampled_from(("", "k", "K", "key/é", "\U0001f600", "\uffff"))
# In memory, 1 is True, and what is no number cannot be less or more than one.
NUMBERS = st.sampled_from((-1, 0, -0.0, 1, 1.0, 1.5))
PLAIN = st.recursive(
    st.one_of(st.none(), NUMBERS, st.sampled_from(("", "x", "é"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(("x", "constructor", "__proto__")), inner, max_size=2),
    ),
    max_leaves=4,
)
NAMES = st.sampled_from(("x", "constructor", "é", ""))
VALUES = st.builds(
    lambda entries, number, flag: {**entries, "number": number, "flag": flag},
    st.dictionaries(NAMES, PLAIN, max_size=3),
    NUMBERS,
    st.booleans(),
)
EQUAL = st.dictionaries(st.sampled_from(("$eq", "$ne")), PLAIN, min_size=1, max_size=2)
ORDERED = st.dictionaries(
    st.sampled_from(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")), NUMBERS, min_size=1, max_size=2
)
BY_NUMBER = st.one_of(NUMBERS, ORDERED).map(lambda wanted: {"number": wanted})
FILTERS = st.one_of(
    st.none(),
    BY_NUMBER,
    BY_NUMBER,
    st.dictionaries(NAMES, st.one_of(PLAIN, EQUAL), max_size=2),
    st.fixed_dictionaries(
        {}, optional={"number": st.one_of(NUMBERS, ORDERED), "flag": st.booleans()}
    ),
)
OFFSETS = st.sampled_from((0, 0, 1, 3))
LIMITS = st.sampled_from((50, 50, 0, 1, 2))
CONDITIONS = st.builds(MatchCondition, st.sampled_from(("prefix", "suffix")), NAMESPACES)
PUTS = st.tuples(NAMESPACES, KEYS, st.one_of(VALUES, VALUES, VALUES, st.none())).map(
    lambda given: PutOp(*given)
)
OPS = st.one_of(
    PUTS,
    PUTS,
    st.tuples(NAMESPACES, KEYS).map(lambda given: GetOp(*given)),
    st.tuples(PREFIXES, FILTERS, LIMITS, OFFSETS).map(lambda given: SearchOp(*given)),
    st.tuples(
        st.lists(CONDITIONS, max_size=2).map(tuple),
        st.one_of(st.none(), st.integers(0, 3)),
        LIMITS,
        OFFSETS,
    ).map(lambda given: ListNamespacesOp(*given)),
)
FIRST = st.tuples(NEAR, KEYS, VALUES).map(lambda given: PutOp(*given))
BATCHES = st.tuples(
    st.lists(FIRST, min_size=6, max_size=10),
    st.lists(st.lists(OPS, min_size=4, max_size=10), min_size=2, max_size=4),
).map(lambda given: [given[0], *given[1]])
"""Some items to begin with, and what is done then."""

ALL = 10**6


def below(mark: str, op: Op) -> Op:
    """The same in the namespaces of a mark."""
    if isinstance(op, SearchOp):
        return op._replace(namespace_prefix=(mark, *op.namespace_prefix))
    if isinstance(op, ListNamespacesOp):
        conditions = [
            one._replace(path=(mark, *one.path)) if one.match_type == "prefix" else one
            for one in op.match_conditions or ()
        ]
        return op._replace(match_conditions=(MatchCondition("prefix", (mark,)), *conditions))
    return op._replace(namespace=(mark, *op.namespace))


class Sorted:
    """LangGraph's store, which has namespaces as it first saw them, and those without items."""

    def __init__(self) -> None:
        self._store = InMemoryStore()

    def batch(self, ops: Sequence[Op]) -> list[Any]:
        whole = [op._replace(limit=ALL, offset=0) if isinstance(op, SearchOp) else op for op in ops]
        for namespace, items in [*self._store._data.items()]:
            if not items:
                del self._store._data[namespace]
        before = [*self._store._data]
        results: list[Any] = []
        for op, found in zip(ops, self._store.batch(whole), strict=True):
            if isinstance(op, SearchOp):
                items: Any = found
                items.sort(key=lambda one: one.namespace)
                results.append(items[op.offset : op.offset + op.limit])
            elif isinstance(op, ListNamespacesOp):
                # A namespace that was asked for in this batch is there from then on.
                absent = [one for one in self._store._data if one not in before]
                kept = {one: self._store._data.pop(one) for one in absent}
                results.append(self._store._handle_list_namespaces(op))
                self._store._data.update(kept)
            else:
                results.append(found)
        return results


def plain(found: Any) -> Any:
    """What is compared: all but the times, of which each store has its own."""
    if isinstance(found, list):
        return [plain(one) for one in found]
    return (found.namespace, found.key, found.value) if isinstance(found, Item) else found


def test_both_stores_say_the_same(run_batch: Callable[[Sequence[Op]], list[Any]]) -> None:
    @settings(max_examples=150)
    @given(BATCHES)
    def check(several: list[list[Op]]) -> None:
        mark = uuid4().hex
        theirs = Sorted()
        put: dict[Any, Op] = {}
        for batch in several:
            ops = [below(mark, op) for op in batch]
            ours = run_batch(ops)
            assert plain(ours) == plain(theirs.batch(ops))
            put |= {op[:2]: op._replace(value=None) for op in ops if isinstance(op, PutOp)}
        whole = [
            SearchOp((mark,), limit=ALL),
            ListNamespacesOp((MatchCondition("prefix", (mark,)),), limit=ALL),
        ]
        assert plain(run_batch(whole)) == plain(theirs.batch(whole))
        run_batch([*put.values()])
        assert run_batch(whole) == [[], []]

    check()
