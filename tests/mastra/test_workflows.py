"""The workflows domain of Mastra's storage: runs, their snapshots, the results of steps."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import InvalidArgument, LimitExceeded, NotFound, WorkflowRun
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

START = datetime(2026, 5, 1, tzinfo=UTC)

JSON = {"$ref": 1, "clé": {"": [1.5, -0.0, 2**60, None]}, "__proto__": {"a": 1}, "empty": {}}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


class Awaited:
    """The methods of a domain of the store for asyncio, awaited one by one."""

    def __init__(self, runner: asyncio.Runner, domain: Any) -> None:
        self._runner = runner
        self._domain = domain

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._domain, name)
        if not inspect.iscoroutinefunction(method):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._runner.run(method(*args, **kwargs))

        return call


@pytest.fixture(params=["sync", "async"])
def workflows(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Iterator[Any]:
    if request.param == "sync":
        with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
            yield store.workflows
            store.workflows.dangerously_clear_all()
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)
        awaited = Awaited(runner, opened.workflows)
        yield awaited
        awaited.dangerously_clear_all()
        runner.run(opened.close())


@pytest.fixture
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.workflows.dangerously_clear_all()


RUN: dict[str, Any] = {"workflow_name": "w", "run_id": "r"}


def snapshot(status: str = "running", **steps: Any) -> dict[str, Any]:
    return {"runId": "r", "status": status, "context": steps, "value": {}, "timestamp": 1}


def results(workflows: Any, step_id: str, result: Any, **context: Any) -> Any:
    return workflows.update_workflow_results(
        **RUN, step_id=step_id, result=result, request_context=context
    )


def test_it_supports_concurrent_updates(workflows: Any) -> None:
    assert workflows.supports_concurrent_updates() is True


@pytest.mark.defect(6)
@pytest.mark.parametrize(
    "stored",
    [
        snapshot(),
        snapshot(input=JSON, step={"status": "success", "output": JSON}),
        {"status": "a status of nobody", "context": {"": 1, "$step": None, "clé": "x"}},
        {"context": {}, "activePaths": [{"stepId": "s"}]},
        {"status": "running"},
        {"status": None, "context": None},
        {"status": "failed", "error": {"message": "no", **JSON}, "context": {"a": 'q"\\{[:,'}},
        {"context": {"text": 'a \\" quote, \u2028 and \U0001f600'}, 'k"{': "}", "n": [[{}]]},
        {"context": {f"step {number}": {"n": number} for number in range(1500)}},
    ],
)
def test_a_snapshot_comes_back_as_it_was(workflows: Any, stored: Any) -> None:
    assert workflows.load_workflow_snapshot(**RUN) is None
    for _ in range(2):
        assert workflows.persist_workflow_snapshot(**RUN, snapshot=stored) is None
        assert workflows.load_workflow_snapshot(**RUN) == stored
    assert workflows.get_workflow_run_by_id(**RUN).snapshot == stored
    assert workflows.list_workflow_runs().runs[0].snapshot == stored


def test_a_snapshot_replaces_the_one_before(workflows: Any) -> None:
    workflows.persist_workflow_snapshot(
        **RUN, resource_id="mine", snapshot=snapshot(a={"n": 1}, b={"n": "x" * 40_000})
    )
    first = workflows.get_workflow_run_by_id(**RUN)
    after = snapshot("success", b={"n": 2}, c={"n": "y" * 40_000})
    workflows.persist_workflow_snapshot(**RUN, snapshot=after)
    second = workflows.get_workflow_run_by_id(**RUN)
    assert second.snapshot == after
    assert (second.resource_id, second.created_at) == ("mine", first.created_at)
    assert second.updated_at > first.updated_at


def test_times_that_are_given_are_kept(workflows: Any) -> None:
    times = {"created_at": START, "updated_at": START + timedelta(milliseconds=1)}
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(), **times)
    run = workflows.get_workflow_run_by_id(**RUN)
    assert (run.created_at, run.updated_at) == (START, START + timedelta(milliseconds=1))
    workflows.persist_workflow_snapshot(
        **RUN, snapshot=snapshot(), created_at=START.replace(year=2020)
    )
    assert workflows.get_workflow_run_by_id(**RUN).created_at.year == 2020


@pytest.mark.defect(8)
def test_results_are_merged(workflows: Any) -> None:
    assert results(workflows, "a", {"status": "success"}) == {}
    assert workflows.load_workflow_snapshot(**RUN) is None
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(input=JSON))
    assert results(workflows, "$a", {"status": "success"}, one=1, both={"x": 1}) == {
        "input": JSON,
        "$a": {"status": "success"},
    }
    assert results(workflows, "$a", {"status": "failed"}, both={"y": 2}) == {
        "input": JSON,
        "$a": {"status": "failed"},
    }
    loaded = workflows.load_workflow_snapshot(**RUN)
    assert loaded["requestContext"] == {"one": 1, "both": {"y": 2}}
    assert loaded["context"]["$a"] == {"status": "failed"}


PENDING = {"__mastra_pending__": True}
SUSPENDED = {"status": "suspended", "suspendPayload": {}}


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ([1, None, 3], [None, 2], [1, 2, 3]),
        ([1], [None, None, 3], [1, None, 3]),
        ([1, 2], [PENDING, None], [1, 2]),
        ([None, SUSPENDED, PENDING], [PENDING, PENDING, PENDING], [None, None, None]),
        ([1], [PENDING, PENDING, 5], [1, None, None]),
        ([{"status": "suspended"}], [PENDING], [{"status": "suspended"}]),
        ([1, 2], [{"__mastra_pending__": True, "more": 1}], [{**PENDING, "more": 1}, 2]),
        ([1, 2], [], [1, 2]),
        ({"no": "list"}, [1], [1]),
        ([1, 2], {"no": "list"}, {"no": "list"}),
    ],
)
def test_outputs_of_loops_are_merged_by_index(
    workflows: Any, before: Any, given: Any, after: Any
) -> None:
    step = {"status": "running", "output": before, "startedAt": 1}
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(step=step))
    merged = results(workflows, "step", {"status": "success", "output": given})["step"]
    assert merged["output"] == after
    is_reset = isinstance(given, list) and PENDING in given
    assert merged["status"] == ("running" if is_reset else "success")
    assert ("startedAt" in merged) == (isinstance(before, list) and isinstance(given, list))
    assert workflows.load_workflow_snapshot(**RUN)["context"]["step"] == merged


@pytest.mark.defect(5)
@pytest.mark.parametrize(
    ("status", "expected", "is_done"),
    [
        ("suspended", "suspended", True),
        ("suspended", ["waiting", "suspended"], True),
        ("suspended", "running", False),
        ("suspended", ["running"], False),
        ("suspended", [], False),
        (None, "suspended", False),
    ],
)
def test_a_state_changes_where_it_is_as_expected(
    workflows: Any, status: str | None, expected: Any, is_done: bool
) -> None:
    before = {"context": {"a": {"n": 1}}, "waitingPaths": {"x": [0]}}
    if status is not None:
        before["status"] = status
    workflows.persist_workflow_snapshot(**RUN, snapshot=before)
    opts = {"status": "running", "result": {"$n": 1}, "expectedStatus": expected}
    found = workflows.update_workflow_state(**RUN, opts=opts)
    after = {**before, "status": "running", "result": {"$n": 1}} if is_done else before
    assert found == (after if is_done else None)
    assert workflows.load_workflow_snapshot(**RUN) == after


@pytest.mark.defect(8)
def test_a_state_of_no_run_is_none(workflows: Any) -> None:
    assert workflows.update_workflow_state(**RUN, opts={"status": "success"}) is None
    assert workflows.load_workflow_snapshot(**RUN) is None


def test_a_snapshot_without_context_takes_no_updates(workflows: Any) -> None:
    workflows.persist_workflow_snapshot(**RUN, snapshot={"status": "running"})
    with pytest.raises(NotFound, match="Snapshot not found for runId r"):
        workflows.update_workflow_state(**RUN, opts={"status": "success"})
    with pytest.raises(NotFound, match="Snapshot not found for runId r"):
        results(workflows, "a", {})


def test_runs_are_listed_by_any_conditions(workflows: Any) -> None:
    made = []
    for number in range(24):
        run = {
            "workflow_name": f"w{number % 2}",
            "run_id": f"r{number}",
            "resource_id": f"u{number % 3}",
            "created_at": START + timedelta(minutes=number),
        }
        status = "success" if number % 4 < 2 else "failed"
        workflows.persist_workflow_snapshot(**run, snapshot=snapshot(status))
        made.insert(0, {**run, "status": status})
    minutes = [START + timedelta(minutes=number) for number in (3, 19)]
    for mask in range(32):
        conditions: dict[str, Any] = {}
        found = made
        for bit, (name, value) in enumerate(
            [("workflow_name", "w1"), ("resource_id", "u2"), ("status", "success")]
        ):
            if mask & 1 << bit:
                conditions[name] = value
                found = [one for one in found if one[name] == value]
        if mask & 8:
            conditions["from_date"] = minutes[0]
            found = [one for one in found if one["created_at"] >= minutes[0]]
        if mask & 16:
            conditions["to_date"] = minutes[1]
            found = [one for one in found if one["created_at"] <= minutes[1]]
        ids = [one["run_id"] for one in found]
        listed = workflows.list_workflow_runs(**conditions)
        assert ([one.run_id for one in listed.runs], listed.total) == (ids, len(ids))
        page = workflows.list_workflow_runs(**conditions, page=1, per_page=2)
        assert ([one.run_id for one in page.runs], page.total) == (ids[2:4], len(ids))
    assert workflows.list_workflow_runs(workflow_name="", status="", resource_id="").total == 24
    assert workflows.list_workflow_runs(status="nothing").runs == []
    assert workflows.list_workflow_runs(page=5, per_page=False).total == 24
    assert len(workflows.list_workflow_runs(per_page=2).runs) == 24
    assert workflows.list_workflow_runs(page=9, per_page=100).runs == []
    none = workflows.list_workflow_runs(page=0, per_page=0)
    assert (none.runs, none.total) == ([], 24)


@pytest.mark.defect(22)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"page": -1}, "page must be >= 0"),
        ({"page": -1, "per_page": 5}, "page must be >= 0"),
        ({"page": 0, "per_page": -1}, "perPage must be >= 0"),
        ({"page": 2**50, "per_page": 2**50}, "page value too large"),
        ({"page": 2**70, "per_page": 1}, "page value too large"),
        ({"page": 1, "per_page": 2**70}, "page value too large"),
        ({"page": -(2**70), "per_page": 1}, "page must be >= 0"),
    ],
)
def test_pages_are_checked(workflows: Any, given: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        workflows.list_workflow_runs(**given)


def test_the_status_that_is_listed_follows_the_snapshot(workflows: Any) -> None:
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot("suspended"))
    workflows.update_workflow_state(**RUN, opts={"status": "success"})
    assert workflows.list_workflow_runs(status="suspended").total == 0
    assert workflows.list_workflow_runs(status="success").total == 1
    workflows.persist_workflow_snapshot(**RUN, snapshot={"context": {}})
    assert workflows.list_workflow_runs(status="success").total == 0


MEMORY = {"messageList": {"memoryInfo": {"threadId": "t1"}}}


@pytest.mark.parametrize(
    ("context", "is_found"),
    [
        ({"s": {"status": "suspended", "suspendPayload": {"__streamState": MEMORY}}}, True),
        ({"s": {"status": "success", "suspendPayload": {"__streamState": MEMORY}}}, False),
        ({"input": {"messageListState": {"memoryInfo": {"threadId": "t1"}}}}, True),
        ({"input": {"messageListState": {"memoryInfo": {"threadId": "t2"}}}}, False),
        ({}, False),
    ],
)
def test_runs_are_listed_by_thread(workflows: Any, context: Any, is_found: bool) -> None:
    workflows.persist_workflow_snapshot(**RUN, snapshot={"status": "suspended", "context": context})
    for conditions in ({}, {"status": "suspended"}, {"workflow_name": "w"}):
        assert workflows.list_workflow_runs(thread_id="t1", **conditions).total == int(is_found)
    assert workflows.list_workflow_runs(thread_id="t1", status="success").total == 0


def test_a_run_without_its_workflow_is_the_newest(workflows: Any) -> None:
    for name, minute in (("a", 1), ("b", 3), ("c", 2)):
        workflows.persist_workflow_snapshot(
            workflow_name=name,
            run_id="r",
            snapshot=snapshot(),
            created_at=START + timedelta(minutes=minute),
        )
    assert workflows.get_workflow_run_by_id(run_id="r").workflow_name == "b"
    assert workflows.get_workflow_run_by_id(run_id="r", workflow_name="c").workflow_name == "c"
    assert workflows.get_workflow_run_by_id(run_id="r", workflow_name="d") is None
    assert workflows.get_workflow_run_by_id(run_id="none") is None


@pytest.mark.defect(15)
def test_keys_do_not_collide(workflows: Any) -> None:
    keys = [("a-b", "c"), ("a", "b-c"), ("a", ""), ("", "a"), ("a\0b", "c"), ("é$", "/")]
    for number, (name, run_id) in enumerate(keys):
        workflows.persist_workflow_snapshot(
            workflow_name=name, run_id=run_id, snapshot=snapshot(step={"n": number})
        )
    name, run_id = keys[0]
    assert workflows.delete_workflow_run_by_id(workflow_name=name, run_id=run_id) is None
    for number, (name, run_id) in enumerate(keys):
        found = workflows.load_workflow_snapshot(workflow_name=name, run_id=run_id)
        assert found == (snapshot(step={"n": number}) if number else None)


def test_a_run_is_deleted_with_its_steps(workflows: Any, store: MastraStore) -> None:
    for _ in range(2):
        workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(a={"x": "y" * 100_000}))
        workflows.delete_workflow_run_by_id(**RUN)
        assert workflows.get_workflow_run_by_id(**RUN) is None
    assert list(store.workflow_steps.list()) == []


def test_a_run_that_the_store_of_its_table_wrote(store: MastraStore) -> None:
    """Its context lies in the run, until the functions of the domain change it."""
    workflows = store.workflows
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(old={"n": 1}))
    written = snapshot("suspended", a={"n": 1})
    store.workflow_runs.save(WorkflowRun(**RUN, state_type="suspended", state=written))
    assert workflows.load_workflow_snapshot(**RUN) == written
    assert results(workflows, "b", {"n": 2}) == {"a": {"n": 1}, "b": {"n": 2}}
    assert [one.step_id for one in store.workflow_steps.list()] == ["a", "b"]


@pytest.mark.defect(17)
@pytest.mark.parametrize(
    "context",
    [
        {"one": {"output": "x" * (14 * 2**20)}},
        {f"s{number}": {"output": "é" * 2**18} for number in range(28)},
        {f"s{number}": {"$n": [{"n": n} for n in range(200)]} for number in range(500)},
    ],
    ids=["one", "some", "many"],
)
def test_a_large_snapshot(store: MastraStore, context: Any) -> None:
    workflows = store.workflows
    large = snapshot("suspended", **context)
    for _ in range(2):
        workflows.persist_workflow_snapshot(**RUN, snapshot=large)
        assert workflows.load_workflow_snapshot(**RUN) == large
    assert len(results(workflows, "new", {"status": "success"})) == len(context) + 1
    opts = {"status": "running", "expectedStatus": "suspended"}
    assert workflows.update_workflow_state(**RUN, opts=opts)["status"] == "running"
    assert workflows.update_workflow_state(**RUN, opts=opts) is None


def test_a_snapshot_that_nobody_could_read_is_refused(store: MastraStore) -> None:
    workflows = store.workflows
    before = snapshot(a={"output": "x" * (14 * 2**20)})
    workflows.persist_workflow_snapshot(**RUN, snapshot=before)
    with pytest.raises(LimitExceeded, match="the snapshot takes 18"):
        results(workflows, "more", {"output": "z" * (4 * 2**20)})
    with pytest.raises(LimitExceeded, match="has 2000 steps"):
        workflows.persist_workflow_snapshot(
            **RUN, snapshot=snapshot(**{f"{number}": 1 for number in range(2000)})
        )
    assert workflows.load_workflow_snapshot(**RUN) == before


def test_a_list_goes_on_where_a_query_cannot(workflows: Any) -> None:
    for number in range(7):
        workflows.persist_workflow_snapshot(
            workflow_name="w",
            run_id=f"r{number}",
            snapshot=snapshot(a={"output": "x" * (4 * 2**20)}, b={"n": number}),
        )
    found = workflows.list_workflow_runs()
    assert ([one.snapshot["context"]["b"]["n"] for one in found.runs], found.total) == (
        [6, 5, 4, 3, 2, 1, 0],
        7,
    )
    page = workflows.list_workflow_runs(workflow_name="w", page=0, per_page=6)
    assert ([one.run_id for one in page.runs], page.total) == (
        [f"r{n}" for n in range(6, 0, -1)],
        7,
    )


def _of_thread(status: str, large: str) -> dict[str, Any]:
    """A snapshot of which the most lies in the document of the run."""
    memory = {"messageListState": {"memoryInfo": {"threadId": "t1"}}}
    return {"status": status, "context": {"input": memory}, "value": {"text": large}}


def test_large_runs_of_a_thread_are_listed(workflows: Any) -> None:
    """Of which a query does not even find them all."""
    for number in range(20):
        workflows.persist_workflow_snapshot(
            workflow_name=f"w{number % 2}",
            run_id=f"r{number}",
            snapshot=_of_thread("success" if number < 18 else "failed", "x" * 850_000),
            created_at=START + timedelta(minutes=number),
        )
    newest = [f"r{number}" for number in range(19, -1, -1)]

    def listed(**given: Any) -> tuple[list[str], int]:
        found = workflows.list_workflow_runs(thread_id="t1", **given)
        assert all(len(one.snapshot["value"]["text"]) == 850_000 for one in found.runs)
        return [one.run_id for one in found.runs], found.total

    assert listed() == (newest, 20)
    assert listed(page=1, per_page=3) == (newest[3:6], 20)
    assert listed(page=0, per_page=0) == ([], 20)
    assert listed(page=7, per_page=3) == ([], 20)
    assert listed(status="success", workflow_name="w0") == (newest[3::2], 9)
    assert listed(from_date=START + timedelta(minutes=18)) == (newest[:2], 2)
    before = START + timedelta(minutes=1)
    assert listed(to_date=before, page=0, per_page=9) == (newest[-2:], 2)


def test_a_large_run_after_others_of_its_thread_is_listed(workflows: Any) -> None:
    for number in range(8):
        large = "x" * (14 << 20 if number == 7 else 750_000)
        workflows.persist_workflow_snapshot(
            workflow_name="w",
            run_id=f"r{number}",
            snapshot=_of_thread("success", large),
            created_at=START + timedelta(minutes=number),
        )
    found = workflows.list_workflow_runs(thread_id="t1")
    assert [one.run_id for one in found.runs] == [f"r{number}" for number in range(7, -1, -1)]
    assert found.total == 8


def _persist(workflows: Any, sizes: list[tuple[int, int]]) -> list[str]:
    """Runs of a thread, the newest first, by the sizes of their states and of a result."""
    for number, (state, result) in enumerate(sizes):
        stored = _of_thread("success", "x" * state)
        stored["context"]["step"] = {"status": "success", "output": "y" * result}
        workflows.persist_workflow_snapshot(
            workflow_name="w",
            run_id=f"r{number}",
            snapshot=stored,
            created_at=START - timedelta(minutes=number),
        )
    return [f"r{number}" for number in range(len(sizes))]


def test_a_run_of_a_large_result_after_others_of_its_thread_is_listed(workflows: Any) -> None:
    """Beside the states of others, a query reads no result as large as that."""
    ids = _persist(workflows, [*[(700_000, 10)] * 5, (10, 14_000_000), (10, 10)])
    for given, wanted in (
        ({}, ids),
        ({"page": 0, "per_page": 6}, ids[:6]),
        ({"page": 1, "per_page": 5}, ids[5:]),
    ):
        found = workflows.list_workflow_runs(thread_id="t1", **given)
        assert ([one.run_id for one in found.runs], found.total) == (wanted, 7)


def test_a_large_run_before_large_ones_is_listed(store: MastraStore, workflows: Any) -> None:
    """What was read to find them leaves a query no room for the first one."""
    ids = _persist(workflows, [(10, 14_000_000), *[(850_000, 10)] * 14])
    for given in ({}, {"page": 0, "per_page": 15}):
        found = workflows.list_workflow_runs(**given)
        assert ([one.run_id for one in found.runs], found.total) == (ids, 15)
    for given in ({}, {"limit": 15, "offset": 0}):
        found = store.get_workflow_runs(**given)
        assert ([one.run_id for one in found.runs], found.total) == (ids, 15)


def test_many_runs_of_a_thread_are_listed(store: MastraStore) -> None:
    store.workflow_runs.save_many(
        WorkflowRun(workflow_name="w", run_id=f"{number}", thread_id="t1", state={"n": number})
        for number in range(1100)
    )
    found = store.workflows.list_workflow_runs(thread_id="t1")
    assert (len({one.run_id for one in found.runs}), found.total) == (1100, 1100)


def test_many_runs_are_counted_and_listed(store: MastraStore) -> None:
    store.workflow_runs.save_many(
        WorkflowRun(workflow_name="w", run_id=f"{number}", state={"n": number})
        for number in range(1100)
    )
    found = store.workflows.list_workflow_runs(workflow_name="w")
    assert (len({one.run_id for one in found.runs}), found.total) == (1100, 1100)
    assert store.workflows.list_workflow_runs(page=1000, per_page=1).total == 1100


@pytest.mark.defect(18)
def test_a_run_is_watched(store: MastraStore) -> None:
    with store.workflows.watch_workflow_run(**RUN) as changes:
        seen = iter(changes)
        assert next(seen) is None
        store.workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(a={"n": 1}))
        run = next(seen)
        assert run is not None
        assert run.snapshot == snapshot(a={"n": 1})
        results(store.workflows, "a", {"n": 2})
        run = next(seen)
        assert run is not None
        assert run.snapshot["context"] == {"a": {"n": 2}}
