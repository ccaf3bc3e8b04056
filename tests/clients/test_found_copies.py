"""Copies of all that a query finds, in several transactions, from both clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from node_program import bundle_text, run_node
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "found"
MANY = 450
NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=3)
"""When nobody has called for so long, the backend goes on."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("copies") / "project", FOLDER / "spec.yaml")
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


def fill(storage: Any, found: Any, count: int = MANY) -> None:
    for thread in ("t", "u"):
        storage.threads.save(found.Thread(thread_id=thread))
    storage.messages.save_many(
        found.Message(
            message_id=f"m{number}",
            thread_id="t",
            at=number // 3,
            role="user",
            content={"text": f"{number}", "state": "new"},
        )
        for number in range(count)
    )


def test_a_thread_is_copied_to_another(storage: Any, found: Any) -> None:
    fill(storage, found)
    told: list[int] = []
    query = storage.messages.by_thread_id_and_at("t")
    originals = query.all()
    touched = storage.threads.get("u").updated_at
    copied = query.copy(
        key={"message_id": found.PrefixedKey("u/")},
        set={"thread_id": "u"},
        unset=["role"],
        progress=told.append,
    )
    assert (copied, told[-1]) == (MANY, MANY)
    assert len(told) > 1
    copies = storage.messages.by_thread_id_and_at("u").all()
    assert [one.message_id for one in copies] == [f"u/{one.message_id}" for one in originals]
    for one, original in zip(copies, originals, strict=True):
        assert (one.at, one.content, one.state) == (original.at, original.content, "new")
        assert one.role is found.MISSING
        assert one.updated_at > original.updated_at
    # In the order of creation too, as they are of their own.
    assert [one.message_id for one in storage.messages.list()][MANY:] == [
        one.message_id for one in copies
    ]
    assert query.all() == originals
    assert storage.threads.get("u").updated_at > touched
    assert storage.system.verify_counts() == []
    # Again, it is as it was: the same copies are there.
    assert (
        query.copy(
            key={"message_id": found.PrefixedKey("u/")}, set={"thread_id": "u"}, unset=["role"]
        )
        == MANY
    )
    assert storage.messages.by_thread_id_and_at("u").count() == MANY
    # Others with their keys are not replaced.
    with pytest.raises(found.AlreadyExists):
        query.copy(key={"message_id": found.PrefixedKey("u/")}, set={"role": "x"})


def test_copies_that_the_query_finds_are_not_copied(storage: Any, found: Any) -> None:
    fill(storage, found)
    query = storage.messages.by_thread_id_and_at("t")
    assert query.copy(key={"message_id": found.RandomKey()}) == MANY
    assert query.count() == 2 * MANY
    copies = [one for one in query if not one.message_id.startswith("m")]
    assert {str(UUID(one.message_id)) for one in copies} == {one.message_id for one in copies}
    assert len(copies) == MANY
    assert storage.messages.list().copy(key={"message_id": found.PrefixedKey("c")}) == 2 * MANY
    assert len(storage.messages.list().all()) == 4 * MANY
    by_time = storage.messages.by_updated_at()
    assert by_time.copy(key={"message_id": found.PrefixedKey("d")}) == 4 * MANY
    assert storage.system.verify_counts() == []


def test_ranges_and_the_order_of_what_is_found(storage: Any, found: Any) -> None:
    fill(storage, found, 30)
    by = storage.messages.by_thread_id_and_at
    key = {"message_id": found.PrefixedKey("u/")}
    assert by("t", at=found.Range(gte=2, lt=4)).copy(key=key, set={"thread_id": "u"}) == 6
    # Within the query, what orders it stays; out of it, it need not.
    with pytest.raises(found.InvalidArgument, match="in the order of"):
        by("t").copy(key={"message_id": found.RandomKey()}, set={"at": 0})
    moved = by("t", at=found.Range(gte=2, lt=4))
    other = {"message_id": found.PrefixedKey("v/")}
    assert moved.copy(key=other, set={"thread_id": "u", "at": 0}) == 6
    assert by("u", at=0).count() == 6
    with pytest.raises(found.InvalidArgument, match="in the order of"):
        storage.drafts.by_edits().copy(key={"draft_id": found.RandomKey()})
    with pytest.raises(found.InvalidArgument, match="changes in others"):
        storage.nodes.by_changed_at().copy(key={"node_id": found.RandomKey()})


