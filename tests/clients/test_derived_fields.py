"""Fields that follow from others, through both clients on the embedded backend."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project
from web import post

SPEC = ROOT / "tests" / "clients" / "derived" / "spec.yaml"
REFUSAL = r"state\.status.*`stateType`"
USAGE = ROOT / "tests" / "clients" / "derived" / "usage.ts"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("derived") / "project", SPEC)
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("runs_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            opened.system.clear(table.name)
        yield opened


def run(package: Any, key: str = "r1", status: str = "running", **fields: Any) -> Any:
    return package.Run(run_id=key, state={"status": status}, **fields)


def absent(value: Any, package: Any) -> bool:
    return value is package.MISSING


def test_every_write_keeps_them(storage: Any, package: Any) -> None:
    created = storage.runs.create(run(package, context={"info": {"slug": "one"}, "steps": 3}))
    assert (created.state_type, created.slug, created.steps) == ("running", "one", 3)
    assert created.day == created.created_at
    assert absent(created.city, package)
    # A repeat is harmless.
    again = storage.runs.create(run(package, context={"info": {"slug": "one"}, "steps": 3}))
    assert again == created
    address = package.Address(city="Oslo", more={"a": {"b": True}})
    saved = storage.runs.save(run(package, status="failed", address=address))
    assert (saved.state_type, saved.city, saved.deep) == ("failed", "Oslo", True)
    assert absent(saved.slug, package)
    assert absent(saved.steps, package)
    storage.runs.save_many([run(package, f"m{n}", status="done") for n in range(3)])
    assert {one.state_type for one in storage.runs.by_state_type_and_day("done")} == {"done"}
    assert len(storage.runs.by_state_type_and_day("done").all()) == 3
    # What was read can be changed and saved.
    saved.state = {"status": "done"}
    assert storage.runs.save(saved).state_type == "done"


def test_updates_keep_them(storage: Any, package: Any) -> None:
    context = {"info": {"slug": "one", "other": 1}, "steps": 3, "teamId": "t"}
    storage.runs.save(run(package, context=context))
    merged = storage.runs.update("r1", context={"info": {"slug": "two"}})
    assert (merged.slug, merged.steps, merged.state_type) == ("two", 3, "running")
    assert storage.runs.update("r1", state={"status": "done"}).state_type == "done"
    assert storage.runs.by_state_type_and_day("running").all() == []
    address = package.Address(city="Oslo", more={})
    assert storage.runs.update("r1", address=address).city == "Oslo"
    unset = storage.runs.update("r1", context=package.UNSET, address=package.UNSET)
    assert all(absent(one, package) for one in (unset.slug, unset.steps, unset.city))
    found = storage.runs.get("r1")
    assert found == unset
    # A condition may be on one, and it survives what does not concern it.
    other = storage.runs.update("r1", notes={"a": "b"}, expected={"state_type": "done"})
    assert other.state_type == "done"
    with pytest.raises(package.Conflict):
        storage.runs.update("r1", notes={}, expected={"state_type": "failed"})


@pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
def test_of_large_json_and_of_json_that_is_kept_as_text(
    storage: Any, package: Any, size: int
) -> None:
    state = {"status": "failed", "$text": "x" * size}
    storage.runs.save(package.Run(run_id="r1", state=state, context={"$ref": 1, "steps": 2}))
    found = storage.runs.get("r1")
    assert (found.state_type, found.steps, found.state) == ("failed", 2, state)
    assert storage.runs.update("r1", context={"steps": 4}).steps == 4
    assert storage.runs.update("r1", state={**state, "status": "done"}).state_type == "done"


@pytest.mark.parametrize(
    "state", [{}, [], None, "status", {"status": "other"}, {"status": None}, {"status": 1}]
)
def test_what_is_no_value_of_the_type_is_refused_in_words(
    storage: Any, package: Any, state: Any
) -> None:
    storage.runs.save(run(package))
    first, second = (package.Run(run_id=key, state=state) for key in ("r1", "r2"))
    with pytest.raises(package.InvalidArgument, match=REFUSAL):
        storage.runs.save(first)
    with pytest.raises(package.InvalidArgument, match=REFUSAL):
        storage.runs.create(second)
    with pytest.raises(package.InvalidArgument, match=REFUSAL):
        storage.runs.save_many([second])
    with pytest.raises(package.InvalidArgument, match=REFUSAL):
        storage.runs.update("r1", state=state)
    assert storage.runs.get("r1").state == {"status": "running"}
    assert storage.runs.get("r2") is None


@pytest.mark.parametrize("steps", [1.5, -1, "3", None, [], True])
def test_an_optional_one_is_absent_there(storage: Any, package: Any, steps: Any) -> None:
    context = {"steps": steps, "info": {"slug": "too long to fit"}}
    saved = storage.runs.save(run(package, context=context))
    assert absent(saved.steps, package)
    assert absent(saved.slug, package)
    assert absent(storage.runs.update("r1", context={"steps": steps}).steps, package)


def test_keys_that_look_like_the_stored_form_of_json(storage: Any, package: Any) -> None:
    saved = storage.runs.save(run(package, notes={"jsonText": "no JSON"}))
    assert saved.json_text == "no JSON"
    saved = storage.runs.save(run(package, context={"jsonText": "{"}))
    assert absent(saved.steps, package)
    for key in ("__proto__", "constructor"):
        storage.runs.save(run(package, context={key: {"slug": "x"}}))


def call(backend: EmbeddedBackend, path: str, arguments: dict[str, Any]) -> Any:
    """What a caller without a client of the spec is answered."""
    headers = {"Authorization": f"Convex {backend.admin_key}"}
    body = {"path": path, "args": [arguments], "format": "convex_encoded_json"}
    return post(f"{backend.url}/api/mutation", json=body, headers=headers).json()


def test_callers_cannot_give_them(storage: Any, package: Any, backend: EmbeddedBackend) -> None:
    for given in ({"state_type": "failed"}, {"slug": "x"}):
        with pytest.raises(package.InvalidArgument, match=next(iter(given))):
            storage.runs.save(run(package, **given))
        with pytest.raises(package.InvalidArgument, match=next(iter(given))):
            storage.runs.save_many([run(package, **given)])
    storage.runs.save(run(package))
    found = storage.runs.get("r1")
    with pytest.raises(package.InvalidArgument, match="state_type"):
        found.state_type = "failed"
    with pytest.raises(package.InvalidArgument, match="state_type is set by the backend"):
        storage.runs.update("r1", state_type="failed")
    with pytest.raises(package.InvalidArgument, match="slug is set by the backend"):
        storage.runs.update("r1", slug=package.UNSET)
    for path, arguments in (
        ("save", {"run": {"runId": "r1", "state": {"status": "done"}, "stateType": "failed"}}),
        ("update", {"runId": "r1", "set": {"stateType": "failed"}}),
        ("update", {"runId": "r1", "set": {}, "unset": ["slug"]}),
    ):
        answer = call(backend, f"runs:{path}", arguments)
        assert "ArgumentValidationError" in answer["errorMessage"], answer
    # What is read again, from JSON too, is no caller's.
    assert package.Run.model_validate_json(found.model_dump_json()) == found
    assert package.Run.model_json_schema()["properties"]["state_type"]["readOnly"] is True


def test_one_is_unique_searched_and_a_reference(storage: Any, package: Any) -> None:
    storage.runs.save(run(package, context={"info": {"slug": "one"}}))
    with pytest.raises(package.AlreadyExists):
        storage.runs.save(run(package, "r2", context={"info": {"slug": "one"}}))
    storage.runs.save(run(package, "r2", context={"info": {"slug": "two"}}))
    with pytest.raises(package.AlreadyExists):
        storage.runs.update("r2", context={"info": {"slug": "one"}})
    storage.runs.update("r2", address=package.Address(city="Oslo", more=None))
    assert [one.run_id for one in storage.runs.search_city("oslo", state_type="running")] == ["r2"]
    team = storage.teams.save(package.Team(team_id="t1"))
    assert team.rank == team.updated_at
    storage.runs.update("r2", context={"teamId": "t1"})
    touched = storage.teams.get("t1")
    assert touched.rank == touched.updated_at >= team.updated_at
    assert [one.run_id for one in storage.runs.by_team_id("t1")] == ["r2"]
    storage.teams.delete("t1")
    assert storage.runs.get("r2") is None


def test_of_variants(storage: Any, package: Any) -> None:
    click = package.EventClick(event_id="e1", at=package.Point(x=3))
    assert storage.events.save(click).x == 3
    press = package.EventPress(event_id="e2", kind="press", details={"name": "n", "x": 1})
    saved = storage.events.save(press)
    assert saved.name == "n"
    assert absent(saved.x, package)
    assert storage.events.update("e2", details={"name": "m"}).name == "m"
    with pytest.raises(package.InvalidArgument, match=r"details\.name"):
        storage.events.update("e2", details={"name": 1})
    assert storage.events.update("e1", at=package.Point(x=4)).x == 4
    assert [one.event_id for one in storage.events.by_x()] == ["e2", "e1"]
    assert [one.event_id for one in storage.events.by_name("m")] == ["e2"]
    # Another variant has other fields.
    storage.events.save(package.EventClick(event_id="e2", at=package.Point(x=1)))
    assert storage.events.by_name("m").all() == []


def test_null_is_not_absent_where_absent_values_are_last(storage: Any, package: Any) -> None:
    """As everywhere in Convex, null stands before all values."""
    early = datetime(2024, 1, 1, tzinfo=UTC)
    for key, at in {"absent": package.MISSING, "value": early, "null": None}.items():
        storage.spans.save(package.Span(span_id=key, checked_at=at, state={}))
    find = storage.spans.by_checked_at

    def keys(query: Any) -> list[str]:
        return [one.span_id for one in query]

    assert keys(find()) == ["null", "value", "absent"]
    assert keys(find(checked_at=None)) == ["null"]
    assert keys(find(checked_at=package.UNSET)) == ["absent"]
    assert keys(find(checked_at=package.Range())) == ["value"]
    assert keys(find(checked_at=package.Range(lte=early))) == ["value"]
    storage.spans.update("value", checked_at=None)
    assert keys(find(checked_at=None)) == ["value", "null"]
    storage.spans.update("null", checked_at=package.UNSET)
    assert keys(find()) == ["value", "absent", "null"]
    assert find(checked_at=package.UNSET).delete() == 2
    assert keys(find()) == ["value"]


def test_indexes_have_those_without_a_field_last(storage: Any, package: Any) -> None:
    early = datetime(2024, 1, 1, tzinfo=UTC)
    times = {"a": early, "b": package.MISSING, "c": early + timedelta(days=1), "d": package.MISSING}
    for key, at in times.items():
        storage.spans.save(package.Span(span_id=key, ended_at=at, state={}))

    def keys(query: Any) -> list[str]:
        return [one.span_id for one in query]

    assert keys(storage.spans.by_ended_at()) == ["a", "c", "b", "d"]
    assert keys(storage.spans.by_ended_at(order="desc")) == ["d", "b", "c", "a"]
    assert keys(storage.spans.by_ended_at(ended_at=package.Range(gte=early))) == ["a", "c"]
    assert keys(storage.spans.by_ended_at(ended_at=package.Range())) == ["a", "c"]
    assert keys(storage.spans.by_ended_at(ended_at=package.UNSET)) == ["b", "d"]
    assert keys(storage.spans.by_ended_at(ended_at=early)) == ["a"]
    first = storage.spans.by_ended_at().page(limit=3)
    second = storage.spans.by_ended_at().page(limit=3, cursor=first.cursor)
    assert [one.span_id for one in (*first.items, *second.items)] == ["a", "c", "b", "d"]
    # An update moves them, there and back.
    ended = storage.spans.update("b", ended_at=early - timedelta(days=1))
    assert keys(storage.spans.by_ended_at()) == ["b", "a", "c", "d"]
    assert ended == storage.spans.get("b")
    storage.spans.update("b", ended_at=package.UNSET)
    assert keys(storage.spans.by_ended_at()) == ["a", "c", "b", "d"]
    storage.spans.update("d", state={"score": 2})
    storage.spans.update("a", state={"score": 1})
    found = storage.spans.by_trace_id_and_score(package.UNSET)
    assert keys(found) == ["a", "d", "b", "c"]
    # Counts are of the same order.
    assert found.count() == 4
    assert storage.spans.by_trace_id_and_score(package.UNSET, score=package.UNSET).count() == 2
    some = package.Range(gte=2)
    assert storage.spans.by_trace_id_and_score(package.UNSET, score=some).count() == 1
    assert found.rank("b") == 2
    assert keys(storage.spans.by_score_and_ended_at(package.UNSET)) == ["c", "b"]
    assert storage.spans.create(storage.spans.get("a")) == storage.spans.get("a")
    # What is unique is looked for by the same column.
    storage.teams.save(package.Team(team_id="t1"))
    storage.spans.update("a", trace_id="t1", code="x")
    with pytest.raises(package.AlreadyExists):
        storage.spans.update("b", trace_id="t1", code="x")
    storage.spans.update("b", trace_id="t1")
    storage.spans.update("c", trace_id="t1")
    assert keys(storage.spans.by_trace_id_and_code("t1", "x")) == ["a"]
    assert keys(storage.spans.by_trace_id_and_code("t1", package.UNSET)) == ["b", "c"]


def test_the_asynchronous_client(backend: EmbeddedBackend, package: Any) -> None:
    async def use() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            await opened.runs.save(run(package, "async"))
            changed = await opened.runs.update("async", state={"status": "failed"})
            assert changed.state_type == "failed"
            with pytest.raises(package.InvalidArgument, match="state_type"):
                await opened.runs.update("async", state_type="done")

    asyncio.run(use())


def test_the_typescript_client(
    backend: EmbeddedBackend, project: Project, storage: Any, tmp_path: Path
) -> None:
    program = bundle(str(USAGE), tmp_path, project.root / "generated" / "typescript")
    assert run_node([program], backend).splitlines() == [
        "running",
        "done",
        'Failed to update run by ID "r1": `stateType` is set by the backend: leave it out',
        "failed",
        "r1",
        "a: endedAt, b: ",
        "b: ",
    ]
