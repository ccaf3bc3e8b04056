"""The keys of records: those that Convex takes come back, and others are refused before anything
is sent, in Python and in TypeScript, wherever a record stands."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import Project, make_project

SPEC = """
convexgen: 1
name: keyed
python: {package: keyed_client}
objects:
  Part:
    inner: record<string, number>
entities:
  Sheet:
    table: sheets
    key: sheetId
    fields:
      sheetId: string
      plain: record<string, number>
      merged: {record: number, merge: shallow}
      rowed: {record: number, rows: true}
      nested: list<record<string, Part>>
      free: any
functions:
  own:sum:
    kind: query
    args: {values: {record: number}}
    returns: {type: number}
"""
# Those of Convex's own `validateObjectField`, in src/values/value.ts of the npm package `convex`,
# and of its documentation of records; `__proto__` is lost by its decoder.
TAKEN = ["a", "_a", "_id", "a b", "a.b", "1", "a$", "~", " ", '"', "constructor", "k" * 1024]
REFUSED = ["", "$", "$a", "é", "a\U0001f600", "\n", "a\x7f", "k" * 1025, "__proto__"]

Call = Callable[[Any, Any, str], Any]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("keyed")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    (made.root / "convex" / "own.ts").write_text(
        'import { v } from "convex/values";\n'
        'import { query } from "./_generated/server.js";\n'
        "export const sum = query({\n"
        "  args: { values: v.record(v.string(), v.number()) },\n"
        "  handler: (_, { values }) =>\n"
        "    Object.values(values).reduce((sum, one) => sum + one, 0),\n"
        "});\n"
    )
    sys.path.insert(0, str(made.root / "generated" / "python"))
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


def sheet(package: Any, **fields: Any) -> Any:
    empty: dict[str, Any] = {"plain": {}, "merged": {}, "rowed": {}, "nested": [], "free": {}}
    return package.Sheet(sheet_id="s", **{**empty, **fields})


def part(package: Any, key: str) -> Any:
    return [{"a": package.Part(inner={key: 1.0})}]


CALLS: dict[str, Call] = {
    "save": lambda s, p, key: s.sheets.save(sheet(p, plain={key: 1.0})),
    "a nested one": lambda s, p, key: s.sheets.save(sheet(p, nested=part(p, key))),
    "any value": lambda s, p, key: s.sheets.save(sheet(p, free=[{key: 1.0}])),
    "of many": lambda s, p, key: s.sheets.save_many([sheet(p, rowed={key: 1.0})]),
    "a change": lambda s, p, key: s.sheets.update("s", plain={key: 1.0}),
    "a merge": lambda s, p, key: s.sheets.update("s", merged={key: 1.0}),
    "a row": lambda s, p, key: s.sheets.update("s", rowed={key: 1.0}),
    "expected": lambda s, p, key: s.sheets.update("s", expected={"plain": {key: 1.0}}, merged={}),
    "an argument": lambda s, p, key: s.functions.own.sum(values={key: 1.0}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_python_refuses(project: Project, call: Call) -> None:
    package = importlib.import_module("keyed_client")
    refusals = (ValueError, package.InvalidArgument)
    with package.ConvexStorage("http://127.0.0.1:1", deploy_key="k") as storage:
        for key in REFUSED:
            with pytest.raises(refusals, match="cannot be stored: Convex takes keys of printable"):
                call(storage, package, key)


def test_python_takes(backend: EmbeddedBackend) -> None:
    package = importlib.import_module("keyed_client")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        whole = {key: float(number) for number, key in enumerate(TAKEN)}
        fields = {"plain": whole, "merged": whole, "rowed": whole, "free": whole}
        storage.sheets.save(sheet(package, **fields))
        read = storage.sheets.get("s")
        assert [getattr(read, name) for name in fields] == [whole] * len(fields)
        for key in TAKEN:
            storage.sheets.save(sheet(package, nested=part(package, key)))
            assert storage.sheets.get("s").nested[0]["a"].inner == {key: 1.0}
            storage.sheets.update("s", rowed={key: 2.0}, merged={key: 2.0})
            read = storage.sheets.get("s")
            assert (read.rowed[key], read.merged[key]) == (2.0, 2.0)
        assert storage.functions.own.sum(values=whole) == sum(whole.values())


PROGRAM = """
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConvexStorage, InvalidArgument, UNSET } from "./generated/typescript/index.js";