def test_what_each_write_sets_is_set_anew(storage: Any, found: Any) -> None:
    draft = storage.drafts.save(
        found.Draft(draft_id="d", title="One", notes={"a": {"n": 1}, "b": [2]})
    )
    storage.drafts.update("d", title="Two")
    before = storage.drafts.update("d", title="Three")
    assert storage.drafts.list().copy(key={"draft_id": found.PrefixedKey("of ")}) == 1
    copy = storage.drafts.get("of d")
    assert (copy.title, copy.notes, copy.edits) == ("Three", before.notes, 1)
    assert copy.made_at == draft.made_at
    assert copy.saved_at > before.saved_at
    query = storage.drafts.list()
    assert query.copy(key={"draft_id": found.PrefixedKey("x ")}, set={"notes": {"c": 3}}) == 2
    assert storage.drafts.get("x d").notes == {"c": 3}
    with pytest.raises(found.InvalidArgument, match="entries to remove"):
        query.copy(key={"draft_id": found.PrefixedKey("y ")}, set={"notes": {"c": found.UNSET}})


def test_keys_of_several_fields(storage: Any, found: Any) -> None:
    storage.runs.save_many(
        found.Run(name="n", number=number, snapshot={"n": number}, ended_at=1)
        for number in range(5)
    )
    query = storage.runs.by_name_and_ended_at("n")
    assert query.copy(key={"name": "m"}, set={"ended_at": 7}) == 5
    assert [(one.name, one.number, one.ended_at) for one in query] == [
        ("n", number, 1) for number in range(5)
    ]
    copies = storage.runs.by_name_and_ended_at("m").all()
    assert [(one.number, one.snapshot) for one in copies] == [
        (number, {"n": number}) for number in range(5)
    ]
    for key, problem in (
        ({}, "says nothing of the keys"),
        ({"slug": "x"}, "`slug` is not of the key: name, number"),
        ({"name": None}, "always there"),
        ({"number": "x"}, "number"),
        ({"number": found.RandomKey()}, "is no text"),
    ):
        with pytest.raises(found.InvalidArgument, match=problem):
            query.copy(key=key)
    # What is unique is, of copies too.
    storage.runs.update("n", 0, slug="one")
    with pytest.raises(found.AlreadyExists):
        query.copy(key={"name": "l"})
    assert query.copy(key={"name": "l"}, unset=["slug"]) == 5
    storage.tags.save(found.Tag(tag="a"))
    assert storage.tags.list().copy(key={"tag": found.PrefixedKey("b")}) == 1
    assert storage.tags.get("ba") is not None
    with pytest.raises(found.InvalidArgument, match="of the key"):
        storage.tags.list().copy(key={"tag": "c"}, set={"tag": "d"})


def test_variants(storage: Any, found: Any) -> None:
    storage.entries.save(found.EntrySum(entry_id="a", book="b", cents=1))
    storage.entries.save(found.EntryNote(entry_id="n", book="b", text="x"))
    query = storage.entries.by_book("b")
    key = {"entry_id": found.PrefixedKey("2")}
    assert query.copy(key=key, set={"book": "c"}) == 2
    assert [type(one).__name__ for one in storage.entries.by_book("c")] == [
        "EntrySum",
        "EntryNote",
    ]
    with pytest.raises(found.InvalidArgument, match='is no field where `kind` is "note"'):
        query.copy(key={"entry_id": found.PrefixedKey("3")}, set={"book": "d", "cents": 2})


def test_large_values(storage: Any, found: Any) -> None:
    text = "x" * 3_000_000
    storage.runs.save_many(
        found.Run(name="n", number=number, snapshot={"text": text}) for number in range(4)
    )
    storage.runs.save_many(
        found.Run(name="n", number=number, snapshot={"text": "small"}) for number in range(4, 60)
    )
    assert storage.runs.by_name_and_ended_at("n").copy(key={"name": "m"}) == 60
    copies = storage.runs.by_name_and_ended_at("m").all()
    assert [len(one.snapshot["text"]) for one in copies] == [3_000_000] * 4 + [5] * 56
    # Its parts are its own.
    assert storage.runs.by_name_and_ended_at("n").delete() == 60
    assert storage.runs.get("m", 0).snapshot == {"text": text}
    with pytest.raises(found.LimitExceeded, match="copying"):
        storage.runs.list().copy(key={"name": "k"}, set={"snapshot": {"text": "x" * 600_000}})


