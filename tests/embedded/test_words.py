"""What functions are told, and how they are called, in the backend's words."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from convex.http_client import ConvexExecutionError, ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from pydantic_core import from_json
from small_project import SmallProject

SCHEMA = """
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  notes: defineTable({ text: v.string() }), users: defineTable({ name: v.string() }),
  points: defineTable({ at: v.any(), kind: v.string() })
    .vectorIndex("by_at", { vectorField: "at", dimensions: 3, filterFields: ["kind"] }),
});
"""

WRITES = """
import { action, mutation } from "./_generated/server";
import { v } from "convex/values";
const args = { id: v.string(), table: v.optional(v.string()) };
const given = (table: string | undefined, ...rest: any[]): any =>
  table === undefined ? rest : [table, ...rest];
const value = { text: "changed" };
export const add = mutation({ args: { table: v.string(), value: v.any() },
  handler: async ({ db }, { table, value }) => await db.insert(table as any, value) });
export const get = mutation({ args, handler: async ({ db }: any, { id, table }) =>
  await db.get(...given(table, id)) });
export const patch = mutation({ args, handler: async ({ db }: any, { id, table }) => {
  await db.patch(...given(table, id, value)); } });
export const replace = mutation({ args, handler: async ({ db }: any, { id, table }) => {
  await db.replace(...given(table, id, value)); } });
export const remove = mutation({ args, handler: async ({ db }: any, { id, table }) => {
  await db.delete(...given(table, id)); } });
export const nearest = action({ args: { vector: v.any(), limit: v.optional(v.number()),
  field: v.string(), count: v.number() },
  handler: async (ctx, { vector, limit, field, count }) => await ctx.vectorSearch(
    "points", "by_at", { vector, limit, filter: count === 0 ? undefined : (q: any) =>
      q.or(...Array.from({ length: count }, (_, n) => q.eq(field, `k${n}`))) } as any) });
"""

WRONG_IDS = """
import { action, mutation } from "./_generated/server";
import { v } from "convex/values";
const args = { operation: v.string(), id: v.any() };
/** What the operation is told of the id, null when it is not refused. */
const handler = async (ctx: any, { operation, id }: { operation: string, id: any }) => {
  const calls: { [operation: string]: () => any } = {
    "scheduler.cancel": () => ctx.scheduler.cancel(id),
    "storage.get": () => ctx.storage.get(id),
    "storage.getUrl": () => ctx.storage.getUrl(id),
    "storage.getMetadata": () => ctx.storage.getMetadata(id),
    "storage.delete": () => ctx.storage.delete(id),
    "db.system.get": () => ctx.db.system.get(id),
    "db.normalizeId": () => ctx.db.normalizeId("notes", id),
    "db.patch": () => ctx.db.patch(id, {}),
    "db.replace": () => ctx.db.replace(id, {}),
    "db.delete": () => ctx.db.delete(id),
  };
  try { await calls[operation]!(); return null; } catch (error) { return (error as Error).message; }
};
export const inMutation = mutation({ args, handler });
export const inAction = action({ args, handler });
export const getMetadataOfNothing = mutation({ args: {}, handler: async ({ storage }: any) => {
  try { return await storage.getMetadata(); } catch (error) { return (error as Error).message; }
} });
"""

SYSTEM_TABLES = """
import { internalMutation, mutation } from "./_generated/server";
import { anyApi } from "convex/server";
import { v } from "convex/values";
export const nothing = internalMutation({ args: {}, handler: async () => {} });
export const rows = mutation({ args: {}, handler: async ({ db, storage, scheduler }) => ({
  notes: await db.insert("notes", { text: "a" }),
  _storage: await storage.store(new Blob(["abc"], { type: "text/plain" })),
  _scheduled_functions: await scheduler.runAfter(3_600_000, anyApi.systemTables.nothing, {}),
}) });
/** What `operation` is told of `id`, null when it is not refused. */
const args = { operation: v.string(), form: v.string(), table: v.string(), id: v.string() };
export const refusal = mutation({ args, handler: async (ctx, { operation, form, table, id }) => {
  const all: any = ctx.db;
  const db: any = operation.startsWith("system.") ? all.system : all;
  const name = operation.replace("system.", "");
  const rest = name === "patch" ? [{ a: 1 }] : name === "replace" ? [{ text: "b" }] : [];
  const calls: { [form: string]: () => any } = {
    id: () => db[name](id, ...rest),
    "table and id": () => db[name](table, id, ...rest),
    "of the table": () => db.table(table)[name](id, ...rest),
    table: () => name === "query" ? db.query(table).collect() : db.insert(table, { text: "b" }),
    "rows of the table": () =>
      name === "query" ? db.table(table).query().collect() : db.table(table).insert({ text: "b" }),
    "system call": () => (globalThis as any).Convex.asyncSyscall(
      "1.0/insert", JSON.stringify({ table, value: { text: "b" } })),
  };
  try { await calls[form]!(); return null; } catch (error) { return (error as Error).message; }
} });
export const read = mutation({ args: { table: v.string(), id: v.string() },
  handler: async ({ db }, { table, id }): Promise<any> => {
    const system: any = db.system;
    return [await system.get(id), await system.get(table, id), system.normalizeId(table, id)];
  } });
