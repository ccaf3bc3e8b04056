"""Entities without a key, which their document IDs tell apart, through both clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from page_examples import blocks
from page_fragments import run_fragment
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "keyless"
OWN = """
import { v } from "convex/values";

import { internalMutation } from "./_generated/server.js";

export const setCode = internalMutation({
  args: { id: v.id("customers"), code: v.string() },
  handler: async (ctx, { id, code }) => {
    await ctx.db.patch("customers", id, { code });
    return null;
  },
});
"""
PAST = datetime(2020, 2, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("keyless") / "project", FOLDER / "spec.yaml")
    made.generate()
    (made.root / "convex" / "own.ts").write_text(OWN)
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("keyless_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for table in opened.system.tables():
            opened.system.clear(table.name)


@pytest.fixture
def channel(storage: Any, package: Any) -> Any:
    return storage.channels.create(package.Channel(title="news"))


def event(package: Any, channel: Any, text: str = "hello", **fields: Any) -> Any:
    return package.Event(channel=channel.doc_id, text=text, **fields)


def test_documents_without_fields(storage: Any, package: Any) -> None:
    tick = storage.ticks.create(package.Tick())
    assert tick == package.Tick(doc_id=tick.doc_id, creation_time=tick.creation_time)
    assert storage.ticks.replace(tick.doc_id, package.Tick()) == tick
    storage.ticks.create_many([package.Tick(), package.Tick()])
    with storage.atomic() as transaction:
        transaction.ticks.create(package.Tick())
    assert storage.ticks.list().first() == tick
    assert len(storage.ticks.list().all()) == 4
    assert storage.ticks.delete(tick.doc_id)
    assert storage.ticks.get(tick.doc_id) is None


def test_unions_with_any_and_names_with_underscores(storage: Any, package: Any) -> None:
    inner = package.MixtureInner(meta="m", deep=package.MixtureInnerDeep(class_=3))
    mixture = storage.mixtures.create(package.Mixture(one=True, all=["a", None], inner=inner))
    assert (mixture.one, mixture.all, mixture.inner) == (True, ["a", None], inner)
    changed = storage.mixtures.update(mixture.doc_id, one="text", all=[{"a": b"1"}])
    assert (changed.one, changed.all, changed.inner) == ("text", [{"a": b"1"}], inner)


def test_a_create_gives_the_document_with_its_id(storage: Any, package: Any, channel: Any) -> None:
    given = event(package, channel)
    first, second = storage.events.create(given), storage.events.create(given)
    assert first.doc_id != second.doc_id
    assert (first.kind, first.count, first.revision) == ("note", 0, 1)
    assert storage.events.get(first.doc_id) == first
    assert list(storage.events.list()) == [first, second]
    # The touch of what it refers to is in the same transaction.
    assert storage.channels.get(channel.doc_id).seen_at is not package.MISSING
    assert storage.events.delete(first.doc_id)
    assert not storage.events.delete(first.doc_id)
    assert storage.events.get(first.doc_id) is None
    assert storage.events.get_many([first.doc_id, second.doc_id]) == [None, second]
    with pytest.raises(package.InvalidArgument, match=r"_id"):
        storage.events.get(channel.doc_id)
    storage.channels.delete(channel.doc_id)
    with pytest.raises(package.NotFound, match="channel"):
        storage.events.create(given)


def test_a_document_that_was_read_is_created_anew(storage: Any, package: Any, channel: Any) -> None:
    first = storage.events.create(event(package, channel))
    again = storage.events.create(first)
    assert again.doc_id != first.doc_id
    assert again.text == first.text


def test_many_are_created(storage: Any, package: Any, channel: Any) -> None:
    told: list[int] = []
    given = (event(package, channel, f"no. {number}") for number in range(1001))
    assert storage.events.create_many(given, progress=told.append) == 1001
    assert told == [500, 1000, 1001]
    query = storage.events.ordered(channel.doc_id)
    assert query.count() == 1001
    assert query.update(set={"text": "x"}) == 1001
    assert query.delete() == 1001
    channels = storage.channels
    channels.create(package.Channel(title="a", slug="taken"))
    with pytest.raises(package.AlreadyExists) as caught:
        channels.create_many([package.Channel(title="b"), package.Channel(title="c", slug="taken")])
    assert caught.value.index == 1
    assert [one.title for one in channels.list()] == ["news", "a"]


def test_a_create_runs_once_where_its_answer_is_lost(storage: Any, package: Any) -> None:
    """Without a key, to repeat it would insert another one: it is not repeated over HTTP."""
    store = storage.marks
    assert not store._entity.create(package.Mark(name="x")).idempotent
    assert not store._entity.create_many([]).idempotent


def test_updates_and_what_they_expect(storage: Any, package: Any, channel: Any) -> None:
    events = storage.events
    first = events.create(event(package, channel, data={"a": {"b": 1}}))
    changed = events.update(
        first.doc_id,
        text="bye",
        data={"a": {"c": 2}},
        count=package.Increment(2),
        expected={"revision": 1},
    )
    assert (changed.text, changed.data, changed.count) == ("bye", {"a": {"b": 1, "c": 2}}, 2)
    assert (changed.revision, changed.at) == (2, first.at)
    assert changed.updated_at > first.updated_at
    with pytest.raises(package.Conflict) as caught:
        events.update(first.doc_id, text="x", expected={"revision": 1})
    assert caught.value.key == {"_id": first.doc_id}
    with pytest.raises(package.InvalidArgument, match="set by `create` and `replace`"):
        events.update(first.doc_id, kind="other")
    update = package.Update
    second = events.create(event(package, channel, "two"))
    events.delete(second.doc_id)
    found = events.update_many(
        [update(second.doc_id, set={"text": "x"}), update(first.doc_id, unset=["data"])],
        missing="skip",
    )
    assert found[0] is None
    assert found[1].data is package.MISSING
    with pytest.raises(package.NotFound) as missing:
        events.update(second.doc_id, text="x")
    assert f"update event by ID {second.doc_id!r}" in str(missing.value)


def test_a_replacement_is_of_one_that_is_there(storage: Any, package: Any, channel: Any) -> None:
    events = storage.events
    first = events.create(event(package, channel, data={"length": 3}, note="mine"))
    assert first.length == 3
    second = events.replace(first.doc_id, event(package, channel, "new"))
    assert (second.doc_id, second.text, second.note) == (first.doc_id, "new", "mine")
    assert second.data is package.MISSING
    assert (second.at, second.revision) == (first.at, 2)
    assert second.creation_time == first.creation_time
    with pytest.raises(package.Conflict, match="immutable") as caught:
        events.replace(first.doc_id, event(package, channel, kind="other"))
    assert caught.value.key == {"_id": first.doc_id}
    with pytest.raises(package.Conflict, match="created") as dated:
        events.replace(first.doc_id, event(package, channel, at=PAST))
    assert dated.value.key == {"_id": first.doc_id}
    with pytest.raises(package.Conflict, match="differs"):
        events.replace(first.doc_id, event(package, channel), expected={"text": "hello"})
    assert events.replace(first.doc_id, second, expected={"text": "new"}).revision == 3
    events.delete(first.doc_id)
    with pytest.raises(package.NotFound):
        events.replace(first.doc_id, second)
    mark = storage.marks.create(package.Mark(name="x"))
    assert storage.marks.replace(mark.doc_id, package.Mark(name="x")) == mark
    with pytest.raises(package.Conflict):
        storage.marks.replace(mark.doc_id, package.Mark(name="y"))


def test_queries(storage: Any, package: Any, channel: Any) -> None:
    events = storage.events
    made = [
        events.create(
            event(package, channel, f"word {number}", count=number, embedding=[number, 0.5, 1])
        )
        for number in range(5)
    ]
    ids = [one.doc_id for one in made]
    counted = events.ordered(channel.doc_id)
    assert counted.count() == 5
    assert counted.rank(ids[3]) == 3
    assert [one.doc_id for one in counted.page(offset=2, limit=2)] == ids[2:4]
    window = events.ordered(channel.doc_id).around(ids[2], before=1, after=1)
    assert [one.doc_id for one in (*window.before, window.item, *window.after)] == ids[1:4]
    assert events.ordered(channel.doc_id).around_many([package.Around(ids[0], after=1)])[0]
    found = events.find(channel.doc_id, where={"count": package.Range(gte=3)})
    assert {one.doc_id for one in found} == set(ids[3:])
    assert len(events.search_text("word", channel=channel.doc_id).all()) == 5
    nearest = events.nearest_by_embedding([4, 0.5, 1], channel=channel.doc_id, limit=1)
    assert nearest[0].item.doc_id == ids[4]
    first = events.by_channel_and_at(channel.doc_id).first()
    assert first == made[0]
    with pytest.raises(package.InvalidArgument, match="has no key"):
        events.by_channel_and_at(channel.doc_id).copy(key={"doc_id": "x"})


def test_what_refers_to_them(storage: Any, package: Any, channel: Any) -> None:
    events = storage.events
    asked = events.create(event(package, channel, "asked"))
    answer = events.create(event(package, channel, "answer", reply_to=asked.doc_id))
    found = events.get(asked.doc_id, include=["place", "replies"])
    assert (found.place.title, [one.text for one in found.replies]) == ("news", ["answer"])
    assert events.get_many([answer.doc_id], include=["place"])[0].place == found.place
    with pytest.raises(package.Conflict, match="refer"):
        events.delete(asked.doc_id)
    customers = storage.customers
    customers.save(package.Customer(email="a", favourite=answer.doc_id))
    customers.save(package.Customer(email="b", favourite=answer.doc_id))
    assert events.delete_many([answer.doc_id, asked.doc_id]) == 2
    assert [one.favourite for one in customers.list()] == [package.MISSING] * 2
    # What has a key deletes what has none, and that what refers to it by its ID.
    owned = storage.channels.create(package.Channel(title="x", owner="a"))
    events.create(event(package, owned))
    assert customers.delete("a")
    assert storage.channels.get(owned.doc_id) is None
    assert events.list().all() == []


def test_what_has_a_key_is_found_by_its_document_id_too(storage: Any, package: Any) -> None:
    customers = storage.customers
    made = customers.save(package.Customer(email="a"))
    assert customers.get_by_doc_id(made.doc_id) == made
    with customers.watch_by_doc_id(made.doc_id) as snapshots:
        assert next(snapshots) == made
        customers.delete("a")
        assert next(snapshots) is None
    assert customers.get_by_doc_id(made.doc_id) is None
    with pytest.raises(package.InvalidArgument, match="doc_id"):
        customers.get_by_doc_id(made)
    assert not hasattr(storage.events, "get_by_doc_id")
    notes = storage.notes
    note = notes.save(package.Note(note_id="n", text="x" * 2_000_000))
    assert notes.get_by_doc_id(note.doc_id) == note


def test_what_is_unique(storage: Any, package: Any) -> None:
    channels = storage.channels
    first = channels.create(package.Channel(title="a", slug="a", limit=1.5, is_main=True))
    channels.create_many([package.Channel(title="a"), package.Channel(title="a")])
    for fields in ({"slug": "a"}, {"limit": 1.5}, {"title": "a", "is_main": True}):
        with pytest.raises(package.AlreadyExists):
            channels.create(package.Channel(**{"title": "b", **fields}))
    other = channels.create(package.Channel(title="b", slug="b", is_main=True))
    with pytest.raises(package.AlreadyExists):
        channels.update(other.doc_id, title="a")
    first = channels.replace(first.doc_id, first)
    assert channels.get_by_slug("a") == channels.get_by_limit(1.5) == first
    assert channels.get_by_title_and_is_main("a", True) == first
    assert channels.get_by_title_and_is_main("a", False) is None
    assert channels.get_by_slug("none") is None
    for nothing in (None, package.UNSET):
        with pytest.raises(package.InvalidArgument, match="slug"):
            channels.get_by_slug(nothing)
    customer = storage.customers.save(package.Customer(email="k", code="secret"))
    assert storage.customers.get_by_code("secret") == customer
    assert storage.bodies.get_by_title("none") is None
    body = storage.bodies.create(package.Body(content="x" * 2_000_000, title="t"))
    assert storage.bodies.get_by_title("t") == body


def test_what_is_unique_and_twice(storage: Any, package: Any) -> None:
    """As after an import: the error names the documents, and no value that is sensitive."""
    first, second = (
        storage.customers.save(package.Customer(email=email, **fields))
        for email, fields in (("a", {"code": "secret"}), ("b", {}))
    )
    storage.functions.own.set_code(id=second.doc_id, code="secret")
    with pytest.raises(package.DuplicateKey) as caught:
        storage.customers.get_by_code("secret")
    assert caught.value.doc_ids == [first.doc_id, second.doc_id]
    assert "secret" not in str(caught.value)


def test_large_values(storage: Any, package: Any) -> None:
    bodies = storage.bodies
    text = "x" * 3_000_000
    first = bodies.create(package.Body(content={"text": text, "a": 1}))
    assert bodies.get(first.doc_id).content["text"] == text
    assert bodies.update(first.doc_id, content={"a": 2}).content == {"text": text, "a": 2}
    assert bodies.replace(first.doc_id, package.Body(content=1, title="t")).content == 1
    assert bodies.create_many([package.Body(content=text), package.Body(content=text)]) == 2
    assert bodies.list().delete() == 3
    assert [one.documents for one in map(storage.system.measure, ["bodies"])] == [0]


def test_documents_of_several_shapes(storage: Any, package: Any) -> None:
    shapes = storage.shapes
    circle = shapes.create(package.ShapeCircle(label="c"))
    assert circle.radius == 1
    square = shapes.replace(circle.doc_id, package.ShapeSquare(label="s", side=2.0))
    assert (square.doc_id, type(square)) == (circle.doc_id, package.ShapeSquare)
    assert square.at is not package.MISSING
    assert shapes.update(square.doc_id, side=3.0).side == 3
    with pytest.raises(package.InvalidArgument):
        shapes.update(square.doc_id, radius=3.0)
    assert shapes.list().all() == [shapes.get(square.doc_id)]


def test_atomic_blocks(storage: Any, package: Any, channel: Any) -> None:
    first = storage.events.create(event(package, channel))
    with storage.atomic() as tx:
        created = tx.events.create(event(package, channel, "one"))
        tx.events.create(event(package, channel, "two"))
        changed = tx.events.update(first.doc_id, {"text": "changed"}, expected={"revision": 1})
        replaced = tx.channels.replace(channel.doc_id, package.Channel(title="new"))
        tx.channels.expect(channel.doc_id, {"title": "new"})
    assert (changed.result.text, replaced.result.title) == ("changed", "new")
    assert storage.events.get(created.result.doc_id) == created.result

    def fail() -> None:
        with storage.atomic() as tx:
            tx.events.create(event(package, channel, "three"))
            tx.events.delete(first.doc_id, expected={"text": "hello"})

    with pytest.raises(package.Conflict) as caught:
        fail()
    assert caught.value.index == 1
    assert len(storage.events.list().all()) == 3

    def take_twice() -> None:
        with storage.atomic() as tx:
            tx.channels.create(package.Channel(title="a", slug="s"))
            tx.channels.create(package.Channel(title="b", slug="s"))

    with pytest.raises(package.AlreadyExists) as taken:
        take_twice()
    assert (taken.value.index, taken.value.key) == (1, {"slug": "s"})
    with storage.snapshot() as at:
        assert at.events.get(first.doc_id) == storage.events.get(first.doc_id)


def test_subscriptions(storage: Any, package: Any, channel: Any) -> None:
    first = storage.events.create(event(package, channel))
    with storage.events.watch(first.doc_id) as snapshots:
        assert next(snapshots) == first
        storage.events.update(first.doc_id, text="new")
        assert next(snapshots).text == "new"
        storage.events.delete(first.doc_id)
        assert next(snapshots) is None
    with storage.events.by_channel_and_at(channel.doc_id).watch() as snapshots:
        assert next(snapshots) == []
        made = storage.events.create(event(package, channel))
        assert next(snapshots) == [made]


def test_asyncio(backend: EmbeddedBackend, package: Any) -> None:
    async def act() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            channel = await storage.channels.create(package.Channel(title="a"))
            assert await storage.events.create_many([event(package, channel)] * 3) == 3
            first = await storage.events.by_channel_and_at(channel.doc_id).first()
            assert await storage.events.get(first.doc_id) == first
            replaced = await storage.events.replace(
                first.doc_id, event(package, channel, "new"), expected={"text": "hello"}
            )
            assert replaced.text == "new"
            updated = await storage.events.update(first.doc_id, text="newer")
            assert updated.revision == 3
            async with storage.atomic() as tx:
                made = tx.marks.create(package.Mark(name="m"))
            assert await storage.marks.replace(made.result.doc_id, made.result) == made.result
            assert await storage.channels.get_by_slug("none") is None
            customer = await storage.customers.save(package.Customer(email="async"))
            assert await storage.customers.get_by_doc_id(customer.doc_id) == customer
            async with storage.customers.watch_by_doc_id(customer.doc_id) as snapshots:
                assert await anext(snapshots) == customer
            assert await storage.channels.delete(channel.doc_id)
            assert await storage.events.list().all() == []

    asyncio.run(act())


def test_typescript(backend: EmbeddedBackend, project: Project, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../keyless/client.ts", tmp_path, client)], backend)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    (spec,) = (one for one in blocks("docs/spec.md", "yaml spec") if "name: visits" in one)
    (fragment,) = blocks("docs/spec.md", "py keyless")
    run_fragment(fragment, spec, "from visits_convex import ConvexStorage, Visit", tmp_path)
