"""References by several fields and by document IDs, and fields that are unique together."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from node_program import bundle, run_node
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "references"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("references") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture(scope="module")
def package(server: EmbeddedBackend) -> Any:
    return importlib.import_module("traces_convex")


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    return fresh_backend(server)


@pytest.fixture
def storage(backend: ConvexBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture
def span(storage: Any, package: Any) -> Callable[..., Any]:
    def save(span_id: int, trace_id: str = "t", **fields: Any) -> Any:
        env = package.Env.DEV
        return storage.spans.save(
            package.Span(trace_id=trace_id, span_id=span_id, env=env, **fields)
        )

    return save


def score(package: Any, span_id: int | None, score_id: str = "s", **fields: Any) -> Any:
    given = {"trace": "t", "env": package.Env.DEV, "value": 1.0, **fields}
    return package.Score(score_id=score_id, span=span_id, **given)


def test_what_is_referred_to_by_fields_is_there(
    storage: Any, package: Any, span: Callable[..., Any]
) -> None:
    said = (
        'Span with traceId "t" and spanId 2 and env "dev" does not exist, '
        "and `trace` and `span` and `env` refer to it"
    )
    span(1)
    for write in (storage.scores.save, storage.scores.create):
        with pytest.raises(package.NotFound, match=said):
            write(score(package, 2))
    many = [score(package, 1), score(package, 2, "other")]
    with pytest.raises(
        package.NotFound, match=r"`\[1\]\.trace` and `span` and `env` refer to it"
    ) as raised:
        storage.scores.save_many(many)
    assert raised.value.key == {"traceId": "t", "spanId": 2, "env": "dev"}
    # Where one of the fields is null or absent, it refers to nothing.
    storage.scores.save(score(package, None, "none"))
    storage.scores.save(score(package, 2, "absent", trace=package.MISSING))
    storage.scores.save(score(package, 1))
    # An update asks with the fields that it leaves as they are.
    with pytest.raises(package.NotFound, match=said):
        storage.scores.update("s", span=2)
    with pytest.raises(package.NotFound):
        storage.scores.update("absent", trace="t")
    assert storage.scores.update("s", value=2.0).value == 2.0
    assert storage.scores.update("s", span=2, trace=package.UNSET).span == 2
    span(2)
    assert storage.scores.update("s", trace="t").trace == "t"


def test_one_may_be_its_own_parent(package: Any, storage: Any, span: Callable[..., Any]) -> None:
    assert span(1, parent_id=1).parent_id == 1
    with pytest.raises(package.NotFound):
        span(2, parent_id=3)
    assert storage.spans.delete("t", 1, package.Env.DEV) is True


def test_deletions_by_fields(storage: Any, package: Any, span: Callable[..., Any]) -> None:
    env = package.Env.DEV
    span(1)
    for number in range(2, 20):
        span(number, parent_id=number - 1)
    span(1, "other")
    storage.scores.save(score(package, 19))
    storage.scores.save(score(package, 1, "other", trace="other"))
    storage.labels.save(package.Label(label_id="l", trace_id="t", span_id=5, env=env))
    # On the way down, it is met before anything is deleted.
    with pytest.raises(package.Conflict, match="documents of `labels` refer to it"):
        storage.spans.delete("t", 5, env)
    storage.labels.delete("l")
    assert storage.spans.delete("t", 1, env) is True
    assert [one.trace_id for one in storage.spans.list()] == ["other"]
    freed = storage.scores.get("s")
    assert (freed.trace, freed.span, freed.env) == (package.MISSING, None, package.MISSING)
    kept = storage.scores.get("other")
    assert (kept.trace, kept.span) == ("other", 1)


def test_a_deletion_by_fields_of_many(storage: Any, package: Any, span: Callable[..., Any]) -> None:
    """More than one transaction frees."""
    span(1)
    storage.scores.save_many(score(package, 1, f"{number}") for number in range(1500))
    assert storage.spans.delete("t", 1, package.Env.DEV) is True
    assert {one.span for one in storage.scores.list()} == {None}


def test_touches_by_fields(
    storage: Any, package: Any, backend: ConvexBackend, span: Callable[..., Any]
) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    backend.clock.set(start)
    first, second = span(1), span(2)
    assert (first.touched_at, second.touched_at) == (start, start)

    def touched_at(moment: datetime) -> list[int]:
        return [one.span_id for one in storage.spans.list() if one.touched_at == moment]

    for day, write, touched in (
        (2, lambda: storage.scores.save(score(package, 1)), [1]),
        (3, lambda: storage.scores.update("s", span=2), [1, 2]),
        (4, lambda: storage.scores.update("s", value=5.0), [2]),
        (5, lambda: storage.scores.save_many([score(package, 1), score(package, 2)]), [1, 2]),
        (6, lambda: storage.scores.update("s", span=None), [2]),
        (7, lambda: storage.scores.save(score(package, 1)), [1]),
        (8, lambda: storage.scores.delete("s"), [1]),
    ):
        moment = datetime(2030, 1, day, tzinfo=UTC)
        backend.clock.set(moment)
        write()
        assert touched_at(moment) == touched, day


def test_references_by_document_ids(
    storage: Any, package: Any, backend: ConvexBackend, span: Callable[..., Any]
) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    backend.clock.set(start)
    first = span(1)
    saved = storage.scores.save(score(package, 1))
    label = storage.labels.save(
        package.Label(label_id="l", trace_id="x", span_id=5, env=package.Env.DEV)
    )
    gone = span(2).doc_id
    storage.spans.delete("t", 2, package.Env.DEV)

    def note(number: int, span_id: str = first.doc_id, **fields: Any) -> Any:
        return package.Note(span_id=span_id, number=number, path=None, **fields)

    with pytest.raises(package.NotFound, match="`spanId` refers to it"):
        storage.notes.save(note(1, gone))
    backend.clock.set(datetime(2030, 1, 2, tzinfo=UTC))
    one = storage.notes.save(note(1, score_id=saved.doc_id))
    assert storage.spans.get("t", 1, package.Env.DEV).touched_at.day == 2
    two = storage.notes.save(note(2, parent=one.doc_id))
    storage.notes.save(note(3, parent=two.doc_id))
    storage.scores.delete("s")
    with pytest.raises(package.NotFound, match="Score with _id"):
        storage.notes.update(first.doc_id, 2, score_id=saved.doc_id)
    # It was freed.
    assert storage.notes.get(first.doc_id, 1).score_id is package.MISSING
    storage.notes.update(first.doc_id, 3, path=label.doc_id)
    with pytest.raises(package.Conflict, match="documents of `notes` refer to it"):
        storage.labels.delete("l")
    # One goes with its parents.
    assert storage.notes.delete(first.doc_id, 1) is True
    assert list(storage.notes.list()) == []
    assert storage.labels.delete("l") is True
    storage.notes.save(note(1))
    assert storage.spans.delete("t", 1, package.Env.DEV) is True
    assert list(storage.notes.list()) == []


@pytest.mark.parametrize("conflicts", [False, True])
def test_sixteen_want_one_seat(
    storage: Any, package: Any, backend: ConvexBackend, conflicts: bool
) -> None:
    """What is unique over several fields has one holder, by any kind of write."""
    if conflicts:
        backend.faults.conflict()
    seats = storage.seats

    def seat(name: str, number: Any) -> Any:
        return package.Seat(seat_id=name, row="a", number=number, holder=name)

    def outcome(write: Callable[[], object]) -> bool:
        try:
            write()
        except package.AlreadyExists:
            return False
        return True

    for name in range(4):
        seats.save(seat(f"update{name}", package.MISSING))
    writes: list[Callable[[], object]] = []
    for name in range(4):
        writes += [
            lambda name=name: seats.create(seat(f"create{name}", 1)),
            lambda name=name: seats.save(seat(f"save{name}", 1)),
            lambda name=name: seats.save_many([seat(f"many{name}", 1)]),
            lambda name=name: seats.update(f"update{name}", number=1),
        ]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(outcome, writes))
    assert outcomes.count(True) == 1
    holders = [one for one in seats.list() if one.number == 1]
    assert len(holders) == 1
    # The others are as they were: those of no number, who do not compete.
    assert len(list(seats.list())) in (4, 5)


def test_the_typescript_client(project: Project, server: EmbeddedBackend, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../references/usage.ts", tmp_path, client)], server)
