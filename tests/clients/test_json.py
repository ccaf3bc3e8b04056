"""JSON comes back equal through the client and the functions, whatever is in it and however large.

The chunks of large values live and die with their documents: a function written by hand counts
them, and reads what is stored.
"""

from __future__ import annotations

import asyncio
import importlib
import random
import string
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import make_project
from pydantic import ValidationError

SPEC = """
convexgen: 1
name: papers
python: {package: papers}
entities:
  Shelf:
    table: shelves
    key: shelfId
    fields:
      shelfId: string
      label: {type: json, merge: deep}
  Paper:
    table: papers
    key: paperId
    fields:
      paperId: string
      shelfId: {type: ref<Shelf>, onDelete: cascade}
      state: string?
      text: {type: json, large: true}
      notes: {type: json, large: true, optional: true, nullable: true}
      proof: {type: json, large: true, immutable: true, default: null}
      plain: json?
    indexes:
      by_shelfId: [shelfId]
"""

INSPECTION = """
import { v } from "convex/values";

import { internalQuery } from "./_generated/server";

export const stored = internalQuery({
  args: { table: v.union(v.literal("papers"), v.literal("shelves")) },
  handler: async (ctx, args) => await ctx.db.query(args.table).collect(),
});

export const chunks = internalQuery({
  args: {},
  handler: async (ctx) => {
    const chunks = await ctx.db.query("jsonChunks").collect();
    return chunks.map((chunk) => chunk.text.length);
  },
});
"""

MIB = 1024 * 1024


def nested(depth: int) -> Any:
    value: Any = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def snapshot(size: int) -> dict[str, Any]:
    """A workflow snapshot of about that many bytes of text, of all kinds of characters."""
    letters = string.ascii_letters + '"\\\n$é漢😀'
    output = "".join(random.Random(size).choices(letters, k=5000))
    steps: dict[str, Any] = {}
    while size > 0:
        text = output[len(steps) :] + output[: len(steps)]
        steps[f"step {len(steps)} é"] = {"status": "success", "output": text, "$at": 1.5}
        size -= len(text.encode()) + 70
    return {"context": {"steps": steps, "input": {"clé": [None, True]}}, "status": "suspended"}


