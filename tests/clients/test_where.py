"""Queries with conditions, at their edges: ties, limits, cursors, watching, both clients."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project, node_tool, run

FOLDER = ROOT / "tests" / "clients" / "filtered"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("filtered") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("traced_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            opened.system.clear(table.name)
        yield opened


@pytest.fixture
def functions(backend: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(backend)
    yield opened
    opened.close()


def trace(package: Any, number: int, **more: Any) -> Any:
    fields = {
        "trace_id": f"t{number}",
        "project": "p",
        "status": "ok",
        "name": None,
        "level": number % 10,
        "size": number,
        "is_root": True,
        "started_at": START,
        **more,
    }
    return package.Trace(**fields)


def numbers(found: Any) -> list[int]:
    return [int(one.trace_id[1:]) for one in found]


def test_pages_of_what_has_one_time(storage: Any, package: Any, functions: Functions) -> None:
    storage.traces.save_many(trace(package, number) for number in range(100))
    query = storage.traces.list_traces(where={"level": 3}, order="asc")
    assert numbers(query) == list(range(3, 100, 10))
    # A call that reads few documents answers with less than is asked for.
    cursor, found, calls = None, [], 0
    while True:
        options = {"numItems": 4.0, "cursor": cursor, "maximumRowsRead": 7.0}
        where = {"level": {"in": [3.0]}}
        answer = functions.call("traces:listTraces", where=where, paginationOpts=options)
        assert len(answer["page"]) <= 1
        found += [one["traceId"] for one in answer["page"]]
        cursor, calls = answer["continueCursor"], calls + 1
        if answer["isDone"]:
            break
    assert calls == 15
    assert found == [f"t{number}" for number in range(93, 0, -10)]


def test_pages_go_on_where_documents_come_and_go(storage: Any, package: Any) -> None:
    storage.traces.save_many(
        trace(package, number, started_at=START + timedelta(seconds=number)) for number in range(50)
    )
    query = storage.traces.list_traces(where={"is_root": True}, order="asc")
    page = query.page(limit=10)
    storage.traces.delete_many(["t9", "t10", "t3"])
    storage.traces.save(trace(package, 60, started_at=START + timedelta(seconds=9.5)))
    storage.traces.save(trace(package, 61, started_at=START))
    page = query.page(cursor=page.cursor, limit=3)
    assert numbers(page) == [60, 11, 12]
    page = query.page(cursor=page.cursor, limit=1000)
    assert (numbers(page), page.is_done, page.cursor) == (list(range(13, 50)), True, None)


def test_zeros_are_one_number(storage: Any, package: Any) -> None:
    scores = [0.0, -0.0, 1.0, 0.0, -0.0]
    storage.traces.save_many(
        trace(package, number, score=score) for number, score in enumerate(scores)
    )
    for zero in (0, -0.0):
        query = storage.traces.list_traces(where={"score": zero}, order="asc")
        assert numbers(query) == [0, 1, 3, 4]
        page = query.page(limit=2)
        assert numbers(query.page(cursor=page.cursor)) == [3, 4]


def test_zeros_are_one_number_inside_of_values(storage: Any, package: Any) -> None:
    metadata = {"at": {"x": -0.0, "$y": 2**60}}
    storage.traces.save(trace(package, 1, ratios=[1.5, -0.0], metadata=metadata))
    for where in (
        {"ratios": [1.5, 0.0]},
        {"ratios": package.Contains(0.0)},
        {"metadata": {"at": {"$y": 2.0**60, "x": 0}}},
        {"metadata": {"at.x": 0}},
    ):
        assert numbers(storage.traces.list_traces(where=where)) == [1], where
    other = {"metadata": {"at": {"x": 0, "$y": 2**60 + 1}}}
    assert numbers(storage.traces.list_traces(where=other)) == []


def test_paths_in_json(storage: Any, package: Any) -> None:
    values = [
        {"user": {"id": 5}, "a.b": 1, "": {"": 2}},
        {"user": {"id": 5.0}, "back\\slash": 1},
        {"user": {"id": "5"}, "list": [{"x": 1}, 2**70]},
        {"user": None, "$text": "héllo"},
        [1],
        None,
    ]
    storage.traces.save_many(
        trace(package, number, metadata=value) for number, value in enumerate(values)
    )
    storage.traces.save(trace(package, 6))

    def found(where: Any) -> list[int]:
        return numbers(storage.traces.list_traces(where={"metadata": where}, order="asc"))

    assert found({"user.id": 5}) == [0, 1]
    assert found({"user.id": "5"}) == [2]
    assert found({"user.id": package.UNSET}) == [3, 4, 5, 6]
    assert found({"user": None}) == [3]
    assert found({"a\\.b": 1}) == [0]
    assert found({"a.b": 1}) == []
    assert found({"back\\\\slash": 1}) == [1]
    assert found({"back\\slash": 1}) == []
    assert found({".": 2}) == [0]
    assert found({"": None}) == [5]
    assert found({"": package.UNSET}) == [6]
    assert found({"": package.Contains(1)}) == [4]
    assert found({"list": package.Contains({"x": 1})}) == [2]
    assert found({"list": package.Contains(2**70)}) == [2]
    assert found({"$text": package.Contains("éll")}) == [3]
    assert found({"user": package.In([{"id": 5}, None])}) == [0, 1, 3]
    assert found({"user": {"id": "5"}}) == [2]
    assert found({"user.id": package.Range(gt=4)}) == [0, 1]
    assert found({"user.id": package.Range()}) == [0, 1, 2]
    assert found({"constructor": package.UNSET}) == list(range(7))
    only = storage.traces.of_project("p", where={"metadata": {"user.id": 5}}, order="asc")
    assert numbers(only) == [0, 1]


def test_counts_go_on_past_what_a_call_reads(storage: Any, package: Any) -> None:
    storage.traces.save_many(trace(package, number) for number in range(4500))
    query = storage.traces.list_traces(where={"is_root": False})
    assert (query.count(), query.all(), query.first()) == (0, [], None)
    page = query.page(limit=5)
    assert (page.items, page.is_done) == ([], True)
    last = storage.traces.list_traces(where={"size": 4200}, order="asc")
    assert (last.count(), numbers(last.page(limit=1))) == (1, [4200])
    assert storage.traces.list_traces(where={"level": package.In([1, 2])}).count() == 900
    # A subscription reads what one call can, and says so where that is not enough.
    results = last.watch(limit=1)
    with pytest.raises(package.LimitExceeded, match="`where`"):
        results.next()
    results.close()
    served = storage.traces.any_of(where={"level": 7}).watch(limit=3)
    with served as results:
        assert numbers(results.next()) == [4497, 4487, 4477]


def test_bytes_bound_what_a_call_reads(storage: Any, package: Any, functions: Functions) -> None:
    body = {"text": "x" * 3_000_000}
    for number in range(7):
        blob = package.Blob(blob_id=f"b{number}", kind="k" if number % 3 else "o", body=body)
        storage.blobs.save(blob)
    query = storage.blobs.of_kind(where={"kind": "k"})
    assert [one.blob_id for one in query] == ["b1", "b2", "b4", "b5"]
    assert len(query.page(limit=4)) == 4
    assert query.count() == 4
    options = {"numItems": 10.0, "cursor": None}
    answer = functions.call("blobs:ofKind", paginationOpts=options)
    assert (len(answer["page"]), answer["isDone"]) == (2, False)


def test_watching(storage: Any, package: Any) -> None:
    storage.traces.save_many(trace(package, number) for number in range(5))
    with storage.traces.list_traces(where={"tags": package.Contains("a")}).watch() as results:
        assert results.next() == []
        storage.traces.update("t3", tags=["b", "a"])
        assert numbers(results.next()) == [3]
        storage.traces.update("t3", tags=["b"])
        assert results.next() == []


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def test() -> None:
        opened = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with opened as there:
            await there.traces.save_many([trace(package, number) for number in range(4200)])
            query = there.traces.list_traces(where={"level": 4}, order="asc")
            assert await query.count() == 420
            page = await query.page(limit=420)
            assert (len(page), page.is_done) == (420, False)
            assert (await query.page(cursor=page.cursor)).is_done
            first = await query.first()
            assert (first and first.trace_id) == "t4"
            async with query.watch(limit=2) as results:
                assert numbers(await results.next()) == [4, 14]

    asyncio.run(test())


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"nothing": 1}, "no condition 'nothing' here; there are entity_type, status"),
        ({"status": "UNSET"}, r"status.*UNSET finds nothing"),
        ({"level": "absent"}, r"level.*UNSET finds nothing"),
        ({"is_root": "Range"}, r"is_root.*a Range is for"),
        ({"level": "Contains"}, r"level.*Contains is for text and lists"),
        ({"name": "Contains"}, r"name.*a part of a text is text, not int"),
        ({"tags": "a"}, r"tags.*expected a list, found str: write Contains"),
        ({"metadata": 5}, r"metadata.*expected a mapping of paths"),
        ({"metadata": {5: 5}}, r"metadata.*the path is 5"),
        ({"metadata": {"a": float("nan")}}, r"metadata.*'a'.*nan is not a JSON number"),
        ({"status": "none"}, r"listTraces|where"),
        ([], "expected a mapping of conditions, found list"),
    ],
)
def test_what_is_no_condition(storage: Any, package: Any, where: Any, words: str) -> None:
    made = {
        "UNSET": package.UNSET,
        "Range": package.Range(gt=1),
        "Contains": package.Contains(1),
        "absent": package.In([1], absent=True),
    }
    if isinstance(where, dict):
        where = {
            name: made.get(one, one) if isinstance(one, str) else one for name, one in where.items()
        }
    with pytest.raises(package.InvalidArgument, match=words):
        storage.traces.list_traces(where=where).page()


def test_conditions_say_nothing_twice(package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match="at least one"):
        package.Contains()
    with pytest.raises(package.InvalidArgument, match="not 'ab' alone"):
        package.In("ab")
    with pytest.raises(package.InvalidArgument, match="absent=True"):
        package.In(["a", package.UNSET])


def test_only_paths_that_are_declared(storage: Any, package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match=r"one of 'user\.id', 'userId'"):
        storage.traces.of_project("p", where={"metadata": {"user.name": 5}})


def test_sensitive_conditions_are_not_shown(storage: Any, package: Any) -> None:
    query = storage.traces.of_project("p", where={"secret": "hunter2"})
    assert "hunter2" not in repr(query)
    storage.traces.save(trace(package, 1, secret="hunter2"))
    assert numbers(query) == [1]
    assert "level" in repr(storage.traces.list_traces(where={"level": 4}))


def test_cursors_of_others_are_refused(storage: Any, package: Any, functions: Functions) -> None:
    storage.traces.save_many(trace(package, number) for number in range(9))
    page = storage.traces.list_traces(where={"status": "ok"}).page(limit=2)
    others: list[dict[str, Any]] = [
        {},
        {"where": {"status": "error"}},
        {"where": {"status": "ok"}, "order": "asc"},
        {"where": {"status": "ok", "name": "n"}},
    ]
    for arguments in others:
        with pytest.raises(package.InvalidArgument, match="cursor"):
            storage.traces.list_traces(**arguments).page(cursor=page.cursor)
    for cursor in ("x", "[]", '["by_startedAt", 5]', '["by_startedAt", [[1],[2,3],"x"]]'):
        options = {"numItems": 1.0, "cursor": cursor}
        with pytest.raises(Refused) as refused:
            functions.call("traces:listTraces", paginationOpts=options)
        assert refused.value.data["code"] == "InvalidArgument"
    with pytest.raises(Refused, match="numItems"):
        functions.call("traces:listTraces", paginationOpts={"numItems": 0.0, "cursor": None})
    for bounds in ({"gt": 1.0, "lt": "a"}, {"gt": None}):
        where = {"metadata": [{"path": "a", **bounds}]}
        options = {"numItems": 1.0, "cursor": None}
        with pytest.raises(Refused) as refused:
            functions.call("traces:listTraces", where=where, paginationOpts=options)
        assert refused.value.data["code"] == "InvalidArgument"


def test_in_typescript(project: Project, backend: EmbeddedBackend, storage: Any) -> None:
    assert list(storage.traces.list()) == []
    client = project.root / "generated" / "typescript"
    program = bundle("../filtered/usage.ts", project.root, client)
    printed = run_node([program], backend)
    assert printed == (FOLDER / "usage.txt").read_text()


MISTAKES = """
from datetime import UTC, datetime