"""

HALVES = r"""
import { httpAction, mutation } from "./_generated/server";
import { v } from "convex/values";
export const name = mutation({ args: {}, handler: async ({ db }) => {
  await db.insert("points", { at: { "\u{1F44D}": 1 }, kind: "k" });
} });
export const long = mutation({ args: { start: v.number() }, handler: (_ctx, { start }) => {
  console.log(start, ...Array(5).fill("\u{1F44D}".repeat(4999)));
  throw new Error(start + "\u{1F44D}".repeat(40_000));
} });
export const thrown = httpAction(async () => { throw new Error("\ud83d"); });
"""

HTTP = """
import { httpRouter } from "convex/server";
import { thrown } from "./halves";
const http = httpRouter();
http.route({ path: "/thrown", method: "GET", handler: thrown });
export default http;
"""

DEFAULTS = """
import { query, mutation, internalMutation } from "%s_generated/server";
import { anyApi } from "convex/server";
import { v } from "convex/values";
export default query({ args: { fail: v.optional(v.boolean()) }, handler: async (ctx, { fail }) => {
  console.log("called");
  if (fail) throw new Error("failed");
  return (await (ctx as any).meta.getFunctionMetadata()).name;
} });
export const inside = mutation({ args: {}, handler: async (ctx): Promise<any> => [
  await ctx.runQuery(anyApi.messages.default, {}),
  await ctx.runQuery(anyApi.deep.messages.default, {}),
] });
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("words"))
    project.write("schema.ts", SCHEMA)
    project.write("writes.ts", WRITES)
    project.write("systemTables.ts", SYSTEM_TABLES)
    project.write("wrongIds.ts", WRONG_IDS)
    project.write("messages.ts", DEFAULTS % "./")
    project.write("deep/messages.ts", DEFAULTS % "../")
    project.write("halves.ts", HALVES)
    project.write("http.ts", HTTP)
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


def add(client: ConvexHttpClient, table: str, value: dict[str, Any]) -> Any:
    return client.mutation("writes:add", {"table": table, "value": value})


