"""What errors say of calls for many items, and of documents that have the key of another."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from page_examples import blocks
from project import Project, make_project

SPEC = {
    "convexgen": 1,
    "name": "bulk",
    "python": {"package": "bulk_client"},
    "entities": {
        "Parent": {
            "table": "parents",
            "key": "parentId",
            "fields": {
                "parentId": "string",
                "updatedAt": {"type": "timestamp", "set": "on write"},
            },
        },
        "Item": {
            "table": "items",
            "key": ["shelf", "itemId"],
            "fields": {
                "shelf": "string",
                "itemId": "string",
                "parent": {"type": "ref<Parent>", "optional": True, "touch": "updatedAt"},
                "other": {"type": "ref<Parent>?", "onDelete": "restrict", "check": True},
                "serial": "number",
                "fixed": {"type": "string", "immutable": True},
                "free": "string?",
            },
            "unique": [["serial"]],
        },
    },
}
# What an import or the dashboard does: it knows of no keys.
ADOPT = """
import { internalMutation } from "./_generated/server.js";
import { v } from "convex/values";

export const adopt = internalMutation({
  args: { table: v.union(v.literal("parents"), v.literal("items")), document: v.any() },
  returns: v.string(),
  handler: async (ctx, args) => await ctx.db.insert(args.table, args.document),
});
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("bulk")
    (folder / "spec.yaml").write_text(json.dumps(SPEC))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    (made.root / "convex" / "adopting.ts").write_text(ADOPT)
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("bulk_client")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            opened.system.clear(table.name)
        yield opened


def adopt(storage: Any, table: str, **document: Any) -> str:
    runtime = importlib.import_module("bulk_client._runtime")
    arguments = {"table": table, "document": document}
    decoder: Any = runtime.Decoder(str)
    call = runtime.Call.mutation("adopting:adopt", arguments, decoder, "adopt", idempotent=False)
    return str(storage.client.run(call))


def item(package: Any, number: int, **fields: Any) -> Any:
    given = {"serial": number, "fixed": "f", **fields}
    return package.Item(shelf="s", item_id=f"i{number}", **given)