const [TAKEN, REFUSED] = KEYS;
const own = (key, value) => Object.fromEntries([[key, value]]);
const others = { plain: {}, merged: {}, rowed: {}, nested: [], free: {} };
const empty = { sheetId: "s", ...others };
const calls = {
  save: ({ sheets }, record) => sheets.save({ ...empty, plain: record }),
  create: ({ sheets }, record) => sheets.create({ ...empty, plain: record }),
  nested: ({ sheets }, record) => sheets.save({ ...empty, nested: [{ a: { inner: record } }] }),
  any: ({ sheets }, record) => sheets.save({ ...empty, free: [record] }),
  many: ({ sheets }, record) => sheets.saveMany([{ ...empty, rowed: record }]),
  change: ({ sheets }, record) => sheets.update("s", { plain: record }),
  merge: ({ sheets }, record) => sheets.update("s", { merged: record }),
  row: ({ sheets }, record) => sheets.update("s", { rowed: record }),
  expected: ({ sheets }, record) => sheets.update("s", {}, { expected: { plain: record } }),
  upsert: ({ sheets }, record) => sheets.upsert("s", { create: { ...others, plain: record } }),
  updateMany: ({ sheets }, record) => sheets.updateMany([{ key: "s", set: { plain: record } }]),
  atomic: (storage, record) => storage.atomic((tx) => tx.sheets.update("s", { plain: record })),
  argument: ({ functions }, record) => functions.own.sum({ values: record }),
};

test("refused", async () => {
  const fetch = () => assert.fail("it was sent");
  const storage = new ConvexStorage("http://127.0.0.1:1", { fetch });
  for (const [name, call] of Object.entries(calls)) {
    for (const key of REFUSED) {
      await assert.rejects(
        async () => await call(storage, own(key, 1)),
        (error) => {
          assert.ok(error instanceof InvalidArgument, `${name} ${key}: ${error.stack}`);
          assert.match(error.message, /cannot hold the key .*: Convex takes keys of printable/);
          return true;
        },
      );
    }
  }
});

test("taken", async () => {
  const storage = new ConvexStorage(process.env.CONVEX_URL, {
    deployKey: process.env.CONVEX_DEPLOY_KEY,
  });
  const { sheets } = storage;
  const whole = Object.fromEntries(TAKEN.map((key, number) => [key, number]));
  const fields = { plain: whole, merged: whole, rowed: whole, free: whole };
  await sheets.save({ ...empty, ...fields });
  const read = await sheets.get("s");
  for (const name of Object.keys(fields)) assert.deepEqual(read[name], whole, name);
  for (const key of TAKEN) {
    await sheets.update("s", { rowed: own(key, 2), merged: own(key, 2) });
    const { rowed, merged } = await sheets.get("s");
    assert.deepEqual([rowed[key], merged[key]], [2, 2]);
  }
  // What is undefined is not there, whatever it is called.
  await sheets.save({ ...empty, plain: { "": undefined, é: undefined } });
  assert.deepEqual((await sheets.get("s")).plain, {});
  assert.equal(await storage.functions.own.sum({ values: own("_a", 3) }), 3);
  await storage.close();
});
"""


def test_typescript(project: Project, backend: EmbeddedBackend) -> None:
    text = PROGRAM.replace("KEYS", json.dumps([TAKEN, REFUSED]))
    client = project.root / "generated" / "typescript" / "index.ts"
    text = text.replace("./generated/typescript/index.js", str(client))
    run_node(["--test", bundle_text(text, project.root)], backend)