OPERATIONS = {"get": "get", "patch": "patch", "replace": "replace", "remove": "delete"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_fault_25_ids_of_other_tables(client: ConvexHttpClient, name: str) -> None:
    """With the table's name first; without it, an id is of its own table."""
    note = add(client, "notes", {"text": "a"})
    with pytest.raises(ConvexExecutionError) as caught:
        client.mutation(f"writes:{name}", {"id": note, "table": "users"})
    assert (
        f"Invalid argument `id` for `db.{OPERATIONS[name]}`: expected to be an "
        'Id<"users">, got Id<"notes"> instead.'
    ) in str(caught.value)
    client.mutation(f"writes:{name}", {"id": note, "table": "notes"})


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("table", [None, "notes"])
def test_fault_25_what_is_no_id(client: ConvexHttpClient, name: str, table: str | None) -> None:
    note = add(client, "notes", {"text": "a"})
    damaged = ("k" if note[0] != "k" else "j") + note[1:]
    named = {} if table is None else {"table": table}
    for text, reason in {
        "": "Invalid ID length 0",
        "garbage": "Invalid ID length 7",
        "u" * 32: "ID wasn't valid base32",
        damaged: "Invalid ID version",
        "0" * 32: "Invalid table number",
    }.items():
        with pytest.raises(ConvexExecutionError) as caught:
            client.mutation(f"writes:{name}", {"id": text, **named})
        place = f"Invalid argument `id` for `db.{OPERATIONS[name]}`: Unable to decode ID: "
        assert place + reason in str(caught.value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_fault_25_ids_of_no_table(client: ConvexHttpClient, name: str) -> None:
    """Of another deployment, say: nothing is found by them, and nothing can be changed."""
    foreign = encoded(9_999)
    if name == "get":
        assert client.mutation("writes:get", {"id": foreign}) is None
        return
    with pytest.raises(ConvexExecutionError) as caught:
        client.mutation(f"writes:{name}", {"id": foreign})
    place = f"Invalid argument `id` for `db.{OPERATIONS[name]}`: "
    assert f'{place}Table for ID "{foreign}" not found' in str(caught.value)


def encoded(table_number: int) -> str:
    """An id as Convex writes it, of a table with this number."""
    module = Path(sys.modules[EmbeddedBackend.__module__].__file__ or "").parent
    script = (
        f'import {{ encodeId }} from "{(module / "server" / "database" / "ids.mjs").as_uri()}";'
        f"console.log(encodeId({table_number}, new Uint8Array(16)));"
    )
    command = ["node", "--input-type=module", "--eval", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


FILES = ("storage.getUrl", "storage.getMetadata", "storage.delete")
CALLED = {"scheduler.cancel": "db.cancel_job", "storage.get": "storage.getMetadata"}
"""What the backend calls an operation, where it is another name."""

WRONG_IDS_OF = [
    *(("inMutation", operation) for operation in (*FILES, "scheduler.cancel")),
    *(("inAction", operation) for operation in (*FILES, "storage.get", "scheduler.cancel")),
]


@pytest.mark.parametrize(("function", "operation"), WRONG_IDS_OF)
def test_fault_25_wrong_ids_of_files_and_jobs(
    client: ConvexHttpClient, function: str, operation: str
) -> None:
    note = add(client, "notes", {"text": "a"})
    called = CALLED.get(operation, operation)
    if operation == "scheduler.cancel":
        none = f"Invalid argument `id` for `{called}`: Unable to decode ID: Invalid ID length 1"
        other = (
            "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' "
            "table."
        )
    else:
        none = (
            f'Invalid argument `storageId` for `{called}`: Invalid storage ID: "x". Storage ID '
            f"should be an\n{' ' * 20}Id of '_storage' table, or a UUID string."
        )
        other = "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'."
    for wrong, refusal in (("x", none), (note, other), (encoded(9_999), other)):
        assert refusal_of(client, function, operation, wrong) == refusal


@pytest.mark.parametrize("function", ["inMutation", "inAction"])
def test_fault_25_files_and_jobs_that_are_gone(client: ConvexHttpClient, function: str) -> None:
    """An id of a file was a UUID once."""
    uuid = "cfbd8ed6-8d21-4ac4-a1b9-cdd4b9d6a9c3"
    assert refusal_of(client, function, "storage.getUrl", uuid) is None
    assert refusal_of(client, function, "storage.getMetadata", uuid) is None
    assert refusal_of(client, function, "storage.delete", uuid) == f"storage id {uuid} not found"
    assert refusal_of(client, function, "scheduler.cancel", encoded(2)) is None


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        *WRONG_IDS_OF,
        ("inMutation", "db.normalizeId"),
        ("inMutation", "db.patch"),
        ("inMutation", "db.replace"),
        ("inMutation", "db.delete"),
    ],
)
def test_fault_25_ids_that_are_no_texts(
    client: ConvexHttpClient, function: str, operation: str
) -> None:
    for value, described in (
        (None, "null"),
        (True, "boolean `true`"),
        (5.0, "integer `5`"),
        (1.5, "floating point `1.5`"),
        (["x"], "sequence"),
        ({"id": "x"}, "map"),
    ):
        assert refusal_of(client, function, operation, value) == (
            f"Invalid arguments for `{CALLED.get(operation, operation)}`: invalid type: "
            f"{described}, expected a string"
        )
    assert client.mutation("wrongIds:getMetadataOfNothing", {}) == (
        "Invalid arguments for `storage.getMetadata`: missing field `storageId`"
    )


def test_fault_25_what_is_no_id_of_db_system(client: ConvexHttpClient) -> None:
    assert refusal_of(client, "inMutation", "db.system.get", "x") == (
        "Invalid argument `id` for `db.system.get`: Unable to decode ID: Invalid ID length 1"
    )


def refusal_of(client: ConvexHttpClient, function: str, operation: str, value: Any) -> Any:
    call = client.action if function == "inAction" else client.mutation
    return call(f"wrongIds:{function}", {"operation": operation, "id": value})


BY_ID = ("id", "table and id", "of the table")
SYSTEM_TABLE = "System tables can only be accessed with db.system."
USER_TABLE = "User tables cannot be accessed with db.system."
OF_SYSTEM_TABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "get": (BY_ID, SYSTEM_TABLE),
    "patch": (BY_ID, SYSTEM_TABLE),
    "replace": (BY_ID, SYSTEM_TABLE),
    "delete": (BY_ID, SYSTEM_TABLE),
    "insert": (
        ("table", "rows of the table"),
        "System tables (prefixed with `_`) are read-only.",
    ),
    "insert by hand": (("system call",), SYSTEM_TABLE),
    "query": (
        ("table", "rows of the table"),
        "System tables can only be accessed from db.system.query().",
    ),
    "normalizeId": (
        ("table and id",),
        "System tables can only be accessed from db.system.normalizeId().",
    ),
}
OF_USER_TABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "system.get": (BY_ID, USER_TABLE),
    "system.query": (
        ("table", "rows of the table"),
        "User tables can only be accessed from db.query().",
    ),
    "system.normalizeId": (
        ("table and id",),
        "User tables can only be accessed from db.normalizeId().",
    ),
}


