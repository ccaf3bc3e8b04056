"""Queries, searches and HTTP actions that Convex refuses, by its sources."""

from collections.abc import Iterator

import httpx2
import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject

SCHEMA = """
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  rows: defineTable({ i: v.optional(v.int64()), text: v.string(), kind: v.string(),
    vector: v.array(v.float64()) })
    .searchIndex("by_text", { searchField: "text", filterFields: ["kind"] })
    .vectorIndex("by_vector", { vectorField: "vector", dimensions: 2, filterFields: ["kind"] })
    .index("by_kind", ["kind"])
    .index("later", { fields: ["kind", "text"], staged: true })
    .searchIndex("text_later", { searchField: "kind", staged: true })
    .vectorIndex("vector_later", { vectorField: "vector", dimensions: 3, staged: true }),
});
"""
FUNCTIONS = """
import { actionGeneric as action } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
export const seed = mutation(async (ctx) => {
  for (const i of [2n ** 63n - 1n, -(2n ** 63n)])
    await ctx.db.insert("rows", { i, text: "t", kind: "k", vector: [1, 0] });
});
const pages = {
  NaN: { numItems: NaN }, infinite: { numItems: Infinity }, fraction: { numItems: 1.5 },
  negative: { numItems: -1 }, missing: {}, large: { numItems: 32_001 },
  huge: { numItems: 2 ** 53 }, rows: { numItems: 1, maximumRowsRead: -1 },
  bytes: { numItems: 1, maximumBytesRead: 0.5 }, good: { numItems: 32_000, maximumRowsRead: null },
};
export const page = query(async (ctx, { how }) =>
  (await ctx.db.query("rows").paginate({ cursor: null, ...pages[how] })).page.length);
const sums = {
  add: (q) => q.add(q.field("i"), 1n), sub: (q) => q.sub(q.field("i"), 1n),
  mul: (q) => q.mul(q.field("i"), 2n), div: (q) => q.div(q.field("i"), 0n),
  mod: (q) => q.mod(q.field("i"), 0n), quotient: (q) => q.div(q.field("i"), -1n),
  rest: (q) => q.mod(q.field("i"), -1n), neg: (q) => q.neg(q.field("i")),
  good: (q) => q.div(q.field("i"), 2n),
};
export const calculate = query(async (ctx, { how }) =>
  (await ctx.db.query("rows").filter((q) => q.neq(sums[how](q), 0n)).collect()).length);
const searches = {
  none: (q) => q.eq("kind", "k"), two: (q) => q.search("text", "t").search("text", "t"),
  number: (q) => q.search("text", 5), other: (q) => q.search("kind", "k"),
  good: (q) => q.search("text", "t").eq("kind", "k"),
};
export const search = query(async (ctx, { how }) =>
  (await ctx.db.query("rows").withSearchIndex("by_text", searches[how]).collect()).length);
const vectors = {
  NaN: { vector: [NaN, 1] }, infinite: { vector: [Infinity, 1] }, text: { vector: ["a", 1] },
  constant: { vector: [1, 0], filter: () => true },
  and: { vector: [1, 0], filter: (q) => ({ serialize: () => ({ $and: [] }) }) },
  good: { vector: [1, 0], filter: (q) => q.or(q.eq("kind", "k"), q.eq("kind", "l")) },
};
export const near = action(async (ctx, { how }) =>
  (await ctx.vectorSearch("rows", "by_vector", vectors[how])).length);
export const by = query(async (ctx, { how }) =>
  (await ctx.db.query("rows").withIndex(how).collect()).length);
export const searchBy = query(async (ctx, { how }) =>
  (await ctx.db.query("rows").withSearchIndex(how, (q) => q.search("text", "t")).collect()).length);
export const nearBy = action(async (ctx, { how }) =>
  (await ctx.vectorSearch("rows", how, { vector: [1, 0] })).length);
export const stop = query(() => { globalThis.isStopped = true; });
export const log = query(() => { for (let i = 0; i < 300; i++) console.log(i); });
"""
HTTP = """
import { httpActionGeneric as httpAction, httpRouter } from "convex/server";
const http = httpRouter();
const route = (path, handler) => http.route({ path, method: "POST", handler: httpAction(handler) });
route("/length", async (_ctx, request) => new Response(String((await request.bytes()).length)));
route("/bytes", async (_ctx, request) => {
  const sizes = await request.json();
  return new Response(new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  }));
});
route("/endless", async () => new Response(new ReadableStream({
  pull(controller) {
    if (globalThis.isStopped) controller.close();
    else controller.enqueue(new Uint8Array(65536));
  },
})));
route("/nothing", async () => undefined);
route("/object", async () => ({ status: 200 }));
export default http;
"""
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("refused"))
    project.write("schema.js", SCHEMA)
    project.write("a.js", FUNCTIONS)
    project.write("http.js", HTTP)
    with EmbeddedBackend.start(project.root) as started:
        ConvexHttpClient(started.url).mutation("a:seed")
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


