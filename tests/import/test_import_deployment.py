"""`convexgen import --deployment`: what a deployment says of itself to who has its key."""

from __future__ import annotations

import copy
import json
import random
import shutil
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.cli.import_deployment import undeclared
from convexgen.cli.project import spec_name
from convexgen.deployed import DeploymentFailed, find_deployment, read_deployment, reading
from convexgen.embedded import EmbeddedBackend
from convexgen.importing.comments import Comments
from convexgen.importing.exported import read_exported
from convexgen.importing.names import Known
from convexgen.importing.project import Target, draft_spec
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT, Project
from raw_server import answer_of, answering, listening, requests_of

KEYLESS = Path(__file__).parent / "projects" / "keyless" / "convex"
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema(
  {
    users: defineTable({ name: v.string(), age: v.optional(v.int64()) })
      .index("by_name", ["name"])
      .searchIndex("search_name", { searchField: "name", filterFields: ["age"] }),
  },
  { schemaValidation: false },
);
"""
FUNCTIONS = """\
import { v } from "convex/values";
import { internalMutation, query } from "./_generated/server";

export const greet = query({
  args: { name: v.string(), times: v.union(v.literal(1n), v.literal(2n)) },
  returns: v.string(),
  handler: (_, { name }) => `Hello, ${name}`,
});

export const fill = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const user = await ctx.db.insert("users", { name: "Ada" });
    const file = await ctx.db.insert("visits" as any, {
      user,
      at: 1.5,
      count: 2n,
      places: [{ town: "Oslo" }, { town: "Bergen", zip: null }],
      nothing: [],
      byKey: { "a b": true },
      raw: new ArrayBuffer(1),
    });
    await ctx.db.insert("visits" as any, { user: file, at: null, count: 3n });
    const gone = await ctx.db.insert("gone" as any, {});
    await ctx.db.delete(gone);
    return null;
  },
});
"""
VISITS = """\
  Visit:
    table: visits
    fields:
      at: number | null
      byKey: record<string, boolean>?
      count: int64
      nothing: list<any>?
      places: { list: { object: { town: string, zip: null? } }, optional: true }
      raw: bytes?
      user: id<User> | id<Visit>
