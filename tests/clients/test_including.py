"""Documents that come with others in one call, through both clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from plain_functions import Functions
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "including"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("including") / "project", FOLDER / "spec.yaml")
    made.generate()
    (made.root / "convex" / "metered.ts").write_text((FOLDER / "metered.ts").read_text())
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("related_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            if not table.name.startswith("count"):
                opened.system.clear(table.name)
        yield opened


def fill(storage: Any, package: Any, messages: int = 7) -> Any:
    """A thread `t` of Bob's, whose boss Ada wrote its messages; and `u`, which has nothing."""
    storage.users.save(package.User(user_id="ada", name="Ada"))
    storage.users.save(package.User(user_id="bob", name="Bob", boss_id="ada"))
    for tag in "abc":
        storage.tags.save(package.Tag(tag_id=tag, color=tag.upper()))
    thread = storage.threads.save(
        package.Thread(
            thread_id="t", title="Talk", owner_id="bob", tag_ids=["c", "gone", "a", "c"], body="x"
        )
    )
    storage.threads.save(package.Thread(thread_id="u", title="None", owner_id=None, tag_ids=[]))
    storage.messages.save_many(message(package, number) for number in range(messages))
    return thread


def message(package: Any, number: int, **more: Any) -> Any:
    fields = {
        "message_id": f"m{number}",
        "thread_id": "t",
        "author_id": "ada",
        "created_at": START + timedelta(minutes=number),
        "state": "sent",
        "parts": {"number": number},
    }
    return package.Message(**{**fields, **more})


def test_references_of_every_kind_in_both_directions(storage: Any, package: Any) -> None:
    thread = fill(storage, package)
    storage.notes.save(package.Note(book="b", number=1, thread_doc_id=thread.doc_id))
    for page in ("p", "q"):
        storage.pages.save(package.Page(page_id=page, note_number=1, note_book="b", text=page))
    storage.pages.save(package.Page(page_id="r", note_number=2, note_book="b", text="r"))
    storage.events.save(package.EventRenamed(event_id="e1", thread_id="t", title="New"))
    storage.events.save(
        package.EventRenamed(event_id="e2", thread_id="t", title="Newer", ended_at=START)
    )

    found = storage.threads.get("t", include=["owner", "tags", "messages", "notes", "events"])
    assert found.item == storage.threads.get("t")
    assert found.owner == storage.users.get("bob")
    assert [one.tag_id for one in found.tags] == ["c", "a", "c"]
    assert [one.message_id for one in found.messages] == ["m6", "m5"]
    assert found.messages[0] == storage.messages.get("m6")
    assert found.notes == [storage.notes.get("b", 1)]
    assert [one.event_id for one in found.events] == ["e2", "e1"]

    empty = storage.threads.get("u", include=["owner", "tags", "messages"])
    assert (empty.owner, empty.tags, empty.messages) == (None, [], [])
    note = storage.notes.get("b", 1, include=["thread", "pages"])
    assert note.thread == storage.threads.get("t")
    assert [one.text for one in note.pages] == ["p", "q"]
    assert storage.pages.get("p", include=["note"]).note == note.item
    assert storage.pages.get("r", include=["note"]).note is None
    ada = storage.users.get("ada", include=["boss", "reports", "last_messages"])
    assert ada.boss is None
    assert [one.user_id for one in ada.reports] == ["bob"]
    assert [one.message_id for one in ada.last_messages] == ["m6", "m5", "m4"]
    renamed = storage.events.get("e1", include=["thread", "message"])
    assert (renamed.thread.title, renamed.message) == ("Talk", None)


def test_what_is_not_asked_for_is_not_there(storage: Any, package: Any) -> None:
    fill(storage, package, 1)
    found = storage.threads.get("t", include=[])
    with pytest.raises(AttributeError, match="ThreadIncluding has no 'owner'"):
        _ = found.owner
    assert not hasattr(found, "tags")
    assert found == storage.threads.get("t", include=())
    with_owner = storage.threads.get("t", include=("owner",))
    assert found != with_owner
    assert repr(with_owner).startswith("ThreadIncluding(item=Thread(thread_id='t'")
    assert "owner=User(" in repr(with_owner)
    assert storage.threads.get("none", include=["owner"]) is None
    for wrong, reason in (
        (["bos"], "`include` names 'bos', and there are boss, reports, last_messages"),
        (["boss", 1], "`include`: expected names, found int"),
        ("boss", r"`include` is a list of names: \['boss'\]"),
    ):
        with pytest.raises(package.InvalidArgument, match=reason):
            storage.users.get("ada", include=wrong)
        with pytest.raises(package.InvalidArgument, match=reason):
            storage.users.list(include=wrong)


