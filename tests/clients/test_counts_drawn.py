"""Counts after writes that hypothesis draws, through the generated client, against a recount."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project import ROOT, make_project

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [f"m{number}" for number in range(30)]
THREADS = ("t", "u")
STATUSES = (None, "a", "b")
WRITES = 50
"""Of an example, at most."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    spec = ROOT / "tests" / "clients" / "counted" / "spec.yaml"
    project = make_project(tmp_path_factory.mktemp("drawn") / "project", spec)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("tally_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


Fields = dict[str, Any]

keys = st.sampled_from(KEYS)
fields = st.fixed_dictionaries(
    {
        "thread_id": st.sampled_from(THREADS),
        "created_at": st.integers(0, 5).map(lambda day: START + timedelta(days=day)),
        "status": st.sampled_from(STATUSES),
    }
)
some_fields = st.fixed_dictionaries(
    {},
    optional={
        "thread_id": st.sampled_from(THREADS),
        "created_at": st.integers(0, 5).map(lambda day: START + timedelta(days=day)),
        "status": st.sampled_from(("a", "b")),
        "text": st.sampled_from(("one", "two")),
    },
).filter(bool)
writes = st.one_of(
    st.tuples(st.just("save"), st.dictionaries(keys, fields, min_size=1, max_size=1)),
    st.tuples(st.just("save many"), st.dictionaries(keys, fields, min_size=2, max_size=12)),
    st.tuples(st.just("update"), st.dictionaries(keys, some_fields, min_size=1, max_size=6)),
    st.tuples(st.just("delete"), st.sets(keys, min_size=1, max_size=3)),
    st.tuples(st.just("delete thread"), st.sampled_from(THREADS)),
)


class Recount:
    """What is stored, in the order in which it was created."""

    def __init__(self, storage: Any, package: Any) -> None:
        self._storage = storage
        self._package = package
        self._documents: dict[str, Fields] = {}
        for table in ("messages", "threads"):
            storage.system.clear(table)

    def write(self, kind: str, given: Any) -> None:
        """Write both there and here."""
        messages, package = self._storage.messages, self._package
        if kind in ("save", "save many"):
            documents = [self._message(key, one) for key, one in given.items()]
            if kind == "save":
                messages.save(documents[0])
            else:
                messages.save_many(documents)
            for key, one in given.items():
                self._documents[key] = {**self._documents.get(key, {}), **one}
        elif kind == "update":
            changed = {key: one for key, one in given.items() if key in self._documents}
            messages.update_many(
                [package.Update(key, set=one) for key, one in given.items()], missing="skip"
            )
            for key, one in changed.items():
                self._documents[key].update(one)
        elif kind == "delete":
            there = [key for key in given if self._documents.pop(key, None) is not None]
            assert messages.delete_many(sorted(given)) == len(there)
        else:
            self._storage.threads.save(package.Thread(thread_id=given, owner="o"))
            self._storage.threads.delete(given)
            self._documents = {
                key: one for key, one in self._documents.items() if one["thread_id"] != given
            }

    def _message(self, key: str, given: Fields) -> Any:
        known = {name: value for name, value in given.items() if value is not None}
        return self._package.Message(message_id=key, text="", **known)

    def compare(self) -> None:
        """Everything that counts say, with what is here."""
        messages = self._storage.messages
        self._compare(messages.by_created_at(), {})
        for thread in THREADS:
            self._compare(messages.newest_of_thread(thread, order="asc"), {"thread_id": thread})
            for status in STATUSES:
                by_status = messages.by_thread_id_and_status_and_created_at
                given = self._package.UNSET if status is None else status
                self._compare(by_status(thread, given), {"thread_id": thread, "status": status})
        assert self._storage.system.verify_counts() == []

    def _compare(self, query: Any, equal: Fields) -> None:
        found = [
            (one["created_at"], key)
            for key, one in self._documents.items()
            if all(one.get(name) == value for name, value in equal.items())
        ]
        # Those of one time stay in the order of their creation.
        expected = [key for _, key in sorted(found, key=lambda entry: entry[0])]
        assert query.count() == len(expected)
        for offset in range(0, len(expected) + 1, 7):
            page = query.page(offset=offset, limit=7)
            assert [one.message_id for one in page] == expected[offset : offset + 7]
            assert page.total == len(expected)
        for key in expected[:: max(1, len(expected) // 3)]:
            assert query.rank(key) == expected.index(key)


def test_drawn_writes_are_counted_exactly(storage: Any, package: Any) -> None:
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(writes, min_size=WRITES // 2, max_size=WRITES))
    def check(given: list[tuple[str, Any]]) -> None:
        recount = Recount(storage, package)
        for kind, what in given:
            recount.write(kind, what)
        recount.compare()

    check()
