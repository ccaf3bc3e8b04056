"""Upserts: changes of what is there, and creation of what is not, in one mutation."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project, node_tool, run, tsc

FOLDER = ROOT / "tests" / "clients" / "partial_writes"
PROGRAMS = ("conditions", "increments", "upserts")
PAST = datetime(2020, 2, 29, 12, 30, 15, 123000, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("upserts") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("partial_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (
            *(opened.messages, opened.threads, opened.events),
            *(opened.meters, opened.teams, opened.pins, opened.runs),
        ):
            store.clear()


NEW = {"total": 1, "big": 2, "ratio": 0.5}


def test_what_is_there_is_changed_and_what_is_not_is_created(storage: Any, package: Any) -> None:
    meters = storage.meters
    created = meters.upsert("m", set={"note": "a"}, create=NEW)
    assert (created.total, created.note, created.level, created.revision) == (1, "a", 50, 1)
    assert created.doc_id is not package.MISSING
    changed = meters.upsert("m", set={"note": "b"}, create={**NEW, "total": 9, "level": 9})
    assert (changed.total, changed.note, changed.level, changed.revision) == (1, "b", 50, 2)
    assert changed.doc_id == created.doc_id
    assert meters.get("m") == changed
    # What `set` names counts more, and UNSET leaves it out.
    other = meters.upsert("n", set={"total": 5, "note": package.UNSET}, create={**NEW, "note": "x"})
    assert (other.total, other.note) == (5, package.MISSING)
    assert meters.upsert("n", set={"note": package.UNSET}, create=NEW).total == 5
    # Either alone.
    assert meters.upsert("o", create=NEW).total == 1
    assert meters.upsert("o", create={**NEW, "total": 7}).total == 1
    assert meters.upsert("p", set={**NEW, "total": 3}).total == 3
    assert meters.upsert("p", set={**NEW, "total": 4}).total == 4


def test_increments_count_from_what_is_created(storage: Any, package: Any) -> None:
    meters, increment = storage.meters, package.Increment
    counting = {
        "total": increment(5),
        "big": increment(6),
        "ratio": increment(0.25),
        "level": increment(-1),
        "spare": increment(2),
        "maybe": increment(1.5),
        "deep": increment(3),
    }
    first = meters.upsert("m", set=counting, create={"ratio": 1, "maybe": None})
    assert (first.total, first.big, first.ratio, first.level) == (5, 6, 1.25, 49)
    assert (first.spare, first.maybe, first.deep) == (2, 1.5, 3)
    second = meters.upsert("m", set=counting, create={"ratio": 1})
    assert (second.total, second.big, second.ratio, second.level) == (10, 12, 1.5, 48)
    assert (second.spare, second.maybe, second.deep) == (4, 3, 6)
    for changes in ({"level": increment(51)}, {"level": increment(-51)}):
        with pytest.raises(package.InvalidArgument, match="level"):
            meters.upsert("new", set=changes, create=NEW)
    with pytest.raises(package.InvalidArgument, match="no finite number"):
        meters.upsert("new", set={"ratio": increment(1.7e308)}, create={**NEW, "ratio": 1.7e308})
    with pytest.raises(package.InvalidArgument, match="big"):
        meters.upsert("new", set={"big": increment(2**63 - 1)}, create=NEW)
    assert meters.get("new") is None


def test_what_makes_no_entity_is_refused_whether_it_is_there_or_not(
    storage: Any, package: Any
) -> None:
    meters = storage.meters
    refused: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"note": "a"}, {}, r"make no new meter: .*total"),
        ({}, {**NEW, "total": "1"}, "total"),
        ({}, {**NEW, "level": 101}, "level"),
        ({"note": "x" * 21}, NEW, "note"),
        ({}, {**NEW, "nope": 1}, "nope"),
        ({"nope": 1}, NEW, "nope"),
        ({"meter_id": "n"}, NEW, "`meter_id` is of the key: leave it out of `set`"),
        ({}, {**NEW, "meter_id": "n"}, "`meter_id` is of the key: leave it out of `create`"),
        ({}, {**NEW, "note": package.UNSET}, "`note` of `create` is UNSET"),
        ({}, {**NEW, "total": package.Increment(1)}, "`total` of `create` is an Increment"),
        ({"revision": 5}, NEW, "revision is set by the backend"),
        ({}, {**NEW, "revision": 5}, "revision is set by the backend"),
        ({"total": package.UNSET}, NEW, "total"),
    ]
    for _ in range(2):
        for changes, create, problem in refused:
            with pytest.raises(package.InvalidArgument, match=problem):
                meters.upsert("m", set=changes, create=create)
        assert meters.save(package.Meter(meter_id="m", **NEW)).total == 1


def test_defaults_constraints_and_what_is_set_hold(storage: Any, package: Any) -> None:
    threads = storage.threads
    thread = threads.upsert("t", set={"owner": "me"}, create={"slug": "s", "created_at": PAST})
    assert (thread.status, thread.labels, thread.closed_at) == ("open", [], None)
    assert (thread.slug, thread.created_at, thread.revision, thread.round) == ("s", PAST, 1, 1)
    again = threads.upsert("t", set={"owner": "you"}, create={"slug": "other"})
    assert (again.slug, again.owner, again.revision, again.round) == ("s", "you", 2, 2)
    assert again.updated_at > thread.updated_at
    assert threads.by_round(round=2).count() == 1
    # An immutable field is for `create`.
    with pytest.raises(package.InvalidArgument):
        threads.upsert("t", set={"slug": "other"})
    meters = storage.meters
    meters.upsert("m", set={"tags": {"a": 1}}, create=NEW)
    assert meters.upsert("m", set={"tags": {"b": 2}}, create=NEW).tags == {"a": 1, "b": 2}


def test_parents_are_touched_and_unique_fields_hold(storage: Any, package: Any) -> None:
    storage.threads.save(package.Thread(thread_id="t"))
    times = [storage.threads.get("t").updated_at]
    for text in ("new", "changed"):
        large = {"text": text, "filler": "x" * 2_000_000}
        message = storage.messages.upsert("t", 1, set={"content": large})
        assert message.content == large
        times.append(storage.threads.get("t").updated_at)
    assert times == sorted(set(times))
    assert storage.messages.upsert("t", 1, set={"note": "n"}, create={"content": 1}).note == "n"
    assert storage.messages.get("t", 1).content == large
    storage.teams.upsert("a", create={"points": 1})
    with pytest.raises(package.AlreadyExists):
        storage.teams.upsert("b", create={"points": 1})
    storage.teams.upsert("b", create={"points": 2})
    with pytest.raises(package.AlreadyExists):
        storage.teams.upsert("b", set={"points": package.Increment(-1)}, create={"points": 5})
    assert [one.points for one in storage.teams.by_score()] == [1, 2]


def test_entries_that_are_documents_of_their_own(storage: Any, package: Any) -> None:
    runs, increment = storage.runs, package.Increment
    changes = {"steps": {"a": {"n": 1}, "b": package.UNSET}, "count": increment(1)}
    created = runs.upsert("r", set=changes, create={"steps": {"b": 1, "c": 2}, "log": {"x": 1}})
    assert (created.steps, created.count, created.log) == ({"a": {"n": 1}, "c": 2}, 3, {"x": 1})
    changes = {"steps": {"c": package.UNSET, "d": 4}, "count": increment(1), "log": {"y": 2}}
    changed = runs.upsert("r", set=changes, create={"steps": {"z": 1}})
    assert (changed.steps, changed.count) == ({"a": {"n": 1}, "d": 4}, 4)
    assert changed.log == {"x": 1, "y": 2}
    assert runs.get("r") == changed
    updated = runs.update("r", steps={"d": package.UNSET}, count=increment(5))
    assert (updated.steps, updated.count, updated.revision) == ({"a": {"n": 1}}, 9, 3)
    with pytest.raises(package.InvalidArgument, match="at most 9"):
        runs.update("r", steps={"e": 1}, count=increment(1))
    with pytest.raises(package.Conflict):
        runs.delete("r", expected={"steps": {}})
    assert runs.save(updated, expected={"steps": {"a": {"n": 1}}}).revision == 4
    assert runs.delete("r", expected={"steps": {"a": {"n": 1}}, "count": 9})
    with pytest.raises(package.InvalidArgument):
        runs.upsert("r", set={"steps": 5})


def test_variants(storage: Any, package: Any) -> None:
    events = storage.events
    click = {"kind": "click", "x": 1}
    event = events.upsert("e", set={"label": "a"}, create=click)
    assert isinstance(event, package.EventClick)
    assert (event.x, event.label, event.level) == (1, "a", 3)
    assert events.upsert("e", set={"x": package.Increment(1)}, create=click).x == 2
    assert events.upsert("p", create={"kind": "press", "key": "k"}).key == "k"
    with pytest.raises(package.InvalidArgument, match="`x` is no field where"):
        events.upsert("p", set={"x": 5}, create={"kind": "click"})
    with pytest.raises(package.InvalidArgument, match="make no new event"):
        events.upsert("q", set={"x": 5}, create={"kind": "press"})
    with pytest.raises(package.InvalidArgument, match="make no new event"):
        events.upsert("q", set={"x": 5})


def test_of_many_who_upsert_one_creates(storage: Any, package: Any) -> None:
    def count(number: int) -> None:
        storage.meters.upsert(
            "m", set={"total": package.Increment(number)}, create={**NEW, "total": 0}
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(count, range(60)))
    meter = storage.meters.get("m")
    assert (meter.total, meter.revision) == (sum(range(60)), 60)
    assert len(list(storage.meters.list())) == 1


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def count() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            added = {"total": package.Increment(1)}
            calls = [opened.meters.upsert("m", set=added, create=NEW) for _ in range(20)]
            await asyncio.gather(*calls)
            assert (await opened.meters.get("m")).total == 21

    asyncio.run(count())


def test_in_typescript(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../partial_writes/upserts.ts", tmp_path, client)], backend)


def test_typescript_finds_mistakes(project: Project) -> None:
    configuration = json.loads(
        (ROOT / "tests" / "clients" / "typescript" / "tsconfig.json").read_text()
    )
    configuration["include"] = [(FOLDER / f"{name}.ts").as_posix() for name in PROGRAMS]
    client = project.root / "generated" / "typescript" / "index.ts"
    configuration["compilerOptions"]["paths"] = {"client": [client.as_posix()]}
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    finished = run([*tsc(), "--project", "tsconfig.json"], project.root)
    assert finished.returncode == 0, finished.stdout


def test_python_finds_mistakes(project: Project) -> None:
    """Each line with a comment is a mistake, and no other is."""
    program = FOLDER / "mistakes.py"
    wrong = {
        number
        for number, line in enumerate(program.read_text().splitlines(), start=1)
        if line.endswith("# mistake")
    }
    checked = [
        ([sys.executable, "-m", "mypy", "--strict", program], r"mistakes\.py:(\d+): error"),
        (
            [node_tool("pyright"), "--pythonpath", sys.executable, program],
            r"\.py:(\d+):\d+ - error",
        ),
    ]
    package = project.root / "generated" / "python"
    (project.root / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": [package.as_posix()]})
    )
    for command, error in checked:
        finished = run(command, project.root, {**os.environ, "MYPYPATH": package.as_posix()})
        assert {int(line) for line in re.findall(error, finished.stdout)} == wrong, finished.stdout
