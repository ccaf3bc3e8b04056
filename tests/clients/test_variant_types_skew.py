"""An older client reads new members of unions in which shared fields are of other types."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.changes.diff import changes_between
from convexgen.embedded import EmbeddedBackend
from convexgen.frontend import load_system
from node_program import bundle_text, run_node
from project import Project
from spec_versions import version

SHARED = {
    "text": "string",
    "amount": "number",
    "big": "int64",
    "at": "timestamp",
    "place": "Place",
    "tags": "list<string>",
    "votes": "record<string, Color>",
    "color": "Color",
    "data": "bytes",
    "more": "json",
    "none": "string | null",
    "maybe": "string?",
}
"""Fields that all members have which the older version knows."""

OTHERWISE: dict[str, Any] = {
    "text": "number",
    "amount": "string",
    "big": "number",
    "at": "string",
    "place": {"object": {"name": "number"}},
    "tags": "string",
    "votes": "list<string>",
    "color": {"object": {"red": "number"}},
    "data": "string",
    "more": "int64",
    "none": "boolean",
    "maybe": "boolean",
}
"""The same in a new member: of types of which no value is one of the older type, but for JSON."""


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Fields, but for those that functions could not tell from another object's."""
    return {name: one for name, one in fields.items() if name not in names}


def spec(*, newer: bool) -> str:
    versions = [SHARED, SHARED, OTHERWISE] if newer else [SHARED, SHARED]
    members = [{**fields, "same": "string"} for fields in versions]
    kinds = {"Card": "card", "Cash": "cash", "Coupon": "coupon"}
    told = {
        name: {"kind": {"literal": kind}, **fields}
        for (name, kind), fields in zip(kinds.items(), members, strict=False)
    }
    untold = [
        {f"own{number}": "string", **without(fields, "at")} for number, fields in enumerate(members)
    ]
    payment = {"union": list(told), "tag": "kind"}
    event = {
        **{"table": "events", "key": "eventId", "tag": "kind"},
        "fields": {"eventId": "string", "size": "number"},
        "union": [{"object": without(fields, "more")} for fields in told.values()],
    }
    sketch = {
        **{"table": "sketches", "key": "sketchId"},
        "fields": {"sketchId": "string", "size": "number"},
        "union": [{"object": without(fields, "more")} for fields in untold],
    }
    deal = {
        **{"table": "deals", "key": "dealId"},
        "fields": {
            **{"dealId": "string", "payment": payment, "payments": {"list": payment}},
            "either": {"union": [{"object": fields} for fields in untold]},
        },
    }
    written = {
        **{"convexgen": 1, "name": "types", "lint": {"unbounded-list": "off"}},
        "enums": {"Color": ["red"]},
        "objects": {"Place": {"name": "string"}, **told},
        "entities": {"Deal": deal, "Event": event, "Sketch": sketch},
        "functions": {"own:all": {"kind": "query", "returns": "list<Deal>"}},
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in written.items())


OWN = """
import { internalQuery } from "./_generated/server.js";

export const all = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("deals").collect(),
});
"""


AT = datetime(2026, 5, 1, tzinfo=UTC)
KNOWN: dict[str, Any] = {
    **{"text": "t", "amount": 1.5, "big": 2**60, "at": AT, "place": {"name": "Oslo"}},
    **{"tags": ["a"], "votes": {"v": "red"}, "color": "red", "data": b"d", "none": None},
    **{"more": {"$j": [1]}, "same": "s"},
}
OTHER: dict[str, Any] = {
    **{"text": 1.5, "amount": "a", "big": 0.5, "at": "noon", "place": {"name": 1.5}},
    **{"tags": "t", "votes": ["v"], "color": {"red": 1.5}, "data": "d", "none": True},
    **{"more": 2**60, "maybe": False, "same": "s"},
}


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("types"), "types_older", spec(newer=False), OWN)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("types"), "types_newer", spec(newer=True), OWN)


@pytest.fixture
def old(older: Project) -> Any:
    return importlib.import_module("types_older")


@pytest.fixture
def new(newer: Project) -> Any:
    return importlib.import_module("types_newer")


@pytest.fixture
def backend(newer: Project, new: Any) -> Iterator[EmbeddedBackend]:
    """A deployment of the newer version, with members that an older client knows and does not."""
    with (
        EmbeddedBackend.start(newer.root) as started,
        new.ConvexStorage(started.url, deploy_key=started.admin_key) as storage,
    ):
        card, coupon = new.Card(**KNOWN), new.Coupon(**OTHER)
        storage.deals.save(
            new.Deal(
                deal_id="known",
                payment=card,
                payments=[card],
                either=new.DealEither(own0="o", **without(KNOWN, "at")),
            )
        )
        storage.deals.save(
            new.Deal(
                deal_id="new",
                payment=coupon,
                payments=[card, coupon],
                either=new.DealEither3(own2="o", **without(OTHER, "at")),
            )
        )
        storage.events.save_many(
            [
                new.EventCard(event_id="known", size=1, **without(KNOWN, "more")),
                new.EventCoupon(event_id="new", size=2, **without(OTHER, "more")),
            ]
        )
        bare = [without(one, "at", "more") for one in (KNOWN, OTHER)]
        storage.sketches.save_many(
            [
                new.Sketch1(sketch_id="known", size=1, own0="o", **bare[0]),
                new.Sketch3(sketch_id="new", size=2, own2="o", **bare[1]),
            ]
        )
        yield started