def test_lost_answers_and_conflicts_count_once(
    storage: Any, found: Any, backend: ConvexBackend
) -> None:
    fill(storage, found)
    backend.faults.drop("messages:copyFound", nth=2, after=True)
    backend.faults.conflict("messages:copyFound", nth=3)
    query = storage.messages.by_thread_id_and_at("t")
    assert query.copy(key={"message_id": found.RandomKey()}, set={"thread_id": "u"}) == MANY
    assert storage.messages.by_thread_id_and_at("u").count() == MANY


def test_what_a_dead_client_has_begun_goes_on(
    storage: Any, found: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, found)
    given = {
        "query": "byThreadIdAndAt",
        "values": {"threadId": "t"},
        "copying": {"key": {"messageId": {"random": True}}, "set": {"threadId": "u"}},
    }
    answer = functions.call("messages:copyFound", **given)
    assert 0 < answer["done"] < MANY
    again = {"unfinished": answer["unfinished"], "steps": answer["steps"]}
    backend.clock.advance(2 * PATIENCE)
    assert storage.messages.by_thread_id_and_at("u").count() == MANY
    told = functions.call("messages:copyFound", **given, **again)
    assert (told["done"], told["isDone"]) == (MANY, True)


@pytest.mark.parametrize(
    ("copying", "problem"),
    [
        ({"key": {}}, "says nothing of the keys"),
        ({"key": {"at": 1}}, "is not of the key"),
        ({"key": {"messageId": {"other": 1}}}, "makes no key"),
        ({"key": {"messageId": {"random": True}}, "set": {"messageId": "x"}}, "messageId"),
    ],
)
def test_what_is_asked_is_checked(
    storage: Any, found: Any, functions: Functions, copying: dict[str, Any], problem: str
) -> None:
    fill(storage, found, 3)
    given = {"query": "byThreadIdAndAt", "values": {"threadId": "t"}, "copying": copying}
    with pytest.raises(Refused, match=problem):
        functions.call("messages:copyFound", **given)
    assert len(storage.messages.list().all()) == 3


def test_from_asyncio(found: Any, storage: Any, backend: ConvexBackend) -> None:
    fill(storage, found, count=250)

    async def run() -> int:
        url, key = backend.url, backend.admin_key
        async with found.AsyncConvexStorage(url, deploy_key=key) as opened:
            query = opened.messages.by_thread_id_and_at("t")
            copied = {"message_id": found.PrefixedKey("u/")}
            return await query.copy(key=copied, set={"thread_id": "u"})

    assert asyncio.run(run()) == 250
    assert storage.messages.by_thread_id_and_at("u").count() == 250


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
    const {{ messages, runs, tags }} = storage;
    const told: number[] = [];
    const query = messages.byThreadIdAndAt("t", {{ order: "desc" }});
    console.log(await query.copy({{
      key: {{ messageId: {{ prefix: "u/" }} }},
      set: {{ threadId: "u", role: UNSET }},
      progress: (done) => told.push(done),
    }}), told.at(-1));
    const first = await messages.byThreadIdAndAt("u").first();
    console.log(first?.messageId, first?.role, JSON.stringify(first?.content));
    console.log(await runs.list().copy({{ key: {{ name: "m" }}, unset: ["slug"] }}));
    console.log(await messages.list().copy({{ key: {{ messageId: {{ random: true }} }} }}));
    await tags.save({{ tag: "a" }});
    console.log(await tags.list().copy({{ key: {{ tag: {{ prefix: "b" }} }} }}));
    for (const key of [{{}}, {{ role: "x" }}]) {{
      await query.copy({{ key }}).catch((error) => {{
        console.log(error instanceof InvalidArgument, error.reason);
      }});
    }}
    await storage.close();
    """
    printed = run_node([bundle_text(text, tmp_path)], server).splitlines()
    assert printed == [
        f"{MANY} {MANY}",
        'u/m0 undefined {"state":"new","text":"0"}',
        "3",
        f"{2 * MANY}",
        "1",
        "true `key` says nothing of the keys of copies: messageId",
        "true `role` is not of the key: messageId",
    ]