from traced_convex import UNSET, Contains, ConvexStorage, In, Range, Status

storage = ConvexStorage("http://127.0.0.1:1")
now = datetime.now(UTC)
storage.traces.list_traces(
    where={
        "status": In([Status.OK, Status.ERROR]),
        "entity_type": In(["agent"], absent=True),
        "name": Range(gte="a"),
        "tags": Contains("a", "b"),
        "marks": Contains(now),
        "level": Range(gt=1, lte=5),
        "ended_at": UNSET,
        "metadata": {"user.id": 5, "x": Range(gt=1), "y": In([1, "a"], absent=True), "z": UNSET},
        "started_at": Range(gte=now),
    }
)
storage.traces.of_project("p", where={"metadata": {"userId": None}}, order="asc").count()
storage.traces.list_traces(where={"level": "high"})  # mistake
storage.traces.list_traces(where={"stage": 1})  # mistake
storage.traces.list_traces(where={"status": UNSET})  # mistake
storage.traces.list_traces(where={"is_root": Range(gt=True)})  # mistake
storage.traces.list_traces(where={"tags": Contains(5)})  # mistake
storage.traces.of_project("p", where={"metadata": {"user.name": 5}})  # mistake
"""


def test_type_checkers_know_the_conditions(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "mistakes.py"
    path.write_text(MISTAKES)
    wanted = [number for number, line in enumerate(MISTAKES.splitlines(), 1) if "# mistake" in line]
    package = project.root / "generated" / "python"
    (tmp_path / "pyrightconfig.json").write_text(
        f'{{"typeCheckingMode": "strict", "extraPaths": ["{package}"]}}'
    )
    command = [node_tool("pyright"), "--project", tmp_path, "--pythonpath", sys.executable]
    shown = run(command, tmp_path).stdout
    found = [int(line.split(":")[1]) for line in shown.splitlines() if " - error" in line]
    assert found == wanted, shown
    command = [sys.executable, "-m", "mypy", "--strict", path]
    shown = run(command, tmp_path, {**os.environ, "MYPYPATH": str(package)}).stdout
    found = [int(line.split(":")[1]) for line in shown.splitlines() if " error:" in line]
    assert found == wanted, shown
