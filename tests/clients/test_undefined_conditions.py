"""What a query compares is never undefined or None by accident: it finds no more than was meant.

The TypeScript client refuses `undefined` in what a query is given, and the Python client what would
stand for it, each before anything is sent. Fault 5 was of such a bound.
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from node_program import bundle_text
from project import ROOT, Project, make_project, run, tsc

SPEC = """
convexgen: 1
name: undefined
typescript: {react: true}
lint: {unbounded-list: off}
entities:
  Item:
    table: items
    key: itemId
    access: {read: public}
    fields:
      itemId: string
      kind: string
      at: timestamp
      count: number?
      text: string
      tags: list<string>
      extra: json?
      vector: vector<2>
    indexes:
      by_at: [at]
      by_kind_and_at: [kind, at]
      by_count: {fields: [count], counted: true}
    queries:
      find: {where: [at, count, text, tags, extra.*]}
      ofKind: {by: kind, order: at, where: count}
      numbered: {order: count, windows: true}
    searchIndexes: {searchText: {search: text, filter: [kind, count]}}
    vectorIndexes: {nearest: {vector: vector, filter: [kind, count]}}
"""

# In TypeScript and, where there is one, in Python.
QUERIES = [
    ("byKindAndAt(U)", "by_kind_and_at(None)"),
    ("byAt({ at: U })", "by_at(at=None)"),
    ("byKindAndAt('k', { at: U })", "by_kind_and_at('k', at=None)"),
    *(
        (f"{method}{{ {name}: {{ {bound}: U }} }})", f"{python}{name}=Range({bound}=None))")
        for bound in ("gt", "gte", "lt", "lte")
        for method, python, name in (
            ("byAt(", "by_at(", "at"),
            ("byKindAndAt('k', ", "by_kind_and_at('k', ", "at"),
            ("numbered(", "numbered(", "count"),
        )
    ),
    ("byAt({ at: { gte: 1, lt: U } })", "by_at(at=Range(gte=NOW, lt=None))"),
    ("find({ where: U })", None),
    ("find({ where: { at: U } })", "find(where={'at': None})"),
    ("find({ where: { count: U } })", "find(where={'count': None})"),
    ("find({ where: { at: { lt: U } } })", "find(where={'at': Range(lt=None)})"),
    ("find({ where: { text: { gte: U } } })", "find(where={'text': Range(gte=None)})"),
    ("find({ where: { at: { gte: 1, lt: U } } })", "find(where={'at': Range(gte=NOW, lt=None)})"),
    ("find({ where: { text: { in: U } } })", "find(where={'text': In(None)})"),
    ("find({ where: { text: { in: [U] } } })", "find(where={'text': In([None])})"),
    ("find({ where: { text: { in: ['a'], absent: U } } })", None),
    ("find({ where: { text: { contains: U } } })", "find(where={'text': Contains(None)})"),
    ("find({ where: { text: { contains: [U] } } })", "find(where={'text': Contains(None)})"),
    ("find({ where: { tags: { contains: U } } })", "find(where={'tags': Contains(None)})"),
    ("find({ where: { tags: [U] } })", "find(where={'tags': [None]})"),
    # In JSON, None is null, which is there.
    ("find({ where: { extra: U } })", "find(where={'extra': None})"),
    ("find({ where: { extra: { 'a.b': U } } })", None),
    (
        "find({ where: { extra: { 'a.b': { lt: U } } } })",
        "find(where={'extra': {'a': Range(lt=None)}})",
    ),
    ("find({ where: { extra: { 'a.b': { in: U } } } })", "find(where={'extra': {'a': In(None)}})"),
    ("find({ where: { extra: { 'a.b': { contains: U } } } })", None),
    ("ofKind('k', { where: { count: U } })", "of_kind('k', where={'count': None})"),
    (
        "ofKind('k', { where: { count: { gt: U } } })",
        "of_kind('k', where={'count': Range(gt=None)})",
    ),
    ("searchText('a', { kind: U })", "search_text('a', kind=None)"),
    ("searchText('a', { count: U })", "search_text('a', count=None)"),
    ("nearest([1, 0], { kind: U })", "nearest([1, 0], kind=None)"),
]
PROGRAM = """
import { ConvexStorage, InvalidArgument, UNSET } from "CLIENT";

