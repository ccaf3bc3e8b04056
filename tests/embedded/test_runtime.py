"""What functions compute, whatever machine they run on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from small_project import SmallProject

FUNCTIONS = """
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
const local = () => [
  new Date(0).getHours(), new Date(2020, 0, 1).getTime(),
  new Date(0).toString(), new Date(0).toLocaleString(),
  (1234.5).toLocaleString(), new Intl.DateTimeFormat().resolvedOptions().timeZone,
  new Intl.NumberFormat().resolvedOptions().locale,
];
export const inQuery = query(local);
export const inMutation = mutation(local);
export const inAction = action(local);
const sparse = () => { const list = [1]; list[2] = 3; return { list }; };
export const sparseQuery = query(sparse);
export const sparseMutation = mutation(sparse);
export const sparseAction = action(sparse);
export const nested = query(async (ctx) => await ctx.runQuery(ref("a:sparseQuery")));
export const validated = query({
  handler: sparse, returns: v.object({ list: v.array(v.union(v.number(), v.null())) }) });
export const refused = query({
  handler: sparse, returns: v.object({ list: v.array(v.number()) }) });
export const stored = mutation(
  async (ctx) => await ctx.db.get(await ctx.db.insert("lists", sparse())));
const attempt = (work) => {
  try { return work(); } catch (error) {
    return `${error.name}: ${error.message} ${error instanceof EvalError}`;
  }
};
export const generated = query(() => [
  attempt(() => eval("1")), attempt(() => (0, eval)("1")), attempt(() => globalThis.eval("1")),
  attempt(() => new Function("return 1")()), attempt(() => Function("return this")()),
  attempt(() => new globalThis.Function("return 1")),
]);
export const ordinary = query(() => [
  eval(3), typeof eval, typeof Function, (() => 0) instanceof Function, attempt instanceof Function,
  ({}) instanceof Function, Function.prototype.toString.call(Math.max).includes("native"),
  Object.getPrototypeOf(attempt) === Function.prototype, eval.name, Function.name,
]);
"""
NODE = """
"use node";
import { actionGeneric as action } from "convex/server";
export const local = action(() => [new Date(0).getHours(), new Date(0).toString()]);
export const generated = action(() => new Function("return eval('1 + 1')")());
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("runtime"))
    project.write("a.js", FUNCTIONS)
    project.write("n.js", NODE)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "America/New_York")
        for name in ("LANG", "LANGUAGE", "LC_ALL"):
            environment.setenv(name, "de_DE.UTF-8")
        started = EmbeddedBackend.start(project.root)
    with started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_fault_24_local_time_and_language_are_those_of_convex(
    client: ConvexHttpClient, kind: str
) -> None:
    """UTC, as `ensure_utc` of the backend's `common/src/utils.rs`, and English."""
    assert getattr(client, kind)(f"a:in{kind.title()}") == [
        0,
        1577836800000,
        "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
        "1/1/1970, 12:00:00 AM",
        "1,234.5",
        "UTC",
        "en-US",
    ]


def test_fault_24_local_time_with_use_node(client: ConvexHttpClient) -> None:
    assert client.action("n:local") == [
        0,
        "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
    ]


@pytest.mark.parametrize("format_", ["json", "convex_encoded_json"])
def test_fault_24_what_an_array_does_not_have_is_null(
    backend: EmbeddedBackend, format_: str
) -> None:
    def answer(kind: str, path: str) -> Any:
        body = {"path": f"a:{path}", "args": {}, "format": format_}
        return web.post(f"{backend.url}/api/{kind}", json=body).json()

    for kind, path in {
        "sparseQuery": "query",
        "sparseMutation": "mutation",
        "sparseAction": "action",
        "nested": "query",
        "validated": "query",
        "stored": "mutation",
    }.items():
        value = answer(path, kind)["value"]
        assert value["list"] == [1, None, 3]
    refused = answer("query", "refused")["errorMessage"]
    assert "Path: .list[1]\nValue: null\n" in refused


def test_fault_24_no_code_is_made_of_texts(client: ConvexHttpClient) -> None:
    """But for `"use node"`."""
    refused = "EvalError: Code generation from strings disallowed for this context true"
    assert client.query("a:generated") == [refused] * 6
    assert client.query("a:ordinary") == [
        *(3, "function", "function", True, True),
        *(False, True),
        *(True, "eval", "Function"),
    ]
    assert client.action("n:generated") == 2


def test_fault_24_a_module_that_makes_code_of_texts_is_refused(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("a.js", 'export const compiled = new Function("return 1");')
    with pytest.raises(BackendFailed, match="Code generation from strings disallowed"):
        EmbeddedBackend.start(project.root)
