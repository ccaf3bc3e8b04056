"""Deletions and updates of all that a query finds, in several transactions, from both clients."""

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
from convexgen.testing.backend import ConvexBackend, fresh_backend
from node_program import bundle_text, run_node
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "found"
MANY = 1300
NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=3)
"""When nobody has called for so long, the backend goes on."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("found") / "project", FOLDER / "spec.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return project


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    return fresh_backend(server)


@pytest.fixture
def found(project: Project) -> Any:
    return importlib.import_module("found_convex")


@pytest.fixture
def storage(backend: ConvexBackend, found: Any) -> Iterator[Any]:
    with found.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture
def functions(backend: ConvexBackend, server: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(server)
    yield opened
    opened.close()


def fill(storage: Any, found: Any, thread: str = "t", count: int = MANY) -> None:
    storage.threads.save(found.Thread(thread_id=thread))
    storage.messages.save_many(
        found.Message(
            message_id=f"{thread}-{number}",
            thread_id=thread,
            at=number // 3,
            content={"text": f"{number}", "kept": True},
        )
        for number in range(count)
    )


def test_all_of_a_query_is_deleted(storage: Any, found: Any) -> None:
    fill(storage, found)
    fill(storage, found, "other", 3)
    told: list[int] = []
    query = storage.messages.by_thread_id_and_at("t")
    before = storage.threads.get("t").updated_at
    assert query.delete(progress=told.append) == MANY
    assert told[-1] == MANY
    assert len(told) > 1
    assert sorted(told) == told
    assert query.count() == 0
    assert query.delete() == 0
    assert storage.messages.by_thread_id_and_at("other").count() == 3
    # As each deletion does.
    assert storage.threads.get("t").updated_at > before
    assert storage.system.verify_counts() == []
    assert storage.messages.list().delete() == 3


def test_ranges_and_declared_queries(storage: Any, found: Any) -> None:
    fill(storage, found, count=30)
    by = storage.messages.by_thread_id_and_at
    assert by("t", at=found.Range(gte=2, lt=4)).delete() == 6
    assert by("t", at=5, order="desc").delete() == 3
    assert by("t", at=found.Range(gt=7), order="desc").delete() == 6
    assert sorted(one.at for one in by("t")) == [at for at in (0, 1, 4, 6, 7) for _ in range(3)]
    storage.messages.update("t-0", role="user")
    assert storage.messages.by_role_and_at("user").delete() == 1
    assert storage.messages.by_role_and_at(found.UNSET, at=found.Range(lte=0)).delete() == 2
    assert by("t").count() == 12


def test_cascades_count_towards_the_budget(
    storage: Any, found: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    for thread in ("a", "b", "c"):
        fill(storage, found, thread, 600)
    assert storage.threads.list().delete() == 3
    assert storage.messages.list().first() is None
    # Whoever dies leaves it to the backend, also in the middle of a cascade.
    for thread in ("a", "b", "c"):
        fill(storage, found, thread, 600)
    answer = functions.call("threads:removeFound", query="list", values={})
    assert not answer["isDone"]
    assert storage.threads.list().first() is not None
    backend.clock.advance(2 * PATIENCE)
    assert storage.threads.list().first() is None
    assert storage.messages.list().first() is None
    # And who asks is told how many they were.
    again = {"unfinished": answer["unfinished"], "steps": answer["steps"]}
    told = functions.call("threads:removeFound", query="list", values={}, **again)
    assert (told["done"], told["isDone"]) == (3, True)


def test_all_of_a_query_is_changed(storage: Any, found: Any) -> None:
    fill(storage, found)
    fill(storage, found, "other", 3)
    told: list[int] = []
    query = storage.messages.by_thread_id_and_at("t")
    before = {one.message_id: one.updated_at for one in query}
    changes = {"role": "user", "content": {"text": "all", "state": "read"}}
    assert query.update(set=changes, progress=told.append) == MANY
    assert told[-1] == MANY
    assert len(told) > 1
    for one in query:
        assert (one.role, one.state) == ("user", "read")
        assert one.content == {"text": "all", "kept": True, "state": "read"}
        assert one.updated_at > before[one.message_id]
    assert len(storage.messages.in_state("read").all()) == MANY
    assert storage.messages.by_role_and_at("user", at=found.Range(lt=2)).update(unset=["role"]) == 6
    assert storage.messages.by_role_and_at("user").update(set={"role": found.UNSET}) == MANY - 6
    assert storage.messages.by_role_and_at("user").update(set={"role": "x"}) == 0
    assert len(storage.messages.by_role_and_at(found.UNSET).all()) == MANY + 3


def test_what_is_compared_may_change(storage: Any, found: Any) -> None:
    fill(storage, found)
    storage.threads.save(found.Thread(thread_id="u"))
    assert storage.messages.by_thread_id_and_at("t").update(set={"thread_id": "u"}) == MANY
    assert storage.messages.by_thread_id_and_at("t").count() == 0
    assert storage.messages.by_thread_id_and_at("u").count() == MANY
    assert storage.messages.by_thread_id_and_at("u").update(set={"thread_id": "u"}) == MANY
    assert storage.system.verify_counts() == []


def test_the_order_of_what_is_found_stays(storage: Any, found: Any) -> None:
    fill(storage, found, count=5)
    refused: list[tuple[Any, dict[str, Any]]] = [
        (storage.messages.by_thread_id_and_at("t"), {"at": 9}),
        (storage.messages.by_role_and_at(found.UNSET), {"at": 9}),
        (storage.runs.by_name_and_ended_at("n"), {"ended_at": 5}),
    ]
    for query, changes in refused:
        with pytest.raises(found.InvalidArgument, match="in the order of"):
            query.update(set=changes)
    # One value alone orders nothing, but its fields may be found in the order of others.
    with pytest.raises(found.InvalidArgument, match="in the order of"):
        storage.messages.by_thread_id_and_at("t", at=1).update(set={"at": 9})
    assert storage.messages.list().update(set={"at": 9}) == 5
    assert {one.at for one in storage.messages.list()} == {9}


def test_times_of_writes_that_order_end(storage: Any, found: Any) -> None:
    fill(storage, found, count=450)
    assert storage.messages.by_updated_at().update(set={"role": "user"}) == 450
    assert len(storage.messages.by_role_and_at("user").all()) == 450


def test_what_changes_in_others_orders_nothing(storage: Any, found: Any) -> None:
    storage.nodes.save(found.Node(node_id="root"))
    storage.nodes.save_many(
        found.Node(node_id=f"n{number}", parent_id="root") for number in range(20)
    )
    with pytest.raises(found.InvalidArgument, match="changes in others"):
        storage.nodes.by_changed_at().update(set={"note": "x"})
    assert storage.nodes.list().update(set={"note": "x"}) == 21
    assert storage.nodes.by_parent_id("root").delete() == 20
    assert storage.nodes.by_changed_at().delete() == 1


def test_deletions_reach_what_they_move(storage: Any, found: Any, backend: ConvexBackend) -> None:
    """What is freed goes to where the walk has been; what is touched goes on to its end."""
    backend.clock.set(NOON)
    storage.steps.save_many(
        found.Step(step_id=f"{number:04}", after=f"{number - 1:04}", info={})
        for number in range(MANY)
    )
    assert storage.steps.chain().delete() == MANY
    assert storage.steps.list().first() is None
    storage.nodes.save_many(
        found.Node(node_id=f"{number}", parent_id=f"{number + 500}") for number in range(MANY)
    )
    assert storage.nodes.by_changed_at(changed_at=found.Range(gte=NOON)).delete() <= MANY
    assert storage.nodes.list().first() is None


def test_deletions_move_nothing_out_of_bounds(
    storage: Any, found: Any, backend: ConvexBackend
) -> None:
    """How many are deleted follows not from how many one transaction takes."""
    backend.clock.set(NOON)
    storage.steps.save(found.Step(step_id="1", after=None, info={}))
    storage.nodes.save(found.Node(node_id="root"))
    for bounds in (found.Range(lt=NOON), found.Range(gte=NOON, lte=NOON), NOON):
        with pytest.raises(found.InvalidArgument, match="changes in others: delete by keys"):
            storage.nodes.by_changed_at(changed_at=bounds).delete()
        with pytest.raises(found.InvalidArgument, match="changes in others: delete by keys"):
            storage.steps.by_saved_at(saved_at=bounds).delete()
    assert storage.steps.by_saved_at(saved_at=found.Range(gt=NOON)).delete() == 0
    assert storage.steps.by_after(None).delete() == 1
    assert storage.nodes.by_parent_id(found.UNSET).delete() == 1


def test_what_follows_by_way_of_others_orders_nothing(storage: Any, found: Any) -> None:
    storage.steps.save(found.Step(step_id="1", after=None, info={"state": "b"}))
    with pytest.raises(found.InvalidArgument, match="in the order of"):
        storage.steps.states().update(set={"info": {"state": "a"}})
    assert storage.steps.by_state("b").update(set={"info": {"state": "a"}}) == 1
    assert storage.steps.by_state("a").delete() == 1


def test_changes_are_checked(storage: Any, found: Any) -> None:
    storage.runs.save_many(found.Run(name="n", number=number) for number in range(3))
    query = storage.runs.list()
    for changes in ({"number": 5}, {"nothing": 5}, {"slug": 5}):
        with pytest.raises(found.ConvexgenError):
            query.update(set=changes)
    with pytest.raises(found.InvalidArgument, match="not optional"):
        storage.messages.list().update(unset=["at"])
    # The first one is changed, the second is refused: of a transaction, none is.
    with pytest.raises(found.AlreadyExists):
        query.update(set={"slug": "same"})
    assert {one.slug for one in query} == {found.MISSING}
    with pytest.raises(found.InvalidArgument, match="key"):
        storage.tags.list().update()
    storage.tags.save(found.Tag(tag="a"))
    assert storage.tags.list().delete() == 1
    with pytest.raises(found.LimitExceeded):
        query.update(set={"snapshot": {"text": "x" * 600_000}})


def test_large_values(storage: Any, found: Any) -> None:
    text = "x" * 3_000_000
    storage.runs.save_many(
        found.Run(name="n", number=number, snapshot={"text": text}) for number in range(9)
    )
    assert storage.runs.list().update(set={"snapshot": {"more": True}}) == 9
    assert storage.runs.get("n", 8).snapshot == {"text": text, "more": True}
    # As large as a document can be.
    storage.runs.save(found.Run(name="n", number=99, snapshot={"text": text * 5}))
    assert storage.runs.list().update(set={"ended_at": 5}) == 10
    assert storage.runs.by_name_and_ended_at("n", ended_at=5).delete() == 10
    assert storage.runs.list().first() is None


def test_absent_values_that_come_last(storage: Any, found: Any) -> None:
    storage.runs.save_many(
        found.Run(name="n", number=number, **({"ended_at": number} if number < 4 else {}))
        for number in range(9)
    )
    by = storage.runs.by_name_and_ended_at
    assert by("n", ended_at=found.UNSET).update(set={"slug": found.UNSET}) == 5
    assert by("n", ended_at=found.UNSET).delete() == 5
    assert by("n", ended_at=found.Range(gte=2)).delete() == 2
    assert [one.number for one in storage.runs.list()] == [0, 1]


def test_lost_answers_and_conflicts_count_once(
    storage: Any, found: Any, backend: ConvexBackend
) -> None:
    fill(storage, found)
    query = storage.messages.by_thread_id_and_at("t")
    for function in ("updateFound", "removeFound"):
        backend.faults.drop(f"messages:{function}", nth=2, after=True)
        backend.faults.conflict(f"messages:{function}", nth=4)
    assert query.update(set={"role": "user"}) == MANY
    assert query.delete() == MANY
    # The first call has no number: it is the same request again, and counts what the first did.
    fill(storage, found, count=5)
    backend.faults.drop("messages:removeFound", nth=1, after=True)
    assert (query.delete(), query.delete()) == (5, 0)


def test_what_a_dead_client_has_begun_goes_on(
    storage: Any, found: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, found)
    given = {
        "query": "byThreadIdAndAt",
        "values": {"threadId": "t"},
        "changes": {"set": {"role": "user"}},
    }
    answer = functions.call("messages:updateFound", **given)
    assert not answer["isDone"]
    assert 0 < answer["done"] < MANY
    # The answer of a step was lost: it is repeated, and counts once.
    again = {"unfinished": answer["unfinished"], "steps": answer["steps"]}
    first = functions.call("messages:updateFound", **given, **again)
    assert functions.call("messages:updateFound", **given, **again) == first
    assert first["done"] > answer["done"]
    backend.clock.advance(2 * PATIENCE)
    assert len(storage.messages.by_role_and_at("user").all()) == MANY
    told = functions.call("messages:updateFound", **given, **again)
    assert (told["done"], told["isDone"]) == (MANY, True)
    # In the end, nobody is told any more.
    backend.clock.advance(timedelta(hours=2))
    with pytest.raises(Refused, match="not known any more"):
        functions.call("messages:updateFound", **given, **again)


def test_what_fails_by_itself_ends(
    storage: Any, found: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    storage.runs.save(found.Run(name="n", number=0, snapshot={"text": "x" * 12_000_000}))
    storage.runs.save_many(found.Run(name="n", number=number) for number in (1, 2))
    changes = {"set": {"snapshot": {"more": True}}}
    answer = functions.call("runs:updateFound", query="list", values={}, changes=changes)
    assert (answer["done"], answer["isDone"]) == (1, False)
    backend.clock.advance(10 * PATIENCE)
    # The first one is too large to be merged: what is done stays, and no more is tried.
    assert [
        one.snapshot is not found.MISSING and one.snapshot.get("more")
        for one in storage.runs.list()
    ] == [None, True, True]
    again = {"unfinished": answer["unfinished"], "steps": answer["steps"]}
    with pytest.raises(Refused, match="not known any more"):
        functions.call("runs:updateFound", query="list", values={}, changes=changes, **again)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"query": "nothing", "values": {}}, "is no query"),
        ({"query": "constructor", "values": {}}, "is no query"),
        ({"query": "byThreadIdAndAt", "values": {}}, "is not given"),
        ({"query": "byThreadIdAndAt", "values": {"threadId": "t", "role": "x"}}, "compares"),
        ({"query": "list", "values": {"threadId": "t"}}, "compares"),
    ],
)
def test_what_is_asked_is_checked(
    storage: Any, found: Any, functions: Functions, given: dict[str, Any], problem: str
) -> None:
    fill(storage, found, count=3)
    with pytest.raises(Refused, match=problem):
        functions.call("messages:removeFound", **given)
    assert len(storage.messages.list().all()) == 3


def test_what_is_unfinished_is_of_its_table(storage: Any, found: Any, functions: Functions) -> None:
    fill(storage, found)
    answer = functions.call("messages:removeFound", query="list", values={})
    again = {"unfinished": answer["unfinished"], "steps": answer["steps"]}
    with pytest.raises(Refused, match="not known"):
        functions.call("runs:removeFound", query="list", values={}, **again)


def test_from_asyncio(found: Any, storage: Any, backend: ConvexBackend) -> None:
    fill(storage, found, count=700)

    async def run() -> tuple[int, int]:
        url, key = backend.url, backend.admin_key
        async with found.AsyncConvexStorage(url, deploy_key=key) as opened:
            query = opened.messages.by_thread_id_and_at("t")
            return await query.update(set={"role": "user"}), await query.delete()

    assert asyncio.run(run()) == (700, 700)


def test_writers_beside_it(found: Any, storage: Any, backend: ConvexBackend) -> None:
    """Each document is changed once, whoever else writes."""
    fill(storage, found, count=900)

    async def run() -> list[int]:
        url, key = backend.url, backend.admin_key
        async with found.AsyncConvexStorage(url, deploy_key=key) as opened:
            query = opened.messages.by_thread_id_and_at("t")
            return await asyncio.gather(
                query.update(set={"content": {"first": 1}}),
                query.update(set={"content": {"second": 2}}),
            )

    assert asyncio.run(run()) == [900, 900]
    for one in storage.messages.by_thread_id_and_at("t"):
        assert (one.content["first"], one.content["second"]) == (1, 2)


def test_from_typescript(
    storage: Any, found: Any, project: Project, server: EmbeddedBackend, tmp_path: Path
) -> None:
    fill(storage, found)
    storage.runs.save_many(found.Run(name="n", number=number) for number in range(3))
    client = project.root / "generated" / "typescript" / "index.js"
    text = f"""
    import {{ ConvexStorage, InvalidArgument, UNSET }} from {str(client)!r};
    const {{ CONVEX_URL, CONVEX_DEPLOY_KEY }} = process.env;
    const storage = new ConvexStorage(CONVEX_URL ?? "", {{ deployKey: CONVEX_DEPLOY_KEY }});
    const {{ messages, runs }} = storage;
    const told: number[] = [];
    const query = messages.byThreadIdAndAt("t", {{ order: "desc" }});
    const set = {{ role: "user", content: {{ state: "read" }} }};
    console.log(await query.update({{ set, progress: (done) => told.push(done) }}), told.at(-1));
    console.log(await messages.inState("read").update({{ set: {{ role: UNSET }} }}));
    const early = messages.byRoleAndAt(UNSET, {{ at: {{ lt: 3 }} }});
    console.log(await early.update({{ set: {{ role: "x" }} }}));
    console.log(await messages.byRoleAndAt("x").update({{ unset: ["role"] }}));
    await query.update({{ set: {{ at: 5 }} }}).catch((error) => {{
      console.log(error instanceof InvalidArgument, error.operation);
    }});
    await query.update({{ set: {{ updatedAt: 5 }} as object }}).catch((error) => {{
      console.log(error instanceof InvalidArgument);
    }});
    console.log(await messages.byThreadIdAndAt("t", {{ at: {{ gte: 2, lt: 4 }} }}).delete());
    console.log(await query.delete({{ progress: (done) => told.push(done) }}), told.at(-1));
    console.log(await runs.list().delete());
    await storage.close();
    """
    printed = run_node([bundle_text(text, tmp_path)], server).splitlines()
    assert printed == [
        f"{MANY} {MANY}",
        f"{MANY}",
        "9",
        "9",
        'true update messages by thread ID "t"',
        "true",
        "6",
        f"{MANY - 6} {MANY - 6}",
        "3",
    ]