REFUSED = {
    ("page", "NaN"): "Invalid arguments for `queryPage`: pageSize must be a whole number, got null",
    ("page", "infinite"): "Invalid arguments for `queryPage`: pageSize ",
    ("page", "fraction"): "pageSize must be a whole number, got 1.5",
    ("page", "negative"): "`options.numItems` must be a positive number. Received `-1`.",
    ("page", "large"): "Requested too many items: 32001",
    ("page", "huge"): "Requested too many items: 9007199254740992",
    ("page", "rows"): "maximumRowsRead must be a whole number, got -1",
    ("page", "bytes"): "maximumBytesRead must be a whole number, got 0.5",
    ("calculate", "add"): "Cannot add 9223372036854775807 and 1: the result is out of range for "
    "Int64",
    ("calculate", "sub"): "Cannot subtract -9223372036854775808 and 1: the result is out of range",
    ("calculate", "mul"): "Cannot multiply 9223372036854775807 and 2: the result is out of range",
    ("calculate", "div"): "Cannot divide 9223372036854775807 by zero",
    ("calculate", "mod"): "Cannot mod 9223372036854775807 by zero",
    ("calculate", "quotient"): "Cannot divide -9223372036854775808 and -1: the result is out of",
    ("calculate", "rest"): "Cannot mod -9223372036854775808 and -1: the result is out of range",
    ("calculate", "neg"): "Cannot negate -9223372036854775808: the result is out of range for",
    ("search", "none"): "Search query against rows.by_text does not contain any search filters. "
    'You must include a search filter like `q.search("text", searchText)`.',
    ("search", "two"): "Search query against rows.by_text contains multiple search filters against "
    '"text". Only one is allowed.',
    ("search", "number"): "must search for a string, got 5",
    ("search", "other"): 'contains a search filter against "kind", which doesn\'t match the '
    'indexed `searchField` "text".',
    ("near", "NaN"): "Invalid argument `vector` for `vectorSearch`: ",
    ("near", "infinite"): "Invalid argument `vector` for `vectorSearch`: ",
    ("near", "text"): "Invalid argument `vector` for `vectorSearch`: ",
    ("near", "constant"): "Filters should be a combination of `q.eq` and `q.or`.",
    ("by", "by_text"): "Index rows.by_text is not a database index",
    ("by", "by_vector"): "Index rows.by_vector is not a database index",
    ("by", "later"): "Index rows.later is currently staged and not available to query until it is "
    "enabled.",
    ("by", "nothing"): "Index rows.nothing not found.",
    ("searchBy", "by_kind"): "Index rows.by_kind is not a search index",
    ("searchBy", "by_vector"): "Index rows.by_vector is not a search index",
    ("searchBy", "text_later"): "Index rows.text_later is currently staged",
    ("searchBy", "nothing"): "Index rows.nothing not found.",
    ("nearBy", "by_kind"): "Index rows.by_kind is not a vector index",
    ("nearBy", "by_text"): "Index rows.by_text is not a vector index",
    ("nearBy", "vector_later"): "Index rows.vector_later is currently staged",
    ("nearBy", "nothing"): "Index rows.nothing not found.",
}
TAKEN = {
    ("by", "by_kind"): 2,
    ("page", "good"): 2,
    ("calculate", "good"): 2,
    ("search", "good"): 2,
    ("near", "good"): 2,
}


def call(client: ConvexHttpClient, path: str, how: str) -> object:
    kind = client.action if path.startswith("near") else client.query
    found: object = kind(f"a:{path}", {"how": how})
    return found


@pytest.mark.parametrize(("path", "how"), REFUSED)
def test_fault_24_queries_that_are_refused(client: ConvexHttpClient, path: str, how: str) -> None:
    """Pages, int64 of filters, searches, and indexes that are others or staged."""
    with pytest.raises(Exception, match="Uncaught Error") as caught:
        call(client, path, how)
    assert REFUSED[path, how] in str(caught.value)


@pytest.mark.parametrize(("path", "how"), TAKEN)
def test_fault_24_queries_beside_them_are_taken(
    client: ConvexHttpClient, path: str, how: str
) -> None:
    assert call(client, path, how) == TAKEN[path, how]


def test_fault_24_lines_beyond_the_limit_are_said_to_be_left_out(backend: EmbeddedBackend) -> None:
    """Source: `MAX_LOG_LINES` of the backend."""
    body = {"path": "a:log", "args": {}}
    lines = web.post(f"{backend.url}/api/query", json=body).json()["logLines"]
    assert len(lines) == 256
    overflow = "[ERROR] Log overflow (maximum 256). Remaining log lines omitted."
    assert lines[-2:] == ["[LOG] 254", overflow]


def test_fault_24_bodies_of_http_actions_are_of_20_mib(backend: EmbeddedBackend) -> None:
    """Source: `HTTP_ACTION_BODY_LIMIT` in the backend's `udf/src/http_action.rs`."""

    def post(path: str, content: bytes) -> httpx2.Response:
        return web.post(f"{backend.site_url}{path}", content=content)

    assert post("/length", bytes(20 * MIB)).text == str(20 * MIB)
    assert post("/length", bytes(20 * MIB + 1)).status_code == 413
    sizes = f"[{12 * MIB}, {8 * MIB}]".encode()
    assert len(post("/bytes", sizes).content) == 20 * MIB
    # What is too much is left out, and said in the log.
    sizes = f"[{12 * MIB}, {9 * MIB}, 1000]".encode()
    assert len(post("/bytes", sizes).content) == 12 * MIB + 1000
    said = "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB"
    assert sum(said in line for line in backend.log_lines()) == 1


def test_an_http_action_that_goes_on_behind_20_mib_keeps_nothing_waiting(
    backend: EmbeddedBackend, client: ConvexHttpClient
) -> None:
    with web.stream("POST", f"{backend.site_url}/endless") as answer:
        parts = answer.iter_bytes(1 * MIB)
        assert sum(len(next(parts)) for _ in range(20)) == 20 * MIB
        client.query("a:stop")
        assert list(parts) == [], "it ends by itself"


@pytest.mark.parametrize("path", ["/nothing", "/object"])
def test_fault_24_an_http_action_returns_a_response(backend: EmbeddedBackend, path: str) -> None:
    answer = web.post(f"{backend.site_url}{path}")
    assert answer.status_code == 500
    assert "HTTP actions must return a Response" in answer.json()["code"]
