"""The tests that any storage can be put to: the generated client passes them, and so does one in
memory, until it breaks a promise."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import mastra_convex
import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.conformance import StorageConformance, Subject
from convexgen.testing.factories import Factory
from mastra_convex import ConvexStorage, RunStatus, Thread, WorkflowRun
from memory_storage import MemoryQuery, MemoryStorage, MemoryStore, as_tuple
from page_examples import blocks
from project import ROOT, run

SUBJECTS = (
    Subject(
        "threads", Factory(Thread), key=("thread_id",), change={"title": "x"}, optional="title"
    ),
    Subject(
        "workflow_runs",
        Factory(WorkflowRun, state_type=RunStatus.RUNNING, error={"code": 1}),
        key=("workflow_name", "run_id"),
        change={"state_type": RunStatus.SUCCESS, "resource_id": "r"},
        optional="error",
    ),
)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


class TestGenerated(StorageConformance):
    package = mastra_convex
    subjects = SUBJECTS

    @pytest.fixture
    def storage(self, backend: EmbeddedBackend) -> Iterator[ConvexStorage]:
        with ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            opened.threads.clear()
            opened.workflow_runs.clear()
            yield opened


class TestInMemory(StorageConformance):
    package = mastra_convex
    subjects = SUBJECTS

    @pytest.fixture
    def storage(self) -> MemoryStorage:
        return MemoryStorage()


class NewId(MemoryStore):
    """A replaced one has another ID."""

    def save(self, entity: Any, *, expected: Any = None) -> Any:
        self._require(self.get(*self.key_of(entity)), expected)
        return self._put(entity, None)


class Replaced(MemoryStore):
    """An update drops what it does not name."""

    def update(self, *key: Any, expected: Any = None, **changes: Any) -> Any:
        stored = super().update(*key, expected=expected, **changes)
        named = {
            name: getattr(stored, name) for name in self.entity.model_fields if name in changes
        }
        required = {
            name: getattr(stored, name)
            for name, field in self.entity.model_fields.items()
            if field.is_required()
        }
        return self._put(self.entity(**{**required, **named}), stored)


class AnyContent(MemoryStore):
    """`create` takes a key twice."""

    def create(self, entity: Any) -> Any:
        return self._put(entity, self.get(*self.key_of(entity)))


class Expecting(MemoryStore):
    """Nothing is expected."""

    def _require(self, before: Any, expected: Any) -> None:
        """Take whatever is there."""


class NeverSet(MemoryStore):
    """An update makes one where there is none."""

    def update(self, *key: Any, expected: Any = None, **changes: Any) -> Any:
        if key not in self.found:
            return None
        return super().update(*key, expected=expected, **changes)


class InParts(MemoryStore):
    """What is updated before a failure stays."""

    def update_many(self, updates: Any, *, missing: str = "error") -> list[Any]:
        return [
            None
            if missing == "skip" and self.get(*as_tuple(one.key)) is None
            else self.update(*as_tuple(one.key), **one.set)
            for one in updates
        ]


class AlwaysThere(MemoryStore):
    """A deletion does not say whether there was one."""

    def delete(self, *key: Any, expected: Any = None) -> bool:
        super().delete(*key, expected=expected)
        return True


class FirstStays(MemoryStore):
    """Of two with one key, the first one stays."""

    def save_many(self, entities: Any, *, progress: Any = None) -> int:
        given = list(entities)
        super().save_many({self.key_of(one): one for one in given[::-1]}.values())
        for count in range(1, len(given) + 1):
            progress(count)
        return len(given)


class OneOrder(MemoryStore):
    """All come in one order."""

    def list(self, *, order: str | None = None) -> MemoryQuery:
        return super().list()


class NotUndone(MemoryStore):
    """What a block has done stays when it fails."""

    def undone(self) -> Any:
        return nullcontext()


BREACHES = (
    *(NewId, Replaced, AnyContent, Expecting, NeverSet, InParts, AlwaysThere, FirstStays),
    *(OneOrder, NotUndone),
)


def failing(kind: type[MemoryStore]) -> set[str]:
    """The tests that stores of a kind fail."""
    suite = TestInMemory()
    found: set[str] = set()
    for name, test in inspect.getmembers(suite, inspect.ismethod):
        if not name.startswith("test_"):
            continue
        for subject in SUBJECTS:
            storage = MemoryStorage(kind)
            given = {"storage": storage, "store": getattr(storage, subject.store)}
            wanted = inspect.signature(test).parameters
            try:
                test(**{key: one for key, one in given.items() if key in wanted}, subject=subject)
            except (Exception, pytest.fail.Exception):
                found.add(name)
    return found


def test_who_keeps_all_promises_passes() -> None:
    assert failing(MemoryStore) == set()


@pytest.mark.parametrize("kind", BREACHES)
def test_a_promise_that_is_broken_is_found(kind: type[MemoryStore]) -> None:
    assert failing(kind)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    (example,) = blocks("docs/testing.md", "py conformance")
    (tmp_path / "test_storage.py").write_text(example)
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.convexgen.testing]\nconvex_project = '{ROOT}'\n"
    )
    packages = os.pathsep.join(map(str, (ROOT / "generator", ROOT / "generated" / "python")))
    environment = {**os.environ, "PYTHONPATH": packages, "MYPYPATH": packages}
    options = ["-p", "convexgen.testing.plugin", "-p", "no:cacheprovider"]
    tested = run([sys.executable, "-m", "pytest", *options], tmp_path, environment)
    assert "12 passed" in tested.stdout, tested.stdout + tested.stderr
    checked = run([sys.executable, "-m", "mypy", "--strict", "."], tmp_path, environment)
    assert checked.returncode == 0, checked.stdout