def test_queries_of_every_kind(storage: Any, package: Any) -> None:
    fill(storage, package)
    storage.messages.save(message(package, 7, author_id="bob", state="draft"))
    names = ["Ada"] * 7 + ["Bob"]
    query = storage.messages.in_thread("t", include=["author", "thread"])
    assert [one.author.name for one in query] == names
    assert {one.thread.title for one in query.iterate(page_size=3)} == {"Talk"}
    page = query.page(offset=6, limit=5)
    assert (page.total, [one.author.name for one in page]) == (8, ["Ada", "Bob"])
    assert query.count() == 8
    assert query.rank("m3") == 3
    first = query.page(limit=3)
    rest = query.page(limit=50, cursor=first.cursor)
    assert len(first.items) == 3
    assert [one.item.message_id for one in rest] == ["m3", "m4", "m5", "m6", "m7"]
    assert repr(query).endswith("messages.in_thread(thread_id='t', include=['author', 'thread'])>")
    newest = storage.messages.by_author_id_and_created_at("ada", order="desc", include=["thread"])
    assert newest.first().item.message_id == "m6"
    drafts = storage.messages.find_messages("t", where={"state": "draft"}, include=["author"])
    assert [one.author.name for one in drafts.page(limit=9)] == ["Bob"]
    assert drafts.count() == 1
    found = storage.users.get_many(["bob", "none", "ada"], include=["boss"])
    assert [one and one.boss and one.boss.name for one in found] == ["Ada", None, None]
    everybody = storage.users.list(include=["reports"])
    assert [len(one.reports) for one in everybody] == [1, 0]
    # Without it, all is as ever, windows too.
    assert storage.messages.in_thread("t").around("m1", before=1).before[0].message_id == "m0"
    assert storage.messages.in_thread("t", include=None).first() == storage.messages.get("m0")
    # Writes of what is found do not ask for it.
    assert query.update(set={"state": "draft"}) == 8
    assert query.delete() == 8


def test_subscriptions_and_snapshots(storage: Any, package: Any) -> None:
    fill(storage, package, 1)
    with storage.snapshot() as at:
        storage.users.update("ada", name="Ada L.")
        assert at.users.get("bob", include=["boss"]).boss.name == "Ada"
    with storage.users.watch("bob", include=["boss"]) as subscription:
        results = iter(subscription)
        assert next(results).boss.name == "Ada L."
        # What comes with it has changed, and it has not.
        storage.users.update("ada", name="A.")
        assert next(results).boss.name == "A."
    query = storage.messages.in_thread("t", include=["author"])
    with query.watch(limit=1) as listed:
        assert [one.author.name for one in next(iter(listed))] == ["A."]


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    fill(storage, package, 3)

    async def test() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as there:
            assert (await there.users.get("bob", include=["boss"])).boss.name == "Ada"
            found = await there.users.get_many(["bob"], include=["boss"])
            assert found[0].boss.name == "Ada"
            query = there.messages.in_thread("t", include=["author"])
            assert [one.author.name async for one in query] == ["Ada"] * 3
            assert (await query.page(offset=1, limit=1)).total == 3
            sent = there.messages.find_messages("t", include=["thread"])
            assert (await sent.page(limit=1)).items[0].thread.title == "Talk"
            listed = await there.users.list(include=["boss"]).all()
            assert len(listed) == 2
            async with there.users.watch("bob", include=["boss"]) as subscription:
                async for one in subscription:
                    assert one.boss.name == "Ada"
                    break

    asyncio.run(test())


def test_each_is_read_and_sent_once(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    """A hundred messages of a thread, with that and their author."""
    fill(storage, package, 100)
    functions = Functions(backend)
    asked = {
        "threadId": "t",
        "paginationOpts": {"numItems": 100, "cursor": None},
        "include": ["thread", "author"],
    }
    answer = functions.call("metered:page", arguments=asked)
    included = answer["found"]["included"]
    assert [len(included[name]["documents"]) for name in ("thread", "author")] == [1, 1]
    assert included["thread"]["places"] == [[0]] * 100
    # The messages with the ranges of their entries, and what comes with them.
    alone = {key: value for key, value in asked.items() if key != "include"}
    without = functions.call("metered:page", arguments=alone)
    functions.close()
    assert answer["read"] - without["read"] == 2
    assert answer["queries"] - without["queries"] == 2


def test_pages_are_smaller_where_much_comes_with_them(storage: Any, package: Any) -> None:
    """Forty threads with a body of 1.5 MB, of a note each: a query reads 16 MiB."""
    for number in range(40):
        thread = storage.threads.save(
            package.Thread(
                thread_id=f"t{number}", title="", owner_id=None, tag_ids=[], body="x" * 1_500_000
            )
        )
        storage.notes.save(package.Note(book="b", number=number, thread_doc_id=thread.doc_id))
    query = storage.notes.list(include=["thread"])
    page = query.page(limit=40)
    assert 5 <= len(page) < 12
    assert [one.thread.thread_id for one in query] == [f"t{number}" for number in range(40)]
    found = storage.notes.get_many([("b", number) for number in range(40)], include=["thread"])
    assert [one.thread.thread_id for one in found] == [f"t{number}" for number in range(40)]


def test_in_typescript(project: Project, backend: EmbeddedBackend, storage: Any) -> None:
    assert list(storage.messages.list()) == []
    client = project.root / "generated" / "typescript"
    program = bundle("../including/usage.ts", project.root, client)
    assert run_node([program], backend) == (FOLDER / "usage.txt").read_text()
