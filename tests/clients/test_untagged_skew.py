"""An older client reads numbers and members of unions without a tag that it does not know."""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from jsonschema import Draft202012Validator
from node_program import bundle_text, run_node
from project import Project, run, tsc
from spec_versions import version

OLDER = """
convexgen: 1
name: untagged
lint: {unbounded-list: off}
enums: {Stage: [lead, customer]}
entities:
  Deal:
    table: deals
    key: dealId
    fields:
      dealId: string
      stage: {type: Stage, default: lead}
      level: 1 | 2
      half: {literal: 0.5}
      big: 1n | 2n
      agreed: {literal: true}
      mixed: '"a" | 1 | true | 5n'
      either: {union: [{object: {a: string}}, {object: {b: number}}]}
      perhaps: {union: [{object: {a: string}}, {object: {b: number}}, null], optional: true}
      scalar: string | integer
      deep: list<string | integer>
      note: string?
    indexes: {by_level: [level]}
  Sketch:
    table: sketches
    key: sketchId
    fields: {sketchId: string, size: int64, at: {type: timestamp, set: on create}}
    union:
      - {object: {text: string, note: string?}}
      - {object: {lines: list<string>}}
functions:
  own:all: {kind: query, returns: list<Deal>}
"""
NEWER = (
    OLDER.replace("[lead, customer]", "[lead, customer, gone]")
    .replace("1 | 2\n", "1 | 2 | 3\n")
    .replace("{literal: 0.5}", "0.5 | -0 | 1.5")
    .replace("1n | 2n", "1n | 2n | 9007199254740993n")
    .replace("agreed: {literal: true}", "agreed: boolean")
    .replace("| true | 5n'", "| true | 5n | 7n | false'")
    .replace("{object: {b: number}}", "{object: {b: number}}, {object: {c: int64}}")
    .replace("string | integer", "string | integer | boolean | bytes")
    .replace(
        "      - {object: {lines: list<string>}}\n",
        "      - {object: {lines: list<string>}}\n      - {object: {data: bytes, by: string}}\n",
    )
)
OWN = """
import { internalQuery } from "./_generated/server.js";

export const all = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("deals").collect(),
});
"""
KNOWN: dict[str, Any] = {
    "level": 1,
    "half": 0.5,
    "big": 1,
    "agreed": True,
    "mixed": "a",
    "scalar": "s",
    "deep": ["x", 1],
}


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("untagged"), "untagged_older", OLDER, OWN)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("untagged"), "untagged_newer", NEWER, OWN)


@pytest.fixture
def old(older: Project) -> Any:
    return importlib.import_module("untagged_older")


@pytest.fixture
def new(newer: Project) -> Any:
    return importlib.import_module("untagged_newer")