let sent = 0;
const fetch = async () => { sent += 1; return new Response("{}", { status: 403 }); };
const storage = new ConvexStorage("http://127.0.0.1:1", { deployKey: "key", fetch } as any);
const items = storage.items as any;
const U = undefined;
const forms: Record<string, () => unknown> = {
FORMS
};
const refused: Record<string, string> = {};
for (const [form, ask] of Object.entries(forms)) {
  try {
    await ask();
    refused[form] = "is taken";
  } catch (error) {
    refused[form] = error instanceof InvalidArgument ? error.message : `${error}`;
  }
}
const taken = [
  items.byAt({}), items.byAt({ at: {} }), items.byAt({ order: U }), items.find({}),
  items.find({ where: {} }), items.find({ where: { count: UNSET } }), items.find(U),
  items.find({ where: { count: {} } }), items.searchText("a", { limit: U }), items.byAt(U),
];
console.log(JSON.stringify({ refused, sent, taken: taken.length }));
await storage.close();
"""
TYPES = """
import type { ConvexStorage } from "./generated/typescript/index.js";
import { useItemsByAt } from "./generated/typescript/react/index.js";

type Items = ConvexStorage["items"];

export function use(items: Items, U: undefined, maybe: number | undefined): void {
FORMS
  // @ts-expect-error
  useItemsByAt({ at: U });
  // @ts-expect-error
  useItemsByAt({ at: { lt: maybe } });
  items.byAt({ order: U });
  items.byAt(maybe === undefined ? {} : { at: { lt: maybe } });
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("undefined")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


def test_fault_05_typescript_refuses_what_is_undefined_in_a_query(
    project: Project, tmp_path: Path
) -> None:
    forms = "\n".join(f"{json.dumps(form)}: () => items.{form}," for form, _ in QUERIES)
    client = project.root / "generated" / "typescript" / "index.ts"
    program = PROGRAM.replace("CLIENT", client.as_posix()).replace("FORMS", forms)
    finished = run(["node", bundle_text(program, tmp_path)], ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    told = json.loads(finished.stdout)
    assert (told["sent"], told["taken"]) == (0, 10)
    others = {form: said for form, said in told["refused"].items() if "undefined" not in said}
    assert others == {}
    assert told["refused"]["byAt({ at: { lt: U } })"].endswith(
        "`at.lt` is undefined: leave it out to compare nothing, or find those without a field by "
        "`UNSET`"
    )


def test_fault_05_the_types_refuse_it_too(project: Project) -> None:
    """Where a project has `exactOptionalPropertyTypes`, as the strictest options have it."""
    typed = [form for form, _ in QUERIES if "contains: U" not in form]
    forms = "\n".join(f"  // @ts-expect-error\n  items.{form};" for form in typed)
    (project.root / "use.ts").write_text(TYPES.replace("FORMS", forms))
    options = ["--strict", "--exactOptionalPropertyTypes", "--noEmit", "--module", "NodeNext"]
    options += ["--target", "ES2022", "--types", "node", "--skipLibCheck"]
    checked = run([*tsc(), *options, "use.ts"], project.root)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_fault_05_python_refuses_none_in_a_query(project: Project) -> None:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package: Any = importlib.import_module("undefined_convex")
    names = {name: getattr(package, name) for name in ("Range", "In", "Contains")}
    names["NOW"] = datetime(2026, 1, 1, tzinfo=UTC)
    with package.ConvexStorage("http://127.0.0.1:1", deploy_key="key") as storage:
        for _, form in QUERIES:
            if form is None:
                continue
            with pytest.raises(package.InvalidArgument) as refused:
                eval(f"items.{form}", {**names, "items": storage.items})
            assert any(word in str(refused.value) for word in ("None", "null")), form