@pytest.mark.parametrize(
    ("table", "operation", "form"),
    [
        (table, operation, form)
        for tables, operations in (
            (("_storage", "_scheduled_functions"), OF_SYSTEM_TABLES),
            (("notes",), OF_USER_TABLES),
        )
        for table in tables
        for operation, (forms, _) in operations.items()
        for form in forms
    ],
)
def test_fault_25_system_tables_are_read_by_db_system_alone(
    client: ConvexHttpClient, table: str, operation: str, form: str
) -> None:
    rows = client.mutation("systemTables:rows", {})
    before = {
        name: client.mutation("systemTables:read", {"table": name, "id": rows[name]})
        for name in ("_storage", "_scheduled_functions")
    }
    for name, (found, again, normalized) in before.items():
        assert found == again
        assert found["_id"] == normalized == rows[name]
    args = {"operation": operation, "form": form, "table": table, "id": rows[table]}
    _, refusal = (OF_SYSTEM_TABLES | OF_USER_TABLES)[operation]
    assert client.mutation("systemTables:refusal", args) == refusal
    for name, read in before.items():
        assert client.mutation("systemTables:read", {"table": name, "id": rows[name]}) == read


def test_fault_25_ids_of_system_tables_where_others_are_named(client: ConvexHttpClient) -> None:
    """Writes say first that the table is another one; a read says first that it is a system's."""
    rows = client.mutation("systemTables:rows", {})
    for operation in ("get", "patch", "replace", "delete"):
        args = {"operation": operation, "form": "table and id", "table": "notes"}
        refusal = client.mutation("systemTables:refusal", {**args, "id": rows["_storage"]})
        named = (
            f"Invalid argument `id` for `db.{operation}`: expected to be an "
            'Id<"notes">, got Id<"_storage"> instead.'
        )
        assert refusal == (SYSTEM_TABLE if operation == "get" else named)
    args = {"operation": "system.get", "form": "table and id", "table": "_storage"}
    job = {"id": rows["_scheduled_functions"]}
    assert client.mutation("systemTables:refusal", {**args, **job}) == (
        "Invalid argument `id` for `db.system.get`: expected to be an "
        'Id<"_storage">, got Id<"_scheduled_functions"> instead.'
    )


def test_fault_25_names_of_tables(client: ConvexHttpClient) -> None:
    with pytest.raises(ConvexExecutionError) as caught:
        add(client, "my-notes", {})
    assert (
        "Invalid argument `table` for `db.insert`: Identifier my-notes has invalid character '-': "
        "Identifiers can only contain alphanumeric characters or underscores"
    ) in str(caught.value)


