"""What schemas may have that were there before a spec, through both clients."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import ROOT, Project, make_project

SPEC = ROOT / "tests" / "cases" / "good-valid-schemas" / "spec.yaml"
FUNCTIONS = """
import { v } from "convex/values";

import { internalMutation, internalQuery } from "./_generated/server.js";
import * as Chunks from "./model/chunks.js";
import * as Classes from "./model/classes.js";
import * as Crons from "./model/cronsTable.js";

export const latest = internalQuery({
  args: {},
  returns: Crons.document,
  handler: async (ctx) => {
    const found = await ctx.db.query("crons").order("desc").first();
    if (found === null) {
      throw new Error("none");
    }
    return found;
  },
});

export const start = internalMutation({
  args: { cron: Crons.input, classes: v.array(Classes.input) },
  returns: v.array(Classes.document),
  handler: async (ctx, { cron, classes }) => {
    await Crons.insert(ctx, cron);
    return await Promise.all(classes.map((one) => Classes.insert(ctx, one)));
  },
});

export const store = internalMutation({
  args: { embedding: v.array(v.number()) },
  returns: Chunks.document,
  handler: async (ctx, { embedding }) => {
    const found = await ctx.db.get(await ctx.db.insert("chunks", { embedding }));
    if (found === null) {
      throw new Error("none");
    }
    return found;
  },
});
"""
CLIENT = """
import assert from "node:assert/strict";
import process from "node:process";

import { ConvexStorage, UNSET } from %s;

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, { deployKey: CONVEX_DEPLOY_KEY });
const place = { x: 1, y: 2, more: { z: 3 } };
const form = { a: "b", c: 1 } as const;
const move = await storage.happenings.create({ kind: "move", place, form });
const stay = await storage.happenings.create({ kind: "stay", place, form, stops: { y: 1 } });
const login = await storage.happenings.create({ kind: "login", at: 1 });
assert.deepEqual(await storage.happenings.byPlace(place).all(), [move, stay]);
assert.deepEqual(await storage.happenings.byMore({ z: 3 }, "stay").all(), [stay]);
assert.deepEqual(await storage.happenings.byForm(form).all(), [move, stay]);
assert.deepEqual(await storage.happenings.byStops({ y: 1 }).all(), [stay]);
assert.deepEqual(await storage.happenings.byForm(UNSET).all(), [login]);
const [first] = await storage.functions.jobs.start({ cron: { at: "7" }, classes: [{ name: "a" }] });
assert.equal(first?.name, "a");
assert.equal((await storage.functions.jobs.latest()).at, "7");
const short = await storage.functions.jobs.store({ embedding: [1, 2] });
const long = await storage.chunks.create({ embedding: [1, 0, 0] });
assert.deepEqual(await storage.chunks.list().all(), [short, long]);
assert.deepEqual((await storage.chunks.nearestNear([1, 0, 0])).map(({ item }) => item), [long]);
await assert.rejects(storage.chunks.create({ embedding: [1, 2] }), /must have at least 3 items/);
await storage.close();
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("valid") / "project", SPEC)
    made.generate()
    (made.root / "convex" / "jobs.ts").write_text(FUNCTIONS)
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("valid_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for table in opened.system.tables():
            opened.system.clear(table.name)


def test_objects_of_variants_are_compared(storage: Any, package: Any) -> None:
    happenings = storage.happenings
    move = happenings.create(
        package.HappeningMove(
            place=package.HappeningMovePlace(x=1, y=2, more=package.HappeningMovePlaceMore(z=3)),
            form=package.HappeningMoveFormB(c=1),
        )
    )
    stay = happenings.create(
        package.HappeningStay(
            place=package.HappeningStayPlace(x=1, y=2, more=package.HappeningStayPlaceMore(z=3)),
            stops=package.HappeningStayStops(),
            form=package.HappeningStayFormB(c=1),
        )
    )
    login = happenings.create(package.HappeningLogin(at=1))
    assert happenings.by_place(move.place).all() == [move, stay]
    assert happenings.by_place(stay.place).all() == [move, stay]
    assert happenings.by_place(package.UNSET).all() == [login]
    assert happenings.by_more(stay.place.more, "move").all() == [move]
    assert happenings.by_form(stay.form).all() == [move, stay]
    assert happenings.by_stops(stay.stops).all() == [stay]
    changed = happenings.update(stay.doc_id, form=move.form)
    assert type(changed.form) is package.HappeningStayFormB


def test_classes_have_names_of_their_own(storage: Any, package: Any) -> None:
    purchase = storage.purchases.create(
        package.Purchase(
            store=package.PurchaseStore2(name="a", changes=package.PurchaseStore2Changes(at=1)),
            input=package.PurchaseInput2(text="b"),
            key=package.PurchaseKey22(b="c"),
            changes=[package.PurchaseChanges2(change="d")],
            doc=package.PurchaseDoc(),
            where=package.PurchaseWhere(
                at=package.PurchaseWhereAt(), on=package.PurchaseWhereOn2(lat=1)
            ),
            key_=package.PurchaseKey3(c="e"),
        )
    )
    assert storage.purchases.by_where(purchase.where.at, purchase.where.on).all() == [purchase]
    assert storage.purchases.by_store(purchase.store.changes, "a").all() == [purchase]
    states = [
        package.StateInProgress(note="", a=package.StateInProgressA(x="y")),
        package.StateInProgress2(note="", a=package.StateInProgress2A(x="y")),
        package.StateInProgress3(note=""),
        package.StateA2(note=""),
        package.StateStore2(note=""),
    ]
    made = [storage.states.create(one) for one in states]
    assert [one.at for one in made] == ["in_progress", "in-progress", "InProgress", "a", "store"]
    assert storage.states.list().all() == made
    assert storage.states.by_a(made[1].a).all() == made[:2]


def test_entities_of_modules_of_other_names(storage: Any, package: Any) -> None:
    made = storage.functions.jobs.start(
        cron=package.Cron(at="7"), classes=[package.Class(name="a")]
    )
    assert made == storage.classes.list().all()
    assert storage.functions.jobs.latest() == storage.crons_table.list().first()


def test_vectors_of_variants_without_a_tag(storage: Any, package: Any) -> None:
    chunks = storage.chunks
    text = chunks.create(package.Chunk1(text="a"))
    long = chunks.create(package.Chunk2(embedding=[1, 0, 0]))
    page = chunks.create(package.Chunk3(embedding=[0, 1, 0], page=1))
    # Convex takes vectors of any length, and its index has those of its own.
    short = storage.functions.jobs.store(embedding=[1, 2])
    assert short.embedding == [1, 2]
    assert chunks.list().all() == [text, long, page, short]
    assert [one.item for one in chunks.nearest_near([1, 0, 0])] == [long, page]
    with pytest.raises(ValueError, match="must have 3 items"):
        package.Chunk2(embedding=[1, 2])
    with pytest.raises(package.InvalidArgument, match="must have 3 items"):
        chunks.update(page.doc_id, embedding=[1, 2])


def test_typescript(backend: EmbeddedBackend, project: Project, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript" / "index.ts"
    run_node([bundle_text(CLIENT % json.dumps(str(client)), tmp_path)], backend)