def test_fault_17_an_older_client_reads_shared_fields_of_other_types(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        known, unknown = storage.deals.list()
        assert all(map(old.is_known, (known.payment, known.payments[0], known.either)))
        events, sketches = list(storage.events.list()), list(storage.sketches.list())
        assert list(map(old.is_known, [*events, *sketches])) == [True, False] * 2
        members = [unknown.payment, unknown.payments[1], unknown.either, events[1], sketches[1]]
        for member in members:
            assert isinstance(member, old.UnknownVariant)
            assert member.same == "s"
            assert member.raw["text"] == 1.5
            for name in without(OTHERWISE, "more"):
                with pytest.raises(AttributeError, match="newer spec"):
                    getattr(member, name)
        assert (events[1].event_id, events[1].size) == ("new", 2)
        assert (sketches[1].sketch_id, sketches[1].size) == ("new", 2)
        assert storage.functions.own.all() == [known, unknown]
        with storage.deals.watch("new") as snapshots:
            assert next(snapshots) == unknown
        assert storage.events.list().to_arrow().num_rows == 2


def test_fault_17_shared_fields_of_other_types_are_written_as_they_were(
    backend: EmbeddedBackend, old: Any, new: Any
) -> None:
    with (
        old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest,
    ):
        before = newest.deals.get("new"), newest.events.get("new"), newest.sketches.get("new")
        found = storage.deals.get("new")
        storage.deals.save(found)
        storage.events.save(storage.events.get("new"))
        storage.sketches.save(storage.sketches.get("new"))
        after = newest.deals.get("new"), newest.events.get("new"), newest.sketches.get("new")
        assert after == before
        storage.deals.update("known", payment=found.payment, either=found.either)
        assert newest.deals.get("known").payment == before[0].payment
        assert newest.deals.get("known").either == before[0].either
        assert storage.events.update("new", size=7).size == 7
        assert storage.sketches.update("new", size=7).size == 7


PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const found = await storage.deals.get("new");
const event = await storage.events.get("new");
const sketch = await storage.sketches.get("new");
if (found === null || event === null || sketch === null) throw new Error("nothing there");
const text = (one: unknown) =>
  JSON.stringify(one, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
for (const one of [found.payment, found.payments[1], found.either, event, sketch]) {
  console.log(text(one));
}
await storage.deals.save(found);
await storage.events.save(event);
await storage.sketches.save(sketch);
await storage.deals.update("known", { payment: found.payment, either: found.either });
for (const watched of [storage.deals.watch("new"), storage.functions.own.watchAll()]) {
  for await (const snapshot of watched) {
    console.log(text(Array.isArray(snapshot) ? snapshot[1].payment : snapshot?.payment));
    break;
  }
}
await storage.close();
"""


def test_fault_17_an_older_typescript_client_reads_and_writes_them_too(
    backend: EmbeddedBackend, older: Project, new: Any, tmp_path: Path
) -> None:
    client = older.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(PROGRAM.replace("CLIENT", client.as_posix()), tmp_path)
    with new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest:
        before = newest.deals.get("new"), newest.events.get("new"), newest.sketches.get("new")
        said = [json.loads(line) for line in run_node([program], backend).splitlines()]
        after = newest.deals.get("new"), newest.events.get("new"), newest.sketches.get("new")
        assert after == before
        assert newest.deals.get("known").either == before[0].either
    raw = {**OTHER, "more": f"{2**60}n"}
    payment, event = {"kind": "coupon", **raw}, {"eventId": "new", "size": 2, "kind": "coupon"}
    either, sketch = (
        {"own2": "o", **without(raw, "at")},
        {"sketchId": "new", "size": 2, "own2": "o"},
    )
    expected = [
        *(payment, payment, either, event | without(raw, "more")),
        *(sketch | without(raw, "at", "more"), payment, payment),
    ]
    assert [without(one, "_id", "_creationTime") for one in said] == expected


def test_fault_17_diff_says_so() -> None:
    systems = [load_system(spec(newer=one), "spec.yaml").system for one in (False, True)]
    before, after = systems
    assert before is not None
    assert after is not None
    changes = changes_between(before, after)
    assert {one.code for one in changes} >= {"variant-added", "type-widened"}
    assert {audience for one in changes for audience in one.breaks} == {"types only"}