"""


def new_project(root: Path) -> Project:
    (root / "convex").mkdir(parents=True)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    return Project(root)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Project:
    """A folder without the functions."""
    project = new_project(tmp_path / "elsewhere")
    (project.root / "convex").rmdir()
    return project


def name_deployment(monkeypatch: pytest.MonkeyPatch, url: str, key: str) -> None:
    monkeypatch.setenv("CONVEX_SELF_HOSTED_URL", url)
    monkeypatch.setenv("CONVEX_SELF_HOSTED_ADMIN_KEY", key)


def test_every_table_of_a_deployment_comes_back(
    tmp_path: Path, elsewhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = new_project(tmp_path / "served")
    shutil.copytree(KEYLESS, served.root / "convex", dirs_exist_ok=True)
    with EmbeddedBackend.start(served.root) as backend:
        name_deployment(monkeypatch, backend.url, backend.admin_key)
        done = elsewhere.convexgen("import", "--deployment", "--name", "keyless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The spec gives the same schema." in done.stdout
    assert served.convexgen("import", "--name", "keyless").returncode == 0

    def tables(project: Project) -> list[str]:
        text = (project.root / "schema" / "keyless.yaml").read_text()
        return [line for line in text.splitlines() if line.startswith("    table: ")]

    assert tables(elsewhere) == tables(served)
    assert elsewhere.convexgen("generate").returncode == 0


def test_what_is_in_no_schema_is_of_the_types_of_its_documents(
    tmp_path: Path, elsewhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = new_project(tmp_path / "served")
    (served.root / "convex" / "schema.ts").write_text(SCHEMA)
    (served.root / "convex" / "people.ts").write_text(FUNCTIONS)
    with EmbeddedBackend.start(served.root) as backend:
        client = ConvexHttpClient(backend.url)
        client.set_admin_auth(backend.admin_key)
        client.mutation("people:fill")
        name_deployment(monkeypatch, backend.url, backend.admin_key)
        done = elsewhere.convexgen("import", "--deployment", "--name", "crm")
        assert done.returncode == 0, done.stdout + done.stderr
        text = (elsewhere.root / "schema" / "crm.yaml").read_text()
        again = elsewhere.convexgen("import", "--deployment", "--name", "crm")
    assert again.returncode == 0, again.stdout + again.stderr
    assert (elsewhere.root / "schema" / "crm.yaml").read_text() == text
    assert "visits is in no schema" in done.stdout
    assert "gone is left out: it is in no schema and has no documents." in done.stderr
    assert f"What {backend.url} says" in text
    assert "schemaValidation: false" in text
    assert "schema: theirs" not in text
    assert "key" not in text.replace("byKey", "")
    assert VISITS in text
    assert "people:greet" in (elsewhere.root / "schema" / "crm.functions.json").read_text()
    assert elsewhere.convexgen("generate").returncode == 0


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            "401 Unauthorized",
            '{"code": "BadAdminKey"}',
            "does not take the key, or it may not read data",
        ),
        ("302 Found\r\nLocation: http://127.0.0.1:1", "", "answers 302"),
        ("500 Oops", "broken", "answers 500: broken"),
        ("200 OK", "<html>", "does not answer with JSON: is that the URL of a deployment?"),
        ("200 OK", '{"status": "error", "errorMessage": "No."}', "does not say what it holds: No."),
    ],
)
def test_what_is_no_answer_is_said(
    status: str, body: str, said: str, elsewhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with answering(answer.encode()) as server:
        name_deployment(monkeypatch, server.url.removesuffix("/api/query"), "a|key")
        done = elsewhere.convexgen("import", "--deployment")
    assert done.returncode == 2
    assert said in done.stderr
    assert "a|key" not in done.stderr
    assert not (elsewhere.root / "schema").exists()


@pytest.mark.parametrize("schema", ["{}", '{"tables": {}}', "[]", '"tables"'])
def test_a_schema_without_tables_is_an_error(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"_system/frontend/getSchemas:default": {"active": schema}}
    name_deployment(monkeypatch, "http://127.0.0.1:1", "a|key")

    def answer(_: object, path: str, body: dict[str, str] | None) -> object:
        asked = "" if body is None else body["path"]
        return {} if body is None else {"status": "success", "value": answers.get(asked, [])}

    monkeypatch.setattr(reading, "_answer", answer)
    with pytest.raises(DeploymentFailed, match="does not answer with what it holds"):
        read_deployment(find_deployment(None))


def test_a_deployment_and_its_key_are_to_be_named(
    elsewhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = elsewhere.convexgen("import", "--deployment")
    assert (done.returncode, "CONVEX_URL is not set" in done.stderr) == (2, True)
    monkeypatch.setenv("CONVEX_URL", "http://127.0.0.1:1")
    done = elsewhere.convexgen("import", "--deployment")
    assert (done.returncode, "set CONVEX_DEPLOY_KEY" in done.stderr) == (2, True)
    monkeypatch.setenv("CONVEX_DEPLOY_KEY", "a|key")
    done = elsewhere.convexgen("import", "--deployment")
    assert (done.returncode, "cannot be reached" in done.stderr) == (2, True)
    done = elsewhere.convexgen("import", "--deployment", ".")
    assert (done.returncode, "and no SOURCE" in done.stderr) == (2, True)


def nested(depth: int, around: Callable[[Any], Any], inner: Any) -> Any:
    for _ in range(depth):
        inner = around(inner)
    return inner


DECLARED: Any = {
    "tables": [
        {
            "tableName": "users",
            "indexes": [{"indexDescriptor": "by_name", "fields": ["name"]}],
            "searchIndexes": [{"indexDescriptor": "s", "searchField": "name", "filterFields": []}],
            "vectorIndexes": [{"indexDescriptor": "v", "vectorField": "e", "dimensions": 3}],
            "documentType": {
                "type": "object",
                "value": {
                    "name": {"fieldType": {"type": "string"}, "optional": False},
                    "age": {
                        "fieldType": {
                            "type": "union",
                            "value": [
                                {"type": "id", "tableName": "users"},
                                {"type": "literal", "value": {"$integer": "AQAAAAAAAAA="}},
                            ],
                        },
                        "optional": True,
                    },
                    "r": {
                        "fieldType": {
                            "type": "record",
                            "keys": {"type": "string"},
                            "values": {"fieldType": {"type": "any"}, "optional": False},
                        },
                        "optional": True,
                    },
                    "e": {
                        "fieldType": {"type": "array", "value": {"type": "number"}},
                        "optional": False,
                    },
                },
            },
        }
    ],
    "schemaValidation": True,
}
SHAPES: Any = {
    "users": {"type": "Object", "fields": []},
    "visits": {
        "type": "Object",
        "fields": [
            {
                "fieldName": "at",
                "optional": False,
                "shape": {
                    "type": "Union",
                    "shapes": [{"type": "Float64"}, {"type": "Id", "tableName": "users"}],
                },
            },
            {
                "fieldName": "all",
                "optional": True,
                "shape": {"type": "Array", "shape": {"type": "String"}},
            },
            {
                "fieldName": "by",
                "optional": True,
                "shape": {
                    "type": "Record",
                    "keyShape": {"type": "String"},
                    "valueShape": {"optional": False, "shape": {"type": "Int64"}},
                },
            },
        ],
    },
}
SAID: Any = {
    "declared": DECLARED,
    "functions": [{"identifier": "people.js:greet", "functionType": "Query"}],
    "shapes": SHAPES,
}
STRANGE: list[Any] = [
    *(None, True, 0, -1, 1e400, 2**70, "", "x", "\0", "\x1b[31mred", "../x", "__proto__", "a b"),
    *("x" * 5000, [], {}, [[]], [None], {"type": "any"}, {"type": "Never"}, {"type": "Tuple"}),
    *({"type": "union", "value": []}, {"type": "object", "value": {}}, {"type": "function"}),
    *({"type": "literal", "value": {"$integer": "zz"}}, {"type": "literal", "value": None}),
    *({"type": "literal", "value": {"$float": "AA"}}, {"type": "id", "tableName": "nope"}),
    *({"type": "Union", "shapes": []}, {"type": "Array", "shape": {"type": "Tuple"}}),
    *(nested(60, lambda inner: {"type": "array", "value": inner}, {"type": "any"}),),
    *(nested(60, lambda inner: {"type": "Array", "shape": inner}, {"type": "Null"}),),
    *(nested(900, lambda inner: {"type": "array", "value": inner}, {"type": "any"}),),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list) and len(path) < 12:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in inner:
            yield from places(one, (*path, name))


def changed(chance: random.Random) -> Any:
    """What a deployment says, changed in some places."""
    said: Any = copy.deepcopy(SAID)
    for _ in range(chance.randint(1, 3)):
        *above, last = chance.choice(list(places(said)))
        holder: Any = said
        for step in above:
            holder = holder[step]
        match chance.randrange(4):
            case 0:
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(["type", "\x1b[0m", "a b", "tableName"])] = holder.pop(last)
            case _:
                holder[last] = chance.choice(STRANGE)
        said = {**dict.fromkeys(SAID), **said}
    return said


@contextmanager
def saying(said: list[Any], monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A deployment that says the last of these."""

    def serve(connection: socket.socket) -> None:
        for request in requests_of(connection):
            answer = said[-1]["shapes"]
            if request.startswith(b"POST"):
                schemas = {"active": json.dumps(said[-1]["declared"])}
                value = schemas if b"getSchemas" in request else said[-1]["functions"]
                answer = {"status": "success", "value": value}
            connection.sendall(answer_of(json.dumps(answer).encode()))

    with listening(serve) as port:
        name_deployment(monkeypatch, f"http://127.0.0.1:{port}", "a|key")
        yield


