"""A client and a deployment of different versions of one spec, in both directions."""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from node_program import bundle_text, run_node
from page_examples import blocks
from project import Project, run, tsc
from pydantic import TypeAdapter, ValidationError
from spec_versions import version

OLDER = """
convexgen: 1
name: skew
lint: {unbounded-list: off}
enums:
  Stage: [lead, customer]
objects:
  Card: {kind: {literal: card}, number: string}
  Cash: {kind: {literal: cash}, amount: integer}
  Place: {stage: Stage, name: string}
entities:
  Deal:
    table: deals
    key: dealId
    fields:
      dealId: string
      stage: Stage
      stages: list<Stage>
      votes: record<string, Stage>
      order: {enum: [asc, desc]}
      either: Stage | integer
      payment: {union: [Card, Cash], tag: kind}
      payments: {list: {union: [Card, Cash], tag: kind}, optional: true}
      place: Place?
      note: string?
    indexes: {by_stage: [stage]}
  Visit:
    table: visits
    key: [stage, number]
    fields: {stage: Stage, number: integer}
  Event:
    table: events
    key: eventId
    fields:
      eventId: string
      stage: Stage
      at: {type: timestamp, set: on create}
      seenAt: {type: timestamp, set: on write}
      size: int64
      secret: {type: string, optional: true, sensitive: true}
    union:
      - object: {kind: {literal: click}, x: integer}
      - object: {kind: {enum: [press, paste]}, text: string}
    tag: kind
    indexes: {by_stage: [stage], by_kind: [kind]}
functions:
  own:all: {kind: query, returns: list<Deal>}
  own:stages: {kind: query, returns: "record<string, list<Stage>>"}
"""

# A value of each enum, a variant of each union, an optional field and a function more.
NEWER = (
    OLDER.replace("[lead, customer]", "[lead, customer, gone]")
    .replace("[asc, desc]", "[asc, desc, none]")
    .replace("union: [Card, Cash]", "union: [Card, Cash, Coupon]")
    .replace(
        "  Place:", "  Coupon: {kind: {literal: coupon}, code: string, worth: int64}\n  Place:"
    )
    .replace("note: string?", "note: string?\n      extra: string?")
    .replace(
        "      - object: {kind: {literal: click}",
        "      - object: {kind: {literal: drop}, files: list<string>, data: bytes}\n"
        "      - object: {kind: {literal: click}",
    )
    + "  own:more: {kind: query, returns: number}\n"
)

OWN = """
import { internalQuery } from "./_generated/server.js";

export const all = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("deals").collect(),
});

export const stages = internalQuery({
  args: {},
  handler: async (ctx) => {
    const deals = await ctx.db.query("deals").collect();
    return { all: deals.map((one) => one.stage) };
  },
});
"""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("skew"), "skew_older", OLDER, OWN)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return version(tmp_path_factory.mktemp("skew"), "skew_newer", NEWER, OWN)


@pytest.fixture
def old(older: Project) -> Any:
    return importlib.import_module("skew_older")


@pytest.fixture
def new(newer: Project) -> Any:
    return importlib.import_module("skew_newer")