@pytest.fixture(scope="module")
def server(newer: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(newer.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend, new: Any) -> EmbeddedBackend:
    """A deployment of the newer version, with what an older client does not know."""
    server.control("reset")
    with new.ConvexStorage(server.url, deploy_key=server.admin_key) as storage:
        storage.deals.save(known(new, "known"))
        storage.deals.save(unknown(new, "new"))
        storage.sketches.save_many(
            [
                new.Sketch1(sketch_id="1", size=1, text="t"),
                new.Sketch3(sketch_id="2", size=2**60, data=b"d", by="u"),
                new.Sketch2(sketch_id="3", size=3, lines=["l"]),
            ]
        )
    return server


def known(package: Any, deal_id: str) -> Any:
    """A deal whose values both versions know."""
    return package.Deal(deal_id=deal_id, **KNOWN, either=package.DealEither(a="x"))


def unknown(package: Any, deal_id: str) -> Any:
    """A deal of which the older version knows no value."""
    return package.Deal(
        deal_id=deal_id,
        stage=package.Stage.GONE,
        level=3,
        half=-0.0,
        big=9007199254740993,
        agreed=False,
        mixed=False,
        either=package.DealEither3(c=2**60),
        perhaps=package.DealPerhaps3(c=1),
        scalar=True,
        deep=["x", False, b"d", 2],
    )


def test_fault_17_an_older_client_reads_numbers_that_it_does_not_know(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        first, second = storage.deals.list()
        assert first == known(old, "known").model_copy(
            update={"doc_id": first.doc_id, "creation_time": first.creation_time}
        )
        assert all(map(old.is_known, (first.level, first.half, first.big, first.agreed)))
        numbers = (second.level, second.half, second.big, second.agreed)
        assert (numbers, repr(numbers)) == (
            (3, 0, 9007199254740993, False),
            "(3.0, -0.0, 9007199254740993, False)",
        )
        assert not any(map(old.is_known, (*numbers, second.mixed)))
        assert not second.mixed
        for value in numbers:
            again = pickle.loads(pickle.dumps(value))
            assert (again, type(again)) == (copy.deepcopy(value), type(value))
        with pytest.raises(ValueError, match="level"):
            old.Deal(deal_id="d", **{**KNOWN, "level": 3}, either=old.DealEither(a="x"))
        # In indexes, results of own functions, and subscriptions
        assert list(storage.deals.by_level(second.level)) == [second]
        assert storage.functions.own.all() == [first, second]
        with storage.deals.watch("new") as snapshots:
            assert next(snapshots) == second


def test_fault_17_an_older_client_reads_members_of_unions_without_a_tag(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        first, second = storage.deals.list()
        assert first.either == old.DealEither(a="x")
        for value in (second.either, second.perhaps, second.scalar, *second.deep[1:3]):
            assert isinstance(value, old.UnknownVariant)
            assert not old.is_known(value)
            assert repr(value) == "UnknownVariant()"
            assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
        assert (second.scalar.raw, second.deep[1].raw) == (True, False)
        assert list(second.either.raw) == ["c"]
        with pytest.raises(AttributeError, match="newer spec"):
            _ = second.either.c
        assert (second.deep[0], second.deep[3]) == ("x", 2)
        one, two, three = storage.sketches.list()
        assert (type(one), type(three)) == (old.Sketch1, old.Sketch2)
        assert isinstance(two, old.UnknownVariant)
        assert (two.sketch_id, two.size, two.raw["by"]) == ("2", 2**60, "u")
        assert two.at == one.at
        assert two.doc_id
        assert storage.sketches.get("2") == two


def test_fault_17_what_is_not_known_of_no_tag_is_written_as_it_was(
    backend: EmbeddedBackend, old: Any, new: Any
) -> None:
    with (
        old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest,
    ):
        before = newest.deals.get("new")
        sketch = newest.sketches.get("2")
        found = storage.deals.get("new")
        storage.deals.save(found)
        assert newest.deals.get("new") == before
        assert storage.deals.update("new", note="n").level == 3
        names = ("level", "half", "big", "agreed", "mixed", "either", "perhaps", "scalar", "deep")
        values = {name: getattr(found, name) for name in names}
        assert storage.deals.update("known", **values, expected={"level": 1}).deep == found.deep
        after = newest.deals.get("known")
        for name in names:
            value = getattr(after, name)
            assert (value, type(value)) == (getattr(before, name), type(getattr(before, name)))
        storage.sketches.save(storage.sketches.get("2"))
        assert storage.sketches.update("2", size=7).size == 7
        assert newest.sketches.get("2").data == sketch.data
        # What no deployment gave is refused as ever.
        for wrong in ({"level": 3}, {"big": 3}, {"agreed": False}, {"scalar": 1.5}):
            with pytest.raises(old.InvalidArgument, match=next(iter(wrong))):
                storage.deals.update("known", **wrong)
        broken = storage.deals.get("new")
        broken.deep.append(1.5)
        with pytest.raises(old.InvalidArgument, match="does not fit"):
            storage.deals.save(broken)


def test_fault_17_the_json_of_what_has_no_tag_is_what_its_json_schema_says(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        first, second = storage.deals.list()
        (sketch,) = [one for one in storage.sketches.list() if not old.is_known(one)]
    given, taken = (
        Draft202012Validator(old.Deal.model_json_schema(mode=mode))
        for mode in ("serialization", "validation")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in (first, second):
            dumped = one.model_dump(mode="json")
            assert dumped == json.loads(one.model_dump_json())
            given.validate(dumped)
            assert taken.is_valid(dumped) == (one is first)
    assert (dumped["level"], dumped["agreed"], dumped["scalar"]) == (3, False, True)
    assert type(dumped["agreed"]) is bool
    assert dumped["either"] == second.either.raw
    assert old.Deal.model_validate(first.model_dump(mode="json")) == first
    assert json.loads(json.dumps(sketch.raw))["by"] == "u"


def test_fault_17_the_same_of_no_tag_from_asyncio(backend: EmbeddedBackend, old: Any) -> None:
    async def read() -> list[Any]:
        async with old.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            found = [one async for one in storage.deals.list()]
            async with storage.deals.watch("new") as snapshots:
                return [*found, await anext(snapshots)]

    levels = [one.level for one in asyncio.run(read())]
    assert [old.is_known(level) for level in levels] == [True, False, False]


@pytest.mark.parametrize("way", ["call", "subscription"])
def test_fault_17_what_cannot_be_read_is_named_and_no_skew(
    backend: EmbeddedBackend, tmp_path: Path, way: str
) -> None:
    """Of many values that are not known and a field that is missing, the error is about this."""
    spec = OLDER.replace("note: string?", "note: string").replace("name: untagged", "name: other")
    version(tmp_path, f"untagged_other_{way}", spec, OWN)
    package = importlib.import_module(f"untagged_other_{way}")

    def read(storage: Any) -> None:
        if way == "call":
            storage.deals.get("new")
        with storage.deals.watch("new") as snapshots:
            next(snapshots)

    with (
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        pytest.raises(package.ServerError, match=r"generated with: note: Field required\. Gen"),
    ):
        read(storage)


USAGE = """
import { ConvexStorage, isKnown } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const deals = (await storage.deals.list().page()).items;
for (const { level, big, agreed } of deals) {
  console.log(level, isKnown([1, 2], level), isKnown([1n, 2n], big), isKnown([true], agreed));
}
const found = await storage.deals.update("new", { note: "n" });
console.log(found.either, found.scalar);
await storage.deals.save(found);
const { level, half, big, mixed, either, deep } = found;
await storage.deals.update("known", { level, half, big, mixed, either, deep });
const sketch = await storage.sketches.get("2");
if (sketch !== null) await storage.sketches.save(sketch);
for await (const snapshot of storage.deals.watch("new")) {
  console.log(snapshot?.level);
  break;
}
await storage.close();
"""


def test_fault_17_an_older_typescript_client_reads_and_writes_what_has_no_tag(
    backend: EmbeddedBackend, older: Project, new: Any, tmp_path: Path
) -> None:
    client = older.root / "generated" / "typescript" / "index.js"
    (older.root / "usage.ts").write_text(USAGE.replace("CLIENT", "./generated/typescript/index.js"))
    options = ["--strict", "--noEmit", "--module", "NodeNext", "--target", "ES2022"]
    options += ["--types", "node", "--skipLibCheck"]
    checked = run([*tsc(), *options, "usage.ts"], older.root)
    assert checked.returncode == 0, checked.stdout
    program = bundle_text(USAGE.replace("CLIENT", client.with_suffix(".ts").as_posix()), tmp_path)
    assert run_node([program], backend).splitlines() == [
        "1 true true true",
        "3 false false false",
        "{ c: 1152921504606846976n } true",
        "3",
    ]
    with new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest:
        saved, changed = newest.deals.get("new"), newest.deals.get("known")
        expected = unknown(new, "new")
        for name in ("level", "half", "big", "mixed", "either", "deep"):
            assert getattr(saved, name) == getattr(changed, name) == getattr(expected, name)
        assert newest.sketches.get("2").data == b"d"


def test_fault_17_a_newer_client_of_no_tag_says_that_versions_differ(
    older: Project, new: Any
) -> None:
    with (
        EmbeddedBackend.start(older.root) as backend,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.deals.save(known(new, "a"))
        for changes in ({"level": 3}, {"either": new.DealEither3(c=1)}, {"scalar": True}):
            with pytest.raises(new.InvalidArgument, match="older or newer: where it is"):
                storage.deals.update("a", **changes)
        assert storage.deals.get("a").level == 1


NEWER_PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
for (const changes of [{ level: 3 }, { either: { c: 1n } }, { scalar: true }] as const) {
  try {
    await storage.deals.update("a", changes);
    console.log("no error");
  } catch (error) {
    console.log(/older or newer: where/.exec(String(error))?.[0]);
  }
}
await storage.close();
"""


def test_fault_17_a_newer_typescript_client_of_no_tag_says_so_too(
    older: Project, newer: Project, new: Any, tmp_path: Path
) -> None:
    client = newer.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(NEWER_PROGRAM.replace("CLIENT", client.as_posix()), tmp_path)
    with (
        EmbeddedBackend.start(older.root) as backend,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.deals.save(known(new, "a"))
        said = run_node([program], backend).splitlines()
    assert said == ["older or newer: where"] * 3


PLURAL_PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
try {
  await storage.sketches.list().page({ limit: 40_000 });
} catch (error) {
  console.log(String(error).slice(0, 40));
}
await storage.close();
"""


def test_several_are_told_by_their_plural(
    backend: EmbeddedBackend, newer: Project, new: Any, tmp_path: Path
) -> None:
    with (
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        pytest.raises(new.InvalidArgument, match=r"^Failed to list sketches: "),
    ):
        storage.sketches.list().page(limit=40_000)
    client = newer.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(PLURAL_PROGRAM.replace("CLIENT", client.as_posix()), tmp_path)
    assert run_node([program], backend) == "InvalidArgument: Failed to list sketches\n"
