"""What clients make of documents that functions of one's own return, and of errors with secrets."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import Project, make_project

SPEC = """
convexgen: 1
name: desk
python: {package: desk_client}
entities:
  Ticket:
    table: tickets
    key: ticketId
    fields:
      ticketId: string
      note: json?
      closedAt: {type: timestamp, optional: true, absent: last}
    indexes:
      by_closedAt: [closedAt]
  Customer:
    table: customers
    key: customerId
    fields:
      customerId: string
      email: {type: string, sensitive: true}
      phone: string
      name: string?
    unique:
      - [phone]
      - [email]
functions:
  desk:latest:
    kind: query
    args: {}
    returns:
      object: {latest: Ticket | null, all: list<Ticket>}
  desk:open: {kind: mutation, args: {ticketId: string}, returns: Ticket}
"""
FUNCTIONS = """
import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server.js";
import * as Tickets from "./model/tickets.js";

export const latest = internalQuery({
  args: {},
  returns: v.object({
    latest: v.nullable(Tickets.document),
    all: v.array(Tickets.document),
  }),
  handler: async (ctx) => {
    const all = await ctx.db.query("tickets").collect();
    return { latest: all[0] ?? null, all };
  },
});

export const open = internalMutation({
  args: { ticketId: v.string() },
  returns: Tickets.document,
  handler: async (ctx, { ticketId }) => await Tickets.insert(ctx, { ticketId, note: { a: 1 } }),
});
"""
PROGRAM = """
import assert from "node:assert/strict";
import process from "node:process";
import { AlreadyExists, ConvexStorage } from "CLIENT/index.js";

const storage = new ConvexStorage(process.env.CONVEX_URL, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const opened = await storage.functions.desk.open({ ticketId: "t" });
const { latest, all } = await storage.functions.desk.latest();
for (const one of [opened, latest, all[0], await storage.tickets.get("t")]) {
  assert.deepEqual(one, opened);
  const { _id, _creationTime, ...fields } = one;
  assert.deepEqual(fields, { ticketId: "t", note: { a: 1 } });
}
assert.deepEqual(await storage.tickets.save(latest), opened);
const page = await storage.tickets.list().page({ limit: 1 });
assert.notEqual(page.cursor, null);
const last = await storage.tickets.list().page({ cursor: page.cursor });
assert.equal(last.cursor, null);
await storage.customers.save({ customerId: "a", email: "secret@x", phone: "1" });
for (const write of [
  () => storage.customers.save({ customerId: "b", email: "secret@x", phone: "2" }),
  () => storage.customers.saveMany([{ customerId: "b", email: "secret@x", phone: "2" }]),
  () => storage.customers.create({ customerId: "b", email: "secret@x", phone: "2" }),
]) {
  const error = await write().then(assert.fail, (one) => one);
  assert.ok(error instanceof AlreadyExists);
  assert.equal(error.entity, "Customer");
  assert.match(error.message, /Customer with this email/);
  assert.ok(!JSON.stringify([error, error.message, error.data]).includes("secret"));
}
await storage.customers.clear();
await storage.tickets.clear();
await storage.close();
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("own_results")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    (made.root / "convex" / "desk.ts").write_text(FUNCTIONS)
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("desk_client")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.tickets, opened.customers):
            store.clear()


def test_typescript(project: Project, backend: EmbeddedBackend, tmp_path: Path) -> None:
    """Documents have no columns of indexes, wherever they are in a result."""
    client = str(project.root / "generated" / "typescript")
    run_node([bundle_text(PROGRAM.replace("CLIENT", client), tmp_path)], backend)


def test_pages_end_without_a_cursor(storage: Any, package: Any) -> None:
    """`while page.cursor` ends."""
    storage.tickets.save_many(package.Ticket(ticket_id=str(number)) for number in range(5))
    query = storage.tickets.list()
    page = query.page(limit=2)
    sizes = [len(page)]
    while page.cursor:
        page = query.page(cursor=page.cursor, limit=2)
        sizes.append(len(page))
    assert sum(sizes) == 5
    assert page.is_done
    assert storage.tickets.by_closed_at().page(limit=9).cursor is None


def test_errors_do_not_tell_a_sensitive_value(storage: Any, package: Any) -> None:
    def customer(name: str, **fields: str) -> Any:
        return package.Customer(customer_id=name, **{"email": "secret@x", "phone": "2", **fields})

    storage.customers.save(customer("a", phone="1"))
    storage.customers.save(customer("c", email="other@x", phone="3"))
    update = package.Update
    for write in (
        lambda: storage.customers.save(customer("b")),
        lambda: storage.customers.create(customer("b")),
        lambda: storage.customers.save_many([customer("b")]),
        lambda: storage.customers.update("c", email="secret@x"),
        lambda: storage.customers.update_many([update("c", set={"email": "secret@x"})]),
    ):
        with pytest.raises(package.AlreadyExists, match="Customer with this email") as raised:
            write()
        error = raised.value
        assert error.entity == "Customer"
        assert "secret" not in repr([error, error.args, error.data, error.key, str(error)])
    # What is not sensitive is told.
    with pytest.raises(package.AlreadyExists, match='phone "3"'):
        storage.customers.save(customer("d", email="new@x", phone="3"))
