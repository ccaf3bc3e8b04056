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
    order = storage.orders.create(
        package.Order(
            store=package.OrderStore2(name="a", changes=package.OrderStore2Changes(at=1)),
            input=package.OrderInput2(text="b"),
            key=package.OrderKey22(b="c"),
            changes=[package.OrderChanges2(change="d")],
            doc=package.OrderDoc(),
            where=package.OrderWhere(at=package.OrderWhereAt(), on=package.OrderWhereOn2(lat=1)),
            key_=package.OrderKey3(c="e"),
        )
    )
    assert storage.orders.by_where(order.where.at, order.where.on).all() == [order]
    assert storage.orders.by_store(order.store.changes, "a").all() == [order]
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


def test_typescript(backend: EmbeddedBackend, project: Project, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript" / "index.ts"
    run_node([bundle_text(CLIENT % json.dumps(str(client)), tmp_path)], backend)