@pytest.mark.parametrize("position", [0, 1, 499, 500, 501, 1000, 1203])
def test_fault_19_an_error_says_which_item(storage: Any, package: Any, position: int) -> None:
    storage.items.save(item(package, position, fixed="before"))
    items = [item(package, number) for number in range(1204)]
    reported: list[int] = []
    with pytest.raises(package.Conflict) as raised:
        storage.items.save_many(items, progress=reported.append)
    error = raised.value
    done = position // 500 * 500
    assert (error.index, error.batch, error.done) == (position, position // 500 + 1, done)
    assert error.key == {"shelf": "s", "itemId": f"i{position}"}
    assert reported == list(range(500, done + 1, 500))
    assert f"item {position} (itemId 'i{position}', shelf 's')" in str(error)
    assert f"in batch {position // 500 + 1}, after {done} were done" in str(error)
    assert storage.system.measure("items").documents == done + 1


@pytest.mark.parametrize("position", [0, 700, 1203])
def test_an_error_beside_other_batches_says_the_same(
    storage: Any, package: Any, position: int
) -> None:
    storage.items.save(item(package, position, fixed="before"))
    with pytest.raises(package.Conflict) as raised:
        storage.items.save_many((item(package, number) for number in range(1204)), concurrency=3)
    error = raised.value
    done = position // 500 * 500
    assert (error.index, error.batch, error.done) == (position, position // 500 + 1, done)
    # Those after it may have been saved too; of its own batch nothing was.
    saved = {one.item_id for one in storage.items.list()}
    assert {f"i{number}" for number in range(done)} <= saved
    assert not saved & {f"i{number}" for number in range(done, done + 500) if number != position}


def test_the_item_is_named_for_each_cause(storage: Any, package: Any) -> None:
    storage.items.save(item(package, 1))
    taken = package.Item(shelf="s", item_id="other", serial=1, fixed="f")
    with pytest.raises(package.AlreadyExists) as raised:
        storage.items.save_many([item(package, 5), taken])
    assert (raised.value.index, raised.value.batch, raised.value.done) == (1, 1, 0)
    assert raised.value.key == {"serial": 1}
    assert raised.value.item == {"shelf": "s", "itemId": "other"}
    assert "item 1 (itemId 'other', shelf 's')" in str(raised.value)
    large = item(package, 600, free="x" * 1_100_000)
    with pytest.raises(package.LimitExceeded, match=r"`\[600\]\.free` takes") as too_large:
        storage.items.save_many([*(item(package, number) for number in range(600)), large])
    assert (too_large.value.index, too_large.value.batch, too_large.value.done) == (600, 2, 500)
    assert too_large.value.item == {"shelf": "s", "itemId": "i600"}


def test_the_item_is_named_where_the_message_is_about_another(storage: Any, package: Any) -> None:
    refers = item(package, 2, other="none")
    with pytest.raises(package.NotFound, match=r"Parent with parentId .*none") as raised:
        storage.items.save_many([item(package, 1), refers])
    error = raised.value
    assert (error.entity, error.key) == ("Parent", {"parentId": "none"})
    assert (error.index, error.item) == (1, {"shelf": "s", "itemId": "i2"})
    assert "item 1 (itemId 'i2', shelf 's')" in str(error)

    def save_both() -> None:
        with storage.atomic() as tx:
            tx.items.save(item(package, 1))
            tx.items.save(refers)

    with pytest.raises(package.NotFound) as in_block:
        save_both()
    assert (in_block.value.index, in_block.value.item) == (1, error.item)
    storage.parents.save_many(package.Parent(parent_id=f"p{number}") for number in range(3))
    storage.items.save(item(package, 2, other="p2"))
    with pytest.raises(package.Conflict, match="refer to it") as referred:
        storage.parents.delete_many(["p0", "p1", "p2"])
    assert (referred.value.index, referred.value.item) == (2, {"parentId": "p2"})
    with pytest.raises(package.Conflict) as alone:
        storage.parents.delete("p2")
    assert alone.value.item == alone.value.key == {"parentId": "p2"}


def test_an_error_of_the_callers_own_stays_as_it_is(storage: Any, package: Any) -> None:
    def items() -> Iterator[Any]:
        yield from (item(package, number) for number in range(501))
        raise KeyError("own")

    with pytest.raises(KeyError, match="own") as raised:
        storage.items.save_many(items())
    assert raised.value.__notes__ == ["where item 501 was asked for, after 500 were done"]


@pytest.mark.parametrize("is_async", [False, True])
def test_lost_connections_say_how_many_were_done(
    backend: EmbeddedBackend, storage: Any, package: Any, is_async: bool
) -> None:
    items = [item(package, number) for number in range(700)]
    key = backend.admin_key

    async def save_async() -> None:
        transport = _async_losing_second()
        async with package.AsyncConvexStorage(
            backend.url, deploy_key=key, transport=transport
        ) as opened:
            try:
                await opened.items.save_many(items)
            finally:
                await transport.close()

    def save() -> None:
        transport = _losing_second()
        with package.ConvexStorage(backend.url, deploy_key=key, transport=transport) as opened:
            try:
                opened.items.save_many(items)
            finally:
                transport.close()

    with pytest.raises(package.Timeout) as raised:
        asyncio.run(save_async()) if is_async else save()
    assert (raised.value.index, raised.value.batch, raised.value.done) == (None, 2, 500)
    assert str(raised.value).endswith("the call may have run (in batch 2, after 500 were done)")
    assert storage.items.clear() == 500


def _losing_second() -> Any:
    module = importlib.import_module("bulk_client._runtime.http_transport")
    transport = module.HttpTransport()
    post, calls = transport.post, iter(range(2))

    def losing(*arguments: Any, **named: Any) -> Any:
        if next(calls) == 1:
            raise TimeoutError
        return post(*arguments, **named)

    transport.post = losing
    return transport


def _async_losing_second() -> Any:
    module = importlib.import_module("bulk_client._runtime.async_http_transport")
    transport = module.AsyncHttpTransport()
    post, calls = transport.post, iter(range(2))

    async def losing(*arguments: Any, **named: Any) -> Any:
        if next(calls) == 1:
            raise TimeoutError
        return await post(*arguments, **named)

    transport.post = losing
    return transport


def test_one_thing_is_no_list_of_things(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    """Of text Python makes characters, of bytes numbers, of an entity its fields."""
    one = item(package, 1)
    storage.items.save(one)
    refused: list[tuple[str, Any, str]] = [
        ("save_many", one, "one Item"),
        ("save_many", None, "found NoneType"),
    ]
    for name in ("get_many", "delete_many"):
        refused += [(name, given, f"one {type(given).__name__}") for given in ("si", b"si", one)]
        refused += [(name, 7, "found int")]
        # A key of two letters is no key of two parts.
        refused += [(name, [("s", "i1"), given], "tuple of 2 values") for given in ("si", b"si", 7)]
        refused += [
            (name, [given], "tuple of 2") for given in (("s",), ("s", "i", "x"), {"s", "i"})
        ]

    async def ask(name: str, given: Any) -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            await getattr(opened.items, name)(given)

    for name, given, words in refused:
        with pytest.raises(package.InvalidArgument, match=words) as raised:
            getattr(storage.items, name)(given)
        if type(given) is list:
            assert raised.value.index == len(given) - 1
        with pytest.raises(package.InvalidArgument, match=words):
            asyncio.run(ask(name, given))
    assert storage.items.delete_many(iter([["s", "i1"]])) == 1
    storage.parents.save(package.Parent(parent_id="a"))
    for name in ("get_many", "delete_many"):
        with pytest.raises(package.InvalidArgument, match="found one str"):
            getattr(storage.parents, name)("a")
    assert storage.parents.get("a") is not None
    assert storage.parents.delete_many({"a": 1}.keys()) == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_fault_19_deleting_says_where_it_failed(
    backend: EmbeddedBackend, storage: Any, package: Any, is_async: bool
) -> None:
    storage.items.save_many(item(package, number) for number in range(250))
    keys: list[Any] = [("s", f"i{number}") for number in range(250)]
    keys[205] = ("s", 5)
    options = {"deploy_key": backend.admin_key}
    reported: list[int] = []

    async def delete_async() -> None:
        async with package.AsyncConvexStorage(backend.url, **options) as opened:
            await opened.items.delete_many(keys, progress=reported.append)

    def delete() -> None:
        storage.items.delete_many(keys, progress=reported.append)

    with pytest.raises(package.InvalidArgument) as raised:
        asyncio.run(delete_async()) if is_async else delete()
    assert (raised.value.index, raised.value.batch, raised.value.done) == (205, 3, 200)
    assert reported[-1] == 200
    assert storage.items.clear() == 50


@pytest.mark.parametrize("is_async", [False, True])
def test_fault_19_clearing_says_how_many_were_deleted(
    backend: EmbeddedBackend, storage: Any, package: Any, is_async: bool
) -> None:
    """Where the connection breaks after the first of several calls."""
    large = "x" * 500_000
    storage.items.save_many(item(package, number, free=large) for number in range(30))
    key = backend.admin_key
    reported: list[int] = []

    async def clear_async() -> None:
        transport = _async_losing_second()
        async with package.AsyncConvexStorage(
            backend.url, deploy_key=key, transport=transport
        ) as opened:
            try:
                await opened.items.clear(progress=reported.append)
            finally:
                await transport.close()

    def clear() -> None:
        transport = _losing_second()
        with package.ConvexStorage(backend.url, deploy_key=key, transport=transport) as opened:
            try:
                opened.items.clear(progress=reported.append)
            finally:
                transport.close()

    with pytest.raises(package.Timeout) as raised:
        asyncio.run(clear_async()) if is_async else clear()
    (done,) = reported
    assert 0 < done < 30
    assert (raised.value.index, raised.value.batch, raised.value.done) == (None, 2, done)
    assert storage.items.clear() == 30 - done


def test_fault_19_duplicate_keys_are_named_and_deleted(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    one = {"shelf": "s", "itemId": "i7", "serial": 7, "fixed": "f"}
    ids = [adopt(storage, "items", **one) for _ in range(2)]
    storage.items.save_many(item(package, number) for number in range(5))
    key = ("s", "i7")
    calls: list[Callable[[], Any]] = [
        lambda: storage.items.get(*key),
        lambda: storage.items.save(item(package, 7)),
        lambda: storage.items.create(item(package, 7)),
        lambda: storage.items.update(*key, free="x"),
        lambda: storage.items.delete(*key),
        lambda: next(iter(storage.items.watch(*key))),
    ]
    for call in calls:
        with pytest.raises(package.DuplicateKey, match="is there 2 times") as raised:
            call()
        assert raised.value.doc_ids == ids
        assert raised.value.entity == "Item"
        assert raised.value.key == {"shelf": "s", "itemId": "i7"}
    many = [("s", f"i{number}") for number in (0, 1, 7)]
    for bulk in (storage.items.get_many, storage.items.delete_many):
        with pytest.raises(package.DuplicateKey) as raised:
            bulk(many)
        assert (raised.value.index, raised.value.batch, raised.value.done) == (2, 1, 0)

    async def read() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            with pytest.raises(package.DuplicateKey) as raised:
                await opened.items.get_many(many)
            assert raised.value.index == 2
            assert await opened.system.delete("items", ids[1])
            assert not await opened.system.delete("items", ids[1])

    asyncio.run(read())
    assert storage.items.get(*key).doc_id == ids[0]
    with pytest.raises(package.InvalidArgument, match="no ID of a document of parents"):
        storage.system.delete("parents", ids[0])
    assert storage.system.delete("items", ids[0])
    assert storage.items.get(*key) is None


def test_the_tables_that_there_are_are_named(
    storage: Any, package: Any, backend: EmbeddedBackend
) -> None:
    """By the client: in production, a deployment says no more of arguments than that they fail."""
    told = "there is no table 'nope': there are parents, items"
    for call in (
        lambda: storage.system.clear("nope"),
        lambda: storage.system.measure("nope"),
        lambda: storage.system.delete("nope", "a"),
    ):
        with pytest.raises(package.InvalidArgument, match=told):
            call()

    async def clear() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            with pytest.raises(package.InvalidArgument, match=told):
                await opened.system.clear("nope")

    asyncio.run(clear())


def test_the_example_of_the_page(storage: Any, package: Any) -> None:
    """With another table: that of the page has no function that writes a duplicate."""
    (program,) = blocks("docs/python.md", "python fragment")
    own = program.replace("threads", "parents").replace('"t1"', '"p"')
    ids = [adopt(storage, "parents", parentId="p", updatedAt=0) for _ in range(3)]
    exec(own, {"storage": storage, "DuplicateKey": package.DuplicateKey})
    assert [parent.doc_id for parent in storage.parents.list()] == ids[:1]


def test_duplicates_of_what_is_touched(storage: Any, package: Any) -> None:
    ids = [adopt(storage, "parents", parentId="p", updatedAt=0) for _ in range(12)]
    with pytest.raises(package.DuplicateKey, match="9 or more times") as raised:
        storage.items.save(item(package, 1, parent="p"))
    assert raised.value.entity == "Parent"
    assert raised.value.doc_ids == ids[:9]


def test_typescript_says_the_same(project: Project, backend: EmbeddedBackend, storage: Any) -> None:
    one = {"shelf": "s", "itemId": "i7", "serial": 7, "fixed": "f"}
    for _ in range(2):
        adopt(storage, "items", **one)
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("bulk.test.mjs", project.root, client)], backend)