VECTORS: dict[str, tuple[dict[str, Any], str]] = {
    "too short": ({"vector": [1.0]}, "Expected a vector with dimensions 3, received 1."),
    "too long": ({"vector": [1.0] * 4}, "Expected a vector with dimensions 3, received 4."),
    "too many results": (
        {"vector": [1.0] * 3, "limit": 257.0},
        "Vector queries can fetch at most 256 results, requested 257.",
    ),
    "another field": (
        {"vector": [1.0] * 3, "field": "text", "count": 1.0},
        'Vector query against points.by_at contains a filter on "text" but that field isn\'t '
        "indexed for filtering in `filterFields`.",
    ),
    "too many conditions": (
        {"vector": [1.0] * 3, "count": 65.0},
        "Vector query against points.by_at has too many conditions. Max: 64 Actual: 65",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_fault_25_searches_for_vectors(client: ConvexHttpClient, name: str) -> None:
    args, message = VECTORS[name]
    with pytest.raises(ConvexExecutionError) as caught:
        client.action("writes:nearest", {"field": "kind", "count": 0.0, **args})
    assert message in str(caught.value)


def test_fault_25_documents_with_other_vectors(client: ConvexHttpClient) -> None:
    """A document is not refused for its vector, which is in no index then."""
    at: dict[str, Any] = {
        "short": [1.0],
        "fits": [1.0, 0.0, 0.0],
        "long": [1.0] * 4,
        "text": "none",
    }
    ids = {kind: add(client, "points", {"at": one, "kind": kind}) for kind, one in at.items()}
    args: dict[str, Any] = {"vector": [1.0, 0.0, 0.0], "field": "kind", "count": 0.0}
    assert [found["_id"] for found in client.action("writes:nearest", args)] == [ids["fits"]]


@pytest.mark.parametrize("module", ["messages", "deep/messages"])
def test_fault_25_default_exports_are_called_as_their_module(
    backend: EmbeddedBackend, client: ConvexHttpClient, module: str
) -> None:
    """By clients, over HTTP, by functions, in the log, in errors and in the function spec."""
    for name in (module, f"{module}:default", f"{module}.js", f"{module}.js:default"):
        assert client.query(name) == module
    body = {"path": module, "args": {}, "format": "json"}
    assert httpx2.post(f"{backend.url}/api/query", json=body).json()["value"] == module
    answer = httpx2.post(f"{backend.url}/api/run/{module}/default", json={"args": {}}).json()
    assert answer["value"] == module
    assert client.mutation("messages:inside") == ["messages", "deep/messages"]
    said = [line for line in backend.log_lines() if "called" in line]
    assert f"[CONVEX Q({module})] [LOG] 'called'" in said
    assert not any("default" in line for line in said)
    with pytest.raises(Exception, match=f"Could not find public function for '{module}/absent'"):
        client.query(f"{module}/absent")
    with pytest.raises(Exception, match=f"Trying to execute {module}.js:default as Mutation"):
        client.mutation(module)
    client.set_admin_auth(backend.admin_key)
    spec = client.query("_system/cli/modules:apiSpec")
    functions = json.loads(spec) if isinstance(spec, str) else spec
    assert f"{module}.js:default" in {function.get("identifier") for function in functions}


def test_texts_have_no_half_of_a_character(backend: EmbeddedBackend) -> None:
    """Such as the first unit of a field's name, which Convex's package for values repeats."""

    def failed(name: str, **arguments: int) -> Any:
        call = {"path": f"halves:{name}", "args": arguments, "format": "json"}
        # Other readers of JSON take them.
        return from_json(httpx2.post(f"{backend.url}/api/mutation", json=call).content)

    replaced = "\N{REPLACEMENT CHARACTER}"
    assert f"has invalid character '{replaced}'" in failed("name")["errorMessage"]
    for start in (1, 12):
        answer = failed("long", start=start)
        (line,) = answer["logLines"]
        assert line.endswith(replaced) == (start == 12)
        assert answer["errorMessage"].endswith(f"{replaced}\n") == (start == 1)
    thrown = from_json(httpx2.get(f"{backend.site_url}/thrown").content)
    assert f"Uncaught Error: {replaced}" in thrown["code"]