TORTURE = {
    "$ref": {"$ref": "#/$defs/a", "$schema": {}},
    "_id": {"_id": "x", "_creationTime": 1},
    "not ascii": {"clé": {"ключ": "值"}},
    "empty key": {"": {"": 1}},
    "__proto__": {"__proto__": {"constructor": 1}},
    "the tags": [{"jsonText": "1"}, {"jsonChunks": {"ids": ["x"], "bytes": 1}}],
    "a tag": {"jsonText": "{"},
    "chunks": {"jsonChunks": {"ids": ["x"], "bytes": 1}},
    "1,500 entries": {f"k{number}": number for number in range(1500)},
    "10,000 elements": list(range(10_000)),
    "depth 60": nested(60),
    "numbers": [0, -1, 1.5, 1e300, 2**53, 2**53 + 1, -(10**30), 1e22],
    "text": "\x00\u2028\ufeff😀\U0010ffff",
    "null": None,
}
NATIVE = {"_id", "the tags", "text", "null"}
"""Those that Convex can hold as they are."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    folder = tmp_path_factory.mktemp("json")
    (folder / "spec.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    (project.root / "convex" / "inspection.ts").write_text(INSPECTION)
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("papers")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        for table in storage.system.tables():
            storage.system.clear(table.name)
        assert chunks(storage) == []
        yield storage


def inspect(storage: Any, function: str, **arguments: Any) -> Any:
    runtime = importlib.import_module("papers._runtime")
    decoder = runtime.Decoder(Any)
    call = runtime.Call.query(f"inspection:{function}", arguments, decoder, function)
    return storage.client.run(call)


def chunks(storage: Any) -> list[int]:
    """The lengths of the chunks that there are."""
    lengths: list[int] = inspect(storage, "chunks")
    return lengths


def call(storage: Any, function: str, arguments: dict[str, Any]) -> Any:
    """A call past the models."""
    runtime = importlib.import_module("papers._runtime")
    decoder = runtime.Decoder(Any)
    return storage.client.run(
        runtime.Call.mutation(f"papers:{function}", arguments, decoder, function, idempotent=False)
    )


def paper(package: Any, key: str = "p", **fields: Any) -> Any:
    return package.Paper(paper_id=key, **{"shelf_id": "s", "text": 0, **fields})


@pytest.mark.parametrize("name", TORTURE)
def test_it_comes_back_equal(
    backend: EmbeddedBackend, storage: Any, package: Any, name: str
) -> None:
    value = TORTURE[name]
    given = paper(package, text=value, notes=value, proof=value, plain=value)
    for read in (
        storage.papers.create(given),
        storage.papers.create(given),
        storage.papers.save(given),
        storage.papers.update("p", text=value, notes=value, plain=value),
        storage.papers.update("p", state="x", expected={"text": value, "plain": value}),
        storage.papers.get("p"),
    ):
        assert [read.text, read.notes, read.proof, read.plain] == [value] * 4
    storage.shelves.save(package.Shelf(shelf_id="s", label={"old": 1}))
    merged = storage.shelves.update("s", label={"new": value})
    assert merged.label == {"old": 1, "new": value}

    async def asynchronously() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as other:
            assert (await other.papers.save(given)).plain == value
            assert await other.papers.get("p") == await anext(aiter(other.papers.list()))

    asyncio.run(asynchronously())
    (stored,) = inspect(storage, "stored", table="papers")
    for field in ("text", "notes", "proof", "plain"):
        if name in NATIVE:
            assert stored[field] == value
        else:
            assert list(stored[field]) == ["jsonText"]
    assert chunks(storage) == []


def test_a_lone_surrogate_is_refused_by_its_path(storage: Any, package: Any) -> None:
    value = {"a": [0, {"b": "\ud800"}]}
    words = r"at \['a'\]\[1\]\['b'\]: the text has a lone surrogate \(U\+D800"
    with pytest.raises(ValidationError, match=words):
        paper(package, text=value)
    with pytest.raises(package.InvalidArgument, match=words):
        storage.papers.update("p", text=value)
    changed = paper(package, text={"a": [0, {}]})
    changed.text["a"][1]["b"] = "\ud800"
    with pytest.raises(package.InvalidArgument, match=words):
        storage.papers.save(changed)


def test_a_lone_surrogate_among_many_is_refused_by_its_path(storage: Any, package: Any) -> None:
    # As it is given, a model refuses such text.
    given = [paper(package), paper(package).model_copy(update={"paper_id": "q\ud800"})]
    with pytest.raises(
        package.InvalidArgument, match=r"at \['paperId'\]: the text has a lone"
    ) as it:
        storage.papers.save_many(given)
    assert (it.value.index, it.value.done) == (1, 0)


def test_a_snapshot_of_3_mib_comes_back_equal(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    value = snapshot(3 * MIB)
    given = paper(package, text=value)
    for read in (
        storage.papers.create(given),
        storage.papers.create(given),
        storage.papers.save(given),
        storage.papers.update("p", state="x"),
        storage.papers.update("p", state="y", expected={"text": value}),
        storage.papers.get("p"),
        storage.papers.by_shelf_id("s").first(),
        *storage.papers.get_many(["p"]),
    ):
        assert read.text == value
    assert sum(chunks(storage)) > 2 * MIB
    assert storage.system.measure("papers").bytes > 3 * MIB

    async def asynchronously() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as other:
            found = [one.text async for one in other.papers.by_shelf_id("s")]
            assert found == [value]
            assert [one.text for one in await other.papers.get_many(["p"])] == [value]
            assert (await other.papers.list().page(limit=5)).items[0].text == value

    asyncio.run(asynchronously())

    storage.papers.update("p", text={"small": True}, notes=value)
    assert storage.papers.get("p").text == {"small": True}
    assert storage.papers.get("p").notes == value
    before = chunks(storage)
    changed = {**value, "status": "success"}
    assert storage.papers.update("p", notes=changed).notes == changed
    assert len(chunks(storage)) == len(before)
    storage.papers.update("p", notes=package.UNSET)
    assert chunks(storage) == []


def test_chunks_live_and_die_with_their_document(storage: Any, package: Any) -> None:
    value = snapshot(2 * MIB)

    def save() -> None:
        storage.papers.save_many(paper(package, str(number), notes=value) for number in range(3))
        assert len(chunks(storage)) >= 3 * 4

    save()
    save()
    assert sum(chunks(storage)) < 3 * 2.1 * MIB
    for number in range(3):
        storage.papers.save(paper(package, str(number)))
    assert chunks(storage) == []
    save()
    assert storage.papers.delete("0")
    assert storage.papers.delete_many(["1", "2"]) == 2
    assert chunks(storage) == []
    save()
    assert storage.papers.clear() == 3
    assert chunks(storage) == []
    save()
    storage.shelves.save(package.Shelf(shelf_id="s", label=None))
    assert storage.shelves.delete("s")
    assert chunks(storage) == []


def test_a_failed_write_leaves_no_chunks(storage: Any, package: Any) -> None:
    storage.papers.save(paper(package, text=snapshot(2 * MIB), proof=1))
    before = chunks(storage)
    with pytest.raises(package.Conflict, match="`proof`"):
        storage.papers.save(paper(package, text=snapshot(3 * MIB), proof=2))
    with pytest.raises(package.Conflict, match="`text`"):
        storage.papers.update("p", notes=snapshot(3 * MIB), expected={"text": 1})
    with pytest.raises(package.AlreadyExists):
        storage.papers.create(paper(package, text=snapshot(3 * MIB), proof=1))
    assert chunks(storage) == before


def test_large_values_are_read_as_they_fit(storage: Any, package: Any) -> None:
    """Four times 5 MiB are more than one query reads."""
    value = snapshot(5 * MIB)
    keys = [str(number) for number in range(4)]
    for key in keys:
        storage.papers.save(paper(package, key, text=value))
    page = storage.papers.list().page(limit=100)
    assert [one.paper_id for one in page] == ["0", "1", "2"]
    assert not page.is_done
    assert [one.text == value for one in storage.papers.by_shelf_id("s")] == [True] * 4
    found = storage.papers.get_many([*keys, "gone"])
    assert [one and one.paper_id for one in found] == [*keys, None]
    with storage.papers.by_shelf_id("s").watch(limit=4) as snapshots:
        assert [one.text == value for one in next(snapshots)] == [True] * 4
    storage.papers.update("0", notes=value, text=value)
    storage.shelves.save(package.Shelf(shelf_id="s", label=None))
    assert storage.shelves.delete("s")
    assert list(storage.papers.list()) == []
    assert chunks(storage) == []


def test_a_subscription_sees_large_values_change(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    first, second = snapshot(2 * MIB), snapshot(2 * MIB + 100_000)
    storage.papers.save(paper(package, text=first))
    with storage.papers.watch("p") as snapshots:
        assert next(snapshots).text == first
        with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as other:
            other.papers.update("p", text=second)
            assert next(snapshots).text == second
            other.papers.delete("p")
            assert next(snapshots) is None


def test_what_fits_stays_in_the_document(storage: Any, package: Any) -> None:
    """Only what is too large goes to chunks, the largest first."""
    native = {"rows": ["x" * 1000] * 500}
    storage.papers.save(paper(package, text=native, notes=native["rows"][:300]))
    (stored,) = inspect(storage, "stored", table="papers")
    assert stored["text"] == native
    assert chunks(storage) == []
    storage.papers.update("p", notes={"more": native})
    (stored,) = inspect(storage, "stored", table="papers")
    assert stored["text"] == native
    assert list(stored["notes"]) == ["jsonChunks"]
    read = storage.papers.get("p")
    assert (read.text, read.notes) == (native, {"more": native})
    # A repeat, although what is stored as text is given as it is.
    assert storage.papers.create(paper(package, text=native, notes={"more": native})) == read


def test_other_callers_may_give_what_looks_like_chunks(storage: Any, package: Any) -> None:
    storage.papers.save(paper(package, "victim", text=snapshot(2 * MIB)))
    stored = next(one for one in inspect(storage, "stored", table="papers"))
    forged = {"paperId": "forged", "shelfId": "s", "text": stored["text"]}
    call(storage, "save", {"paper": forged})
    assert storage.papers.get("forged").text == stored["text"]
    assert storage.papers.delete("forged")
    assert storage.papers.get("victim").text == snapshot(2 * MIB)


def test_other_callers_may_give_large_values_as_they_are(storage: Any) -> None:
    value = [["x" * 1000] * 1000, ["é" * 1000] * 1000, -0.5]
    given = {"paperId": "p", "shelfId": "s", "text": value}
    call(storage, "create", {"paper": given})
    call(storage, "create", {"paper": given})
    assert storage.papers.get("p").text == value
    assert len(chunks(storage)) > 3


def test_what_is_too_large_is_named(storage: Any, package: Any) -> None:
    with pytest.raises(package.LimitExceeded, match=r"`paper\.text` takes 16\.\d\d MiB as JSON"):
        storage.papers.save(paper(package, text="x" * (16 * MIB + 3000)))
    with pytest.raises(package.LimitExceeded, match=r"`set\.text` takes 16\.\d\d MiB as JSON"):
        storage.papers.update("p", text="x" * (16 * MIB + 3000))
    with pytest.raises(package.LimitExceeded, match=r"`text` takes 15\.97 MiB as text"):
        storage.papers.save(paper(package, text="x" * (16 * MIB - 30_000)))
    with pytest.raises(package.LimitExceeded, match=r"`text` takes 15\.00 MiB as text"):
        storage.papers.save(paper(package, text="x" * (15 * MIB), plain="y" * (MIB // 2)))
    with pytest.raises(package.LimitExceeded, match=r"`plain` takes 1\.10 MiB of a document"):
        storage.papers.save(paper(package, plain="x" * (11 * MIB // 10)))
    with pytest.raises(package.LimitExceeded, match=r"`\[1\]\.plain` takes 1\.10 MiB"):
        storage.papers.save_many(
            [paper(package, "a"), paper(package, "b", plain="x" * (11 * MIB // 10))]
        )
    with pytest.raises(package.LimitExceeded, match=r"`label` takes 1\.10 MiB"):
        storage.shelves.save(package.Shelf(shelf_id="s", label="x" * (11 * MIB // 10)))
    assert chunks(storage) == []


def test_the_largest_value(storage: Any, package: Any) -> None:
    value = "x" * (16 * MIB - 100_000)
    storage.papers.save(paper(package, text=value))
    storage.papers.save(paper(package, text=value, plain=1))
    assert storage.papers.update("p", text=value, expected={"plain": 1}).text == value
    assert storage.papers.get("p").text == value
    assert [one.text for one in storage.papers.list()] == [value]
    with pytest.raises(package.LimitExceeded, match="`notes`"):
        storage.papers.update("p", notes="z" * MIB)
    storage.papers.save(paper(package, "a", text=snapshot(3 * MIB)))
    assert storage.papers.delete_many(["a", "p"]) == 2
    assert chunks(storage) == []
    storage.papers.save(paper(package, "a", text=snapshot(3 * MIB)))
    storage.papers.save(paper(package, text=value))
    assert storage.papers.clear() == 2
    assert chunks(storage) == []


def test_large_values_that_are_expected(storage: Any, package: Any) -> None:
    """What is compared is read once, however large; what is replaced as well, twice."""
    text = {"a": "x" * (12 * MIB), "b": [2**60, "\\" * 10, '"1234567890123456789"']}
    storage.papers.save(paper(package, text=text))
    with pytest.raises(package.Conflict, match="`text` differs"):
        storage.papers.update("p", plain="p", expected={"text": {**text, "b": []}})
    changed = storage.papers.update("p", plain="p", expected={"text": text})
    assert (changed.plain, changed.text == text) == ("p", True)
    with pytest.raises(package.LimitExceeded, match=r"`text` takes 12\.00 MiB .* reads that twice"):
        storage.papers.update("p", text=1, expected={"text": text})
    storage.papers.update("p", text={"a": "x" * (7 * MIB)})
    changed = storage.papers.update("p", text=1, expected={"text": {"a": "x" * (7 * MIB)}})
    assert (changed.text, chunks(storage)) == (1, [])


def test_pages_of_ordinary_documents_end_before_they_are_too_large(
    storage: Any, package: Any
) -> None:
    for number in range(20):
        storage.shelves.save(package.Shelf(shelf_id=f"{number:02}", label="x" * 1_000_000))
    assert 0 < len(storage.shelves.list().page(limit=100)) < 20
    assert len(list(storage.shelves.list())) == 20