@pytest.fixture(scope="module")
def server(newer: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(newer.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend, new: Any) -> EmbeddedBackend:
    """A deployment of the newer version, with what an older client does not know."""
    stages = new.Stage
    server.control("reset")
    with new.ConvexStorage(server.url, deploy_key=server.admin_key) as storage:
        storage.deals.save(deal(new, "known"))
        storage.deals.save(
            deal(new, "new").model_copy(
                update={
                    "stage": stages.GONE,
                    "stages": [stages.LEAD, stages.GONE],
                    "votes": {"a": stages.GONE},
                    "order": "none",
                    "either": stages.GONE,
                    "payment": new.Coupon(code="c", worth=2**40),
                    "payments": [new.Card(number="1"), new.Coupon(code="d", worth=1)],
                    "place": new.Place(stage=stages.GONE, name="p"),
                    "extra": "kept",
                }
            )
        )
        storage.visits.save(new.Visit(stage=stages.GONE, number=1))
        storage.events.save_many(
            [
                new.EventClick(event_id="1", stage=stages.LEAD, size=1, x=1),
                new.EventDrop(
                    event_id="2",
                    stage=stages.GONE,
                    size=2**50,
                    secret="s3cret",
                    files=["f"],
                    data=b"d",
                ),
                new.EventPress(event_id="3", stage=stages.LEAD, size=3, kind="paste", text="t"),
            ]
        )
    return server


def deal(package: Any, deal_id: str) -> Any:
    """A deal whose values both versions know."""
    return package.Deal(
        deal_id=deal_id,
        stage=package.Stage.LEAD,
        stages=[package.Stage.LEAD],
        votes={},
        order="asc",
        either=3,
        payment=package.Card(number="1"),
    )


def test_fault_17_an_older_client_reads_what_it_does_not_know(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        known, unknown = storage.deals.list()
        assert known == storage.deals.get("known")
        assert unknown == storage.deals.get("new")
        assert all(map(old.is_known, (known.stage, known.order, known.payment, known)))
        for value in (
            *(unknown.stage, unknown.stages[1], unknown.votes["a"], unknown.either),
            unknown.place.stage,
        ):
            assert isinstance(value, old.Stage)
            assert (value, str(value), f"{value}", value.value) == ("gone",) * 4
            assert repr(value) == "<Stage.?: 'gone'>"
            assert not old.is_known(value)
            assert value not in set(old.Stage)
            assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == "gone"
        assert (unknown.order, old.is_known(unknown.order)) == ("none", False)
        assert unknown.stages[0] is old.Stage.LEAD
        for payment in (unknown.payment, unknown.payments[1]):
            assert isinstance(payment, old.UnknownVariant)
            assert payment.kind == payment.raw["kind"] == "coupon"
            assert not old.is_known(payment)
        assert unknown.payments[0] == old.Card(number="1")
        with pytest.raises(ValueError, match="gone"):
            old.Stage("gone")
        with pytest.raises(ValueError, match="stage"):
            unknown.model_copy().stage = "gone"
        # In indexes, keys, results of own functions, and subscriptions
        assert list(storage.deals.by_stage(unknown.stage)) == [unknown]
        assert storage.visits.get(unknown.stage, 1) == storage.visits.list().first()
        assert storage.functions.own.all() == [known, unknown]
        stages = storage.functions.own.stages()["all"]
        assert [old.is_known(one) for one in stages] == [True, False]
        with storage.deals.watch("new") as snapshots:
            assert next(snapshots) == unknown


def test_fault_17_an_older_client_reads_documents_of_unknown_variants(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        click, drop, press = storage.events.list()
        assert (type(click), type(press)) == (old.EventClick, old.EventPress)
        assert isinstance(drop, old.UnknownVariant)
        assert (drop.event_id, drop.stage, drop.size, drop.kind) == ("2", "gone", 2**50, "drop")
        assert drop.at == click.at
        assert drop.doc_id
        assert drop.raw["files"] == ["f"]
        assert repr(drop) == "UnknownVariant(kind='drop')"
        assert list(storage.events.by_kind(drop.kind)) == [drop]
        with pytest.raises(old.InvalidArgument, match="kind"):
            storage.events.by_kind("drop")
        with pytest.raises(AttributeError, match="newer spec"):
            _ = drop.files
        assert list(storage.events.by_stage(drop.stage)) == [drop]


def test_fault_17_what_was_read_is_written_as_it_was(
    backend: EmbeddedBackend, old: Any, new: Any
) -> None:
    with (
        old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest,
    ):
        before = newest.deals.get("new")
        updated = storage.deals.update("new", note="n")
        assert (updated.note, updated.stage) == ("n", "gone")
        assert newest.deals.get("new") == before.model_copy(update={"note": "n"})
        storage.deals.update("new", stage=updated.stage, expected={"stage": updated.stage})
        storage.deals.save(storage.deals.get("new"))
        # A save replaces the document: fields that the client does not know are gone.
        after = before.model_copy(update={"note": "n", "extra": new.MISSING})
        assert newest.deals.get("new") == after.model_copy(update={"extra": after.extra})
        event = newest.events.get("2")
        storage.events.save(storage.events.get("2"))
        assert storage.events.update("2", size=7).size == 7
        payment = storage.deals.get("new").payment
        assert storage.deals.update("known", payment=payment).payment == payment
        assert newest.deals.get("known").payment == before.payment
        saved = newest.events.get("2")
        assert (saved.files, saved.data, saved.at) == (event.files, event.data, event.at)
        # What no deployment gave is refused as ever.
        with pytest.raises(old.InvalidArgument, match="order"):
            storage.deals.update("known", order="none")
        broken = storage.deals.get("known")
        broken.stages.append("gone")
        with pytest.raises(old.InvalidArgument, match="does not fit"):
            storage.deals.save(broken)


def test_fault_17_the_json_of_what_is_not_known_is_what_its_json_schema_says(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        known, unknown = storage.deals.list()
        found = [known, unknown, *storage.visits.list(), *storage.events.list()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in found:
            # A document of an unknown variant is in the JSON of what holds it.
            type_: Any = old.Event if isinstance(one, old.UnknownVariant) else type(one)
            for model, held in (
                (TypeAdapter(type_), one),
                (TypeAdapter(dict[str, type_]), {"a": one}),
            ):
                dumped = model.dump_python(held, mode="json")
                assert dumped == json.loads(model.dump_json(held))
                schema = model.json_schema(mode="serialization")
                Draft202012Validator.check_schema(schema)
                Draft202012Validator(schema).validate(dumped)
                is_known = Draft202012Validator(model.json_schema()).is_valid(dumped)
                assert is_known == (one in (known, found[3], found[5]))
        dumped = unknown.model_dump(mode="json")
        assert dumped == json.loads(unknown.model_dump_json())
        assert (dumped["stage"], dumped["votes"], dumped["order"]) == (
            "gone",
            {"a": "gone"},
            "none",
        )
        assert (dumped["stages"], dumped["either"]) == (["lead", "gone"], "gone")
        assert dumped["place"]["stage"] == "gone"
        assert dumped["payment"] == unknown.payment.raw == unknown.model_dump()["payment"]
        assert dumped["payments"] == [{"kind": "card", "number": "1"}, unknown.payments[1].raw]
        assert unknown.model_dump()["stage"] is unknown.stage
    # What models take, by a form or a request, is what is known.
    with pytest.raises(ValidationError):
        old.Deal.model_validate({**known.model_dump(mode="json"), "stage": "gone"})
    # Within a union, the tag of each object is one of its own.
    schema = old.Deal.model_json_schema(mode="serialization")["$defs"]
    assert schema["Card"]["properties"]["kind"]["const"] == "card"
    assert schema["Stage"]["anyOf"] == [
        {"enum": ["lead", "customer"], "type": "string"},
        {"type": "string"},
    ]
    alone = old.Card.model_json_schema(mode="serialization")["properties"]["kind"]
    assert alone["anyOf"] == [{"const": "card", "type": "string"}, {"type": "string"}]


@pytest.mark.filterwarnings("error::pydantic.warnings.UnsupportedFieldAttributeWarning")
def test_fault_17_a_web_service_answers_with_what_it_does_not_know(
    backend: EmbeddedBackend, old: Any
) -> None:
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        deals, events = list(storage.deals.list()), list(storage.events.list())
    app = FastAPI()

    def deal() -> Any:
        return deals[1]

    def history() -> Any:
        return events

    deal.__annotations__["return"] = old.Deal
    history.__annotations__["return"] = list[old.Event]
    app.get("/deal")(deal)
    app.get("/events")(history)
    client = TestClient(app)
    assert client.get("/deal").json() == deals[1].model_dump(mode="json")
    assert client.get("/events").json()[1] == dict(events[1].raw)
    assert client.get("/openapi.json").status_code == 200


def test_fault_17_the_same_from_asyncio(backend: EmbeddedBackend, old: Any) -> None:
    async def read() -> list[Any]:
        async with old.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            found = [one async for one in storage.deals.list()]
            found += (await storage.events.list().page()).items
            async with storage.deals.watch("new") as snapshots:
                found.append(await anext(snapshots))
            return found

    known, unknown, click, drop, _, watched = asyncio.run(read())
    assert [old.is_known(one.stage) for one in (known, unknown, click, watched)] == [
        *(True, False),
        *(True, False),
    ]
    assert not old.is_known(drop)


USAGE = """
import { ConvexStorage, isKnown, Stage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const deals = (await storage.deals.list().page()).items;
console.log(deals.map((one) => isKnown(Stage, one.stage)));
const found = await storage.deals.update("new", { note: "n" });
console.log(found.stage, isKnown(["card", "cash"], found.payment.kind), found.order);
await storage.deals.save(found);
for await (const event of storage.events.list()) {
  console.log(event.eventId, isKnown(["click", "press", "paste"], event.kind));
}
const drop = await storage.events.get("2");
if (drop !== null) await storage.events.save(drop);
console.log((await storage.functions.own.stages())["all"]);
for await (const snapshot of storage.deals.watch("new")) {
  console.log(snapshot?.stage);
  break;
}
await storage.close();
"""


def test_fault_17_an_older_typescript_client_reads_and_writes_them_too(
    backend: EmbeddedBackend, older: Project, new: Any, tmp_path: Path
) -> None:
    client = older.root / "generated" / "typescript" / "index.js"
    (older.root / "usage.ts").write_text(USAGE.replace("CLIENT", "./generated/typescript/index.js"))
    options = ["--strict", "--noEmit", "--module", "NodeNext", "--target", "ES2022"]
    options += ["--types", "node", "--skipLibCheck", "--noPropertyAccessFromIndexSignature"]
    checked = run([*tsc(), *options, "usage.ts"], older.root)
    assert checked.returncode == 0, checked.stdout
    program = bundle_text(USAGE.replace("CLIENT", client.with_suffix(".ts").as_posix()), tmp_path)
    assert run_node([program], backend).splitlines() == [
        "[ true, false ]",
        "gone false none",
        *("1 true", "2 false", "3 true"),
        "[ 'lead', 'gone' ]",
        "gone",
    ]
    with new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as newest:
        saved = newest.deals.get("new")
        assert (saved.payment, saved.note) == (new.Coupon(code="c", worth=2**40), "n")
        # What is read is written whole: fields that the client does not know are among it.
        assert saved.extra == "kept"
        assert newest.events.get("2").data == b"d"


def test_fault_17_a_newer_client_says_that_versions_differ(
    older: Project, new: Any, old: Any
) -> None:
    with (
        EmbeddedBackend.start(older.root) as backend,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.deals.save(deal(new, "a"))
        with pytest.raises(new.InvalidArgument, match="older or newer: where it is"):
            storage.deals.save(deal(new, "b").model_copy(update={"extra": "e"}))
        with pytest.raises(new.InvalidArgument, match="older or newer: where it is"):
            storage.deals.update("a", extra="e")
        with pytest.raises(new.AccessDenied, match="older or newer than this client"):
            storage.functions.own.more()
        # Values of enums and variants, wherever they are given.
        coupon = new.Coupon(code="c", worth=1)
        calls: list[Callable[[], Any]] = [
            lambda: storage.deals.update("a", stage=new.Stage.GONE),
            lambda: storage.deals.update("a", note="n", expected={"stage": new.Stage.GONE}),
            lambda: storage.deals.save(deal(new, "b").model_copy(update={"payment": coupon})),
            lambda: storage.deals.save_many(
                [deal(new, "b").model_copy(update={"stage": new.Stage.GONE})]
            ),
            lambda: storage.deals.by_stage(new.Stage.GONE).all(),
        ]
        for call in calls:
            with pytest.raises(new.InvalidArgument, match="older or newer: where it is"):
                call()
        assert storage.deals.get("a").stage is new.Stage.LEAD


NEWER_PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const payment = { kind: "coupon", code: "c", worth: 1n } as const;
for (const call of [
  () => storage.deals.update("a", { extra: "e" }),
  () => storage.deals.update("a", { stage: "gone" }),
  () => storage.deals.update("a", { payment }),
  () => storage.deals.byStage("gone").all(),
]) {
  try {
    await call();
    console.log("no error");
  } catch (error) {
    console.log(/older or newer: where/.exec(String(error))?.[0]);
  }
}
await storage.close();
"""


def test_fault_17_a_newer_typescript_client_says_so_too(
    older: Project, newer: Project, new: Any, tmp_path: Path
) -> None:
    client = newer.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(NEWER_PROGRAM.replace("CLIENT", client.as_posix()), tmp_path)
    with (
        EmbeddedBackend.start(older.root) as backend,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.deals.save(deal(new, "a"))
        said = run_node([program], backend).splitlines()
    assert said == ["older or newer: where"] * 4


# The last of three deployments: what was optional and what was required is gone.
NARROWED = (
    OLDER.replace("      note: string?\n", "")
    .replace("      order: {enum: [asc, desc]}\n", "")
    .replace("  own:stages:", "  own:all2:")
)

SKEW_PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const deal = {
  dealId: "t", stage: "lead", stages: [], votes: {}, either: 3,
  payment: { kind: "cash", amount: 1 },
} as const;
for (const call of [CALLS]) {
  try {
    await call();
    console.log("no error");
  } catch (error) {
    console.log(String(error).replaceAll("\\n", " "));
  }
}
await storage.close();
"""


def test_fault_17_neither_side_of_a_removal_takes_the_other_for_older(
    older: Project, old: Any, tmp_path: Path
) -> None:
    """What one has and the other has not was added, or was removed: the advice is for both."""
    narrowed = version(tmp_path, "skew_narrowed", NARROWED, OWN.replace("stages =", "all2 ="))
    new = importlib.import_module("skew_narrowed")

    def said_to(client: Project, deployed: Project, calls: str) -> list[str]:
        package = importlib.import_module(client.root.name)
        path = client.root / "generated" / "typescript" / "index.ts"
        text = SKEW_PROGRAM.replace("CLIENT", path.as_posix()).replace("CALLS", calls)
        program = bundle_text(text, tmp_path)
        with (
            EmbeddedBackend.start(deployed.root) as backend,
            package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        ):
            ways: list[Callable[[], Any]]
            if package is old:
                noted = deal(old, "a").model_copy(update={"note": "n"})
                ways = [
                    lambda: storage.deals.save(noted),
                    lambda: storage.deals.save_many([noted]),
                    lambda: storage.deals.update("a", note="n"),
                    storage.functions.own.stages,
                ]
            else:
                fields = deal(old, "a").model_dump(mode="json", exclude={"order", "note"})
                without = new.Deal.model_validate(fields)
                ways = [
                    lambda: storage.deals.save(without),
                    storage.functions.own.all2,
                ]
            said = []
            for way in ways:
                with pytest.raises(package.ConvexgenError) as caught:
                    way()
                said.append(str(caught.value))
            return said + run_node([program], backend).splitlines()

    by_older = said_to(
        older,
        narrowed,
        """
        () => storage.deals.save({ ...deal, order: "asc", note: "n" }),
        () => storage.functions.own.stages(),
        """,
    )
    by_newer = said_to(
        narrowed, older, "() => storage.deals.save(deal), () => storage.functions.own.all2()"
    )
    assert [
        ("contains extra field" in text, "the required field" in text) for text in by_older
    ] == [
        *[(True, False)] * 3,
        (False, False),
        (True, False),
        (False, False),
    ]
    assert ["is missing the required field" in text for text in by_newer] == [True, False] * 2
    for text in (*by_older, *by_newer):
        assert "older or newer" in text
        assert "where it is newer, generate the client again, from the newer spec: to " in text


MIGRATION = """
import { ConvexStorage, isKnown, Stage } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
for await (const { dealId, stage } of storage.deals.list()) {
  if (isKnown(Stage, stage)) continue;
  await storage.deals.update(dealId, { stage: "customer" }, { expected: { stage } });
  console.log(dealId);
}
await storage.close();
"""


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_fault_18_rows_with_a_value_that_was_removed_are_migrated(
    older: Project, newer: Project, new: Any, old: Any, tmp_path: Path, language: str
) -> None:
    """Widen, migrate, narrow: the steps of docs/spec.md."""
    data = tmp_path / "data"
    with (
        EmbeddedBackend.start(newer.root, data=data) as backend,
        new.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        for number in range(3):
            stage = new.Stage.GONE if number else new.Stage.LEAD
            storage.deals.save(deal(new, str(number)).model_copy(update={"stage": stage}))
    # Convex refuses a schema that documents violate.
    with pytest.raises(Exception, match="Schema validation failed"):
        EmbeddedBackend.start(older.root, data=data)
    with EmbeddedBackend.start(newer.root, data=data) as backend:
        if language == "python":
            migrate(backend, old)
        else:
            client = older.root / "generated" / "typescript" / "index.ts"
            program = bundle_text(MIGRATION.replace("CLIENT", client.as_posix()), tmp_path)
            assert run_node([program], backend).split() == ["1", "2"]
    with (
        EmbeddedBackend.start(older.root, data=data) as backend,
        old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        found = [one.stage for one in storage.deals.list()]
        assert found == [old.Stage.LEAD, old.Stage.CUSTOMER, old.Stage.CUSTOMER]


def migrate(backend: EmbeddedBackend, old: Any) -> None:
    """Give the documents with the removed value another, by the client that has it no more."""
    with old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        (program,) = blocks("docs/spec.md", "python fragment")
        exec(program, {"storage": storage, "is_known": old.is_known, "Stage": old.Stage})