def test_what_is_said_in_another_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target("crm", "convex/crm", "a deployment", None)
    said: list[Any] = [SAID]

    def draft() -> str:
        read = read_deployment(find_deployment(None))
        tables = [*read.declared["tables"], *undeclared(read.declared, read.shapes)]
        schema = read_exported({**read.declared, "tables": tables})
        return draft_spec(schema, Comments(), (), target, Known()).text({})

    refused: list[str] = []

    @settings(max_examples=200, deadline=None)
    @given(st.integers(0, 2**32))
    def read_changed(seed: int) -> None:
        said.append(changed(random.Random(seed)))
        try:
            assert draft()
        except DeploymentFailed as error:
            refused.append(str(error))

    with saying(said, monkeypatch):
        assert "table: visits" in draft()
        read_changed()
    assert refused
    assert all(one.isprintable() for one in refused)


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["


@pytest.mark.parametrize(
    ("part", "said"),
    [(b" " * 2**20, "answers more than 64 MiB"), (b"", "has not answered to the end within")],
)
def test_an_answer_without_end_is_said(
    part: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(ENDLESS)
        while part:
            connection.sendall(part)
        while connection.recv(2**16):
            pass  # until the client goes

    if not part:
        monkeypatch.setattr(reading, "_TIMEOUT", 0.1)
    with listening(serve) as port:
        name_deployment(monkeypatch, f"http://127.0.0.1:{port}", "a|key")
        with pytest.raises(DeploymentFailed, match=said):
            read_deployment(find_deployment(None))


def test_names_of_specs() -> None:
    assert spec_name("2 Days", Path()) == "app_2_days"
