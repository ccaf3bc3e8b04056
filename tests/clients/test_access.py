"""Functions for users: the example of the page, what nobody learns, and rights that change.

ACCESS_DOCUMENTS sets how many documents of others lie beside a page, at least 3,000.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AccessDenied,
    AlreadyExists,
    Call,
    Client,
    Conflict,
    ConvexgenError,
    Decoder,
    NotFound,
)
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import ROOT, Project, make_project, run, tsc
from small_specs import project_of
from users import Caller, start_with_users
from waiting import PATIENCE
from web_tokens import claims, signed

PAGE = named_blocks("docs/access.md")
OTHERS = int(os.environ.get("ACCESS_DOCUMENTS", "5000"))
"""How many documents of others there are beside a page."""
MEASURE = """
import { v } from "convex/values";
import { internal, api } from "./_generated/api.js";
import { internalMutation, query } from "./_generated/server.js";
export const read = query({
  args: { name: v.string(), args: v.any() },
  handler: async (ctx, { name, args }) => {
    const found: any = await ctx.runQuery((api as any).viewer.notes[name], args);
    const metrics: any = await (ctx as any).meta.getTransactionMetrics();
    return { found: found.page.length, read: metrics.documentsRead.used };
  },
});
export const fill = internalMutation({
  args: { tenants: v.array(v.string()), each: v.number() },
  handler: async (ctx, { tenants, each }) => {
    for (const tenantId of tenants) {
      for (let n = 0; n < each; n++) {
        const own = { ownerId: `of ${tenantId}`, tenantId, slug: `${n}`, body: "filled" };
        await ctx.db.insert("notes", { ...own, published: false, createdAt: n });
      }
    }
  },
});
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("access") / "project"
    project = project_of(folder, notes=PAGE["schema/notes.yaml"])
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    project.generate()
    (folder / "convex" / "measure.ts").write_text(MEASURE)
    return project


@pytest.fixture
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with start_with_users(project.root) as started:
        yield started


@pytest.fixture
def ada(backend: EmbeddedBackend) -> Caller:
    return Caller(backend, "ada", orgId="north")


@pytest.fixture
def bob(backend: EmbeddedBackend) -> Caller:
    """Of the same tenant."""
    return Caller(backend, "bob", orgId="north")


@pytest.fixture
def eve(backend: EmbeddedBackend) -> Caller:
    return Caller(backend, "eve", orgId="south")


@pytest.fixture
def nobody(backend: EmbeddedBackend) -> Caller:
    return Caller(backend)


def admin_of(backend: EmbeddedBackend, tenant: str) -> Caller:
    return Caller(backend, f"admin of {tenant}", orgId=tenant, roles=["admin"])


def note(caller: Caller, slug: str = "a", **more: Any) -> Any:
    return caller.do("viewer/notes:create", note={"slug": slug, "body": f"of {slug}", **more})


def lists(caller: Caller, **more: Any) -> list[int]:
    """How many notes each list has."""
    return [
        len(caller.all_of("viewer/notes:byOwnerIdAndCreatedAt")),
        len(caller.all_of("viewer/notes:byTenantIdAndCreatedAt")),
        len(caller.all_of("viewer/notes:byPublishedAndCreatedAt", published=True)),
        len(caller.all_of("viewer/notes:byPublishedAndCreatedAt", published=False)),
        len(caller.ask("viewer/notes:searchBody", search="of")),
    ]


def test_the_programs_of_the_page(
    project: Project, backend: EmbeddedBackend, ada: Caller, tmp_path: Path
) -> None:
    for name in ("app.ts", "client.ts", "app.py"):
        (project.root / name).write_text(PAGE[name])
    given = json.loads((ROOT / "convex" / "tsconfig.json").read_text())
    given["include"] = ["./**/*", "../app.ts", "../client.ts"]
    given["compilerOptions"]["types"] = ["node"]
    (project.root / "convex" / "tsconfig.json").write_text(json.dumps(given))
    checked = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout
    token = signed(claims(sub="ada", orgId="north"))
    for name, printed in (("app.ts", "By train"), ("client.ts", "By bus true undefined")):
        text = PAGE[name].replace('"./', f'"{project.root.as_posix()}/')
        bundled = bundle_text(text, tmp_path)
        assert printed in run_node([bundled, backend.url, token], backend)
    python = project.root / "generated" / "python"
    named = {**os.environ, "PYTHONPATH": python.as_posix(), "MYPYPATH": python.as_posix()}
    program = [sys.executable, project.root / "app.py", backend.url, token]
    done = run(program, project.root, named)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(ada.subject))
    assert done.stdout.splitlines()[1] == "['By train', 'By bus', 'By boat']"
    checked = run([sys.executable, "-m", "mypy", "--strict", "app.py"], project.root, named)
    assert checked.returncode == 0, checked.stdout
    found = ada.all_of("viewer/notes:byOwnerIdAndCreatedAt")
    assert [one["slug"] for one in found] == ["oslo", "voss", "bergen"]


def test_who_reads(
    backend: EmbeddedBackend, ada: Caller, bob: Caller, eve: Caller, nobody: Caller
) -> None:
    hidden, published = note(ada), note(ada, "b", published=True)
    assert (hidden["ownerId"], hidden["tenantId"]) == (ada.subject, "north")
    assert lists(ada) == [2, 2, 1, 0, 2]
    assert lists(bob) == [0, 2, 1, 0, 2]
    assert lists(eve) == [0, 0, 1, 0, 0]
    assert lists(nobody) == [0, 0, 1, 0, 0]
    assert lists(Caller(backend, "kim")) == [0, 0, 1, 0, 0]
    for caller, sees in ((ada, True), (bob, True), (eve, False), (nobody, False)):
        assert (caller.ask("viewer/notes:getById", _id=hidden["_id"]) is not None) is sees
        assert caller.ask("viewer/notes:getById", _id=published["_id"]) == published


def test_who_writes(
    backend: EmbeddedBackend, ada: Caller, bob: Caller, eve: Caller, nobody: Caller
) -> None:
    given = note(ada)

    def update(caller: Caller, doc_id: str = given["_id"]) -> Any:
        return caller.do("viewer/notes:update", _id=doc_id, set={"body": "new"})

    def remove(caller: Caller) -> Any:
        return caller.do("viewer/notes:remove", _id=given["_id"])

    assert update(ada)["body"] == "new"
    with pytest.raises(AccessDenied, match="may not change this Note"):
        update(bob)
    with pytest.raises(AccessDenied, match="may not delete this Note"):
        remove(bob)
    gone = note(ada, "gone")
    assert ada.do("viewer/notes:remove", _id=gone["_id"]) == {"removed": True, "isDone": True}
    for caller in (eve, nobody, admin_of(backend, "south")):
        refused: list[ConvexgenError] = []
        for doc_id in (given["_id"], gone["_id"]):
            with pytest.raises(NotFound) as failed:
                update(caller, doc_id)
            refused.append(failed.value)
        # That of another one is refused as one that is not there.
        told = [str(one).replace(given["_id"], "…").replace(gone["_id"], "…") for one in refused]
        assert told[0] == told[1]
        assert remove(caller) == {"removed": False, "isDone": True}
    with pytest.raises(AccessDenied, match="Nobody is signed in"):
        note(nobody, "c")
    with pytest.raises(AccessDenied, match="The user has no tenant"):
        note(Caller(backend, "kim"), "c")
    assert remove(admin_of(backend, "north"))["removed"] is True


def test_owner_and_tenant_are_never_given(ada: Caller) -> None:
    given = note(ada)
    for name in ("ownerId", "tenantId"):
        with pytest.raises(ConvexgenError, match="ArgumentValidation"):
            note(ada, "b", **{name: "another"})
        with pytest.raises(ConvexgenError, match="ArgumentValidation"):
            ada.do("viewer/notes:update", _id=given["_id"], set={name: "another"})
        with pytest.raises(ConvexgenError, match="ArgumentValidation"):
            ada.ask(f"viewer/notes:by{name[0].upper()}{name[1:]}AndCreatedAt", **{name: "north"})


def test_a_field_that_not_everybody_sees(backend: EmbeddedBackend, ada: Caller) -> None:
    admin = admin_of(backend, "north")
    scored = note(admin, "s", reviewScore=5.0)
    assert scored["reviewScore"] == 5
    (seen,) = ada.all_of("viewer/notes:byTenantIdAndCreatedAt")
    assert "reviewScore" not in seen
    assert "reviewScore" not in ada.ask("viewer/notes:getById", _id=scored["_id"])
    assert "reviewScore" not in ada.ask("viewer/notes:searchBody", search="of")[0]
    with pytest.raises(AccessDenied, match="reviewScore"):
        note(ada, "t", reviewScore=5.0)
    own = note(ada)
    refused: list[dict[str, Any]] = [
        {"set": {"reviewScore": 1.0}},
        {"set": {}, "unset": ["reviewScore"]},
        {"set": {}, "increment": {"reviewScore": 1.0}},
        {"set": {}, "expected": {"reviewScore": 5.0}},
        {"set": {}, "expectedAbsent": ["reviewScore"]},
    ]
    for change in refused:
        with pytest.raises(AccessDenied, match="reviewScore"):
            ada.do("viewer/notes:update", _id=own["_id"], **change)
    for condition in ({"expected": {"reviewScore": 5.0}}, {"expectedAbsent": ["reviewScore"]}):
        with pytest.raises(AccessDenied, match="reviewScore"):
            ada.do("viewer/notes:remove", _id=own["_id"], **condition)
    with pytest.raises(Conflict):
        ada.do("viewer/notes:update", _id=own["_id"], set={}, expected={"body": "other"})


def test_what_is_unique_is_so_within_a_tenant(ada: Caller, bob: Caller, eve: Caller) -> None:
    note(ada, "same")
    assert note(eve, "same")["tenantId"] == "south"
    with pytest.raises(AlreadyExists):
        note(bob, "same")


def test_a_page_reads_nothing_of_others(backend: EmbeddedBackend, ada: Caller) -> None:
    with Client(backend.url, deploy_key=backend.admin_key) as key:
        for batch in range(OTHERS // 1000):
            tenants = [f"t{batch}", "north"] if batch == 2 else [f"t{batch}"]
            fill = {"tenants": tenants, "each": 1000.0}
            call = Call.mutation("measure:fill", fill, Decoder(Any), "fill", idempotent=False)
            key.run(call)
    page = {"paginationOpts": {"numItems": 50, "cursor": None}}

    def measured(caller: Caller, name: str, **more: Any) -> Any:
        return caller.ask("measure:read", name=name, args={**page, **more})

    found = measured(ada, "byTenantIdAndCreatedAt")
    assert found["found"] == 50
    assert found["read"] <= 51
    assert measured(ada, "byOwnerIdAndCreatedAt") == {"found": 0, "read": 0}
    # What is refused is not read.
    refused = measured(ada, "byPublishedAndCreatedAt", published=False)
    assert refused == {"found": 0, "read": 0}
    assert measured(Caller(backend), "byTenantIdAndCreatedAt") == {"found": 0, "read": 0}


PAPERS = """
convexgen: 1
name: papers
python: false
typescript: false
identity: {tenant: orgId}
entities:
  Paper:
    table: papers
    key: [orgId, name]
    access:
      owner: ownerId
      tenant: orgId
      read: owner
      create: authenticated
      update: owner
      delete: owner
    fields: {orgId: string, ownerId: string, name: string, text: {type: string, large: true}}
    indexes: {by_ownerId: [ownerId]}
"""
COUNTED_READS = """
import { v } from "convex/values";
import { api } from "./_generated/api.js";
import { mutation } from "./_generated/server.js";
export const reads = mutation({
  args: { kind: v.string(), name: v.string(), args: v.any() },
  handler: async (ctx, { kind, name, args }) => {
    const called = (api as any).viewer.papers[name];
    const run = kind === "query" ? ctx.runQuery : ctx.runMutation;
    const outcome = await run(called, args).then(
      (value: unknown) => (value === null ? "nothing" : "something"),
      (error: any) => error.data?.code,
    );
    const metrics: any = await (ctx as any).meta.getTransactionMetrics();
    return { outcome, read: metrics.documentsRead.used };
  },
});
"""


def test_what_may_not_be_read_is_not_made_whole(tmp_path: Path) -> None:
    """A document of others takes as long as a small one, whatever lies in its chunks."""
    project = project_of(tmp_path, papers=PAPERS)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    project.generate()
    (tmp_path / "convex" / "measure.ts").write_text(COUNTED_READS)
    with start_with_users(tmp_path) as backend:
        ada, bob = (Caller(backend, name, orgId="north") for name in ("ada", "bob"))
        paper = {"name": "p", "text": "x" * 1_500_000}
        made = ada.do("viewer/papers:create", paper=paper)

        def read(caller: Caller, kind: str, name: str, args: Any) -> tuple[Any, int]:
            found = caller.do("measure:reads", kind=kind, name=name, args=args)
            return found["outcome"], int(found["read"])

        named = {"name": "p"}
        outcome, whole = read(ada, "query", "getById", named)
        assert outcome == "something"
        assert whole > 2
        assert read(bob, "query", "getById", named) == ("nothing", 1)
        assert read(bob, "query", "getByDocId", {"id": made["_id"]}) == ("nothing", 1)
        change = {**named, "set": {}, "expected": {"text": paper["text"]}}
        assert read(bob, "mutation", "update", change) == ("NotFound", 1)
        assert read(bob, "mutation", "create", {"paper": paper}) == ("AlreadyExists", 1)
        assert read(bob, "mutation", "remove", named) == ("something", 1)
        assert read(ada, "query", "getById", named) == ("something", whole)


TASKS = """
convexgen: 1
name: tasks
identity: {tenant: orgId}
entities:
  Task:
    table: tasks
    access:
      owner: ownerId
      read: owner
      create:
        - {all: [authenticated, {where: {mood: good}}]}
        - {all: [authenticated, {where: {size: 1}}]}
    fields:
      ownerId: string
      info: {type: json, large: true}
      mood: {type: string?, from: info.mood}
      size: {type: integer, default: 1}
      note: {type: string?, access: [{where: {mood: good}}, {where: {size: 1}}]}
      rank: {type: number?, absent: last}
    union: [{object: {kind: {literal: a}}}, {object: {kind: {literal: b}, x: number}}]
    tag: kind
    indexes: {by_ownerId_and_rank: [ownerId, rank]}
  Plain:
    table: plains
    access: {owner: ownerId, read: owner, create: {all: [owner, {where: {state: open}}]}}
    fields:
      ownerId: string
      inner: {object: {state: {enum: [open, closed]}}}
      state: {enum: [open, closed], from: inner.state}
    indexes: {by_ownerId: [ownerId]}
  Ticket:
    table: tickets
    access: {owner: ownerId, read: owner, create: {all: [owner, {where: {state: open}}]}}
    fields:
      ownerId: string
      status: {enum: [open, closed], default: open}
      state: {enum: [open, closed], from: status}
      number: {type: integer, default: 1}
      size: {type: integer, from: number}
    indexes: {by_ownerId: [ownerId]}
"""


def test_rules_of_creation_ask_about_what_is_going_to_be(tmp_path: Path) -> None:
    """With what follows from the fields that are given, and what those have that are left out."""
    project = project_of(tmp_path, tasks=TASKS)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    project.generate()
    with start_with_users(tmp_path) as backend:
        ada = Caller(backend, "ada")

        def create(**fields: Any) -> Any:
            return ada.do("viewer/tasks:create", task={"kind": "a", "note": "x", **fields})

        assert create(info={})["note"] == "x"
        assert create(info={}, size=1)["size"] == 1
        assert create(info={"mood": "good"}, size=2)["mood"] == "good"
        assert create(info={"jsonText": '{"mood":"good","$x":1}'}, size=2)["mood"] == "good"
        for info in ({}, {"mood": "bad"}, {"mood": ["good"]}):
            with pytest.raises(AccessDenied):
                create(info=info, size=2)
        assert ada.do("viewer/plains:create", plain={"inner": {"state": "open"}})["state"] == "open"
        with pytest.raises(AccessDenied):
            ada.do("viewer/plains:create", plain={"inner": {"state": "closed"}})
        created = ada.do("viewer/tickets:create", ticket={})
        assert (created["state"], created["size"]) == ("open", 1)
        with pytest.raises(AccessDenied):
            ada.do("viewer/tickets:create", ticket={"status": "closed"})


def test_nothing_but_the_functions_for_users_is_public(
    project: Project, backend: EmbeddedBackend, eve: Caller
) -> None:
    internal = re.compile(r"^export const (\w+) = (\w+)\(", re.MULTILINE)
    convex = project.root / "convex"
    found = {
        f"{path.relative_to(convex).with_suffix('').as_posix()}:{name}": registrar
        for path in convex.rglob("*.ts")
        if path.parent.name != "_generated" and path.name != "measure.ts"
        for name, registrar in internal.findall(path.read_text())
        if registrar.lower().endswith(("query", "mutation", "action"))
    }
    public = {path for path, registrar in found.items() if not registrar.startswith("internal")}
    assert public == {
        f"viewer/notes:{name}"
        for name in (
            *("getById", "byOwnerIdAndCreatedAt", "byTenantIdAndCreatedAt", "create", "update"),
            *("byPublishedAndCreatedAt", "byTenantIdAndSlug", "searchBody", "remove"),
        )
    }
    for path in set(found) - public:
        with pytest.raises(AccessDenied):
            eve.ask(path)
    wrong = Client(backend.url, deploy_key="wrong|key")
    with pytest.raises(ConvexgenError):
        wrong.run(Call.query("viewer/notes:getById", {}, Decoder(Any), "ask"))


def test_the_storage_of_a_user_calls_and_tells_as_that_which_makes_it(
    members: EmbeddedBackend,
) -> None:
    class Refusing:
        """Has all calls in place of the connections of the client."""

        def post(self, url: str, **_: object) -> tuple[int, bytes]:
            return 403, b"{}"

        def close(self) -> None:
            """It outlives the storages."""

    class AsyncRefusing:
        async def post(self, url: str, **_: object) -> tuple[int, bytes]:
            return 403, b"{}"

        async def close(self) -> None:
            """It outlives the storages."""

    package = importlib.import_module("notebook_convex")
    told: list[Any] = []
    options: Any = {"deploy_key": members.admin_key, "timeout": 7, "on_call": told.append}
    with (
        package.ConvexStorage(members.url, transport=Refusing(), **options) as storage,
        storage.as_user("token") as user,
        pytest.raises(package.AccessDenied, match="HTTP 403"),
    ):
        user.functions.viewer_notes.get_by_id(note_id="n")
    assert user.client.timeout == 7

    async def main() -> None:
        made = package.AsyncConvexStorage(members.url, transport=AsyncRefusing(), **options)
        async with made as storage, storage.as_user("token") as user:
            with pytest.raises(package.AccessDenied, match="HTTP 403"):
                await user.functions.viewer_notes.get_by_id(note_id="n")
        assert user.client.timeout == 7

    asyncio.run(main())
    assert [(one.path, one.error) for one in told] == [
        ("viewer/notes:getById", package.AccessDenied)
    ] * 2


def test_so_it_does_in_typescript(
    project: Project, members: EmbeddedBackend, tmp_path: Path
) -> None:
    client = (project.root / "generated" / "typescript" / "index.js").as_posix()
    program = f"""
import {{ AccessDenied, ConvexStorage }} from "{client}";
const onCall = ({{ kind, path, attempts, error }}) =>
  console.log(kind, path, attempts, error === AccessDenied);
const fetch = () => Promise.resolve(new Response("{{}}", {{ status: 403 }}));
const storage = new ConvexStorage("http://127.0.0.1:1", {{ deployKey: "key", fetch, onCall }});
const user = storage.asUser("token");
await user.functions.viewerNotes.getById({{ _id: "n" }}).catch(() => undefined);
"""
    printed = run_node([bundle_text(program, tmp_path)], members)
    assert printed == "query viewer/notes:getById 1 true\n"


def test_classes_have_what_users_see_and_write(members: EmbeddedBackend) -> None:
    package = importlib.import_module("notebook_convex")
    fields = {
        name: set(getattr(package, name).model_fields)
        for name in ("Note", "UserNote", "UserNoteInput", "UserNoteChanges")
    }
    assert fields["UserNote"] >= {"doc_id", "owner_id", "tenant_id", "review_score"}
    written = {"note_id", "body", "published", "kind", "review_score", "reviewed_at", "created_at"}
    assert fields["UserNoteInput"] == written
    assert fields["UserNoteChanges"] == written - {"note_id", "created_at"}
    with package.ConvexStorage(members.url, deploy_key=members.admin_key) as key:
        for user in ("kim", "lea"):
            caller = Caller(members, user)
            member = package.Member(user_id=caller.subject, org_id="west", roles=[])
            key.members.save(member)
        token = signed(claims(sub="kim"))
        with key.as_user(token) as storage, key.as_user(lambda: signed(claims(sub="lea"))) as lea:
            notes = storage.functions.viewer_notes
            given = package.UserNoteInput(note_id="1", body="a", reviewed_at=MOMENT)
            made = notes.create(note=given)
            assert (made.reviewed_at, made.review_score) == (MOMENT, package.MISSING)
            # Whether an admin has given it a score is not told by what repeats it.
            for score in (package.UNSET, 5):
                key.notes.update("west", "1", review_score=score)
                with pytest.raises(package.AlreadyExists):
                    notes.create(note=given)
            assert notes.get_by_id(note_id="1") == made
            assert lea.functions.viewer_notes.get_by_doc_id(id=made.doc_id) == made
            options = package.UserPageOptions(num_items=5, cursor=None)
            bounds = {"reviewed_at": {"gte": MOMENT}}
            page = lea.functions.viewer_notes.newest_of_tenant(pagination_opts=options, **bounds)
            assert (page.page, page.is_done) == ([made], True)
            found = lea.functions.viewer_notes.search_body(search="a")
            assert [one.note_id for one in found] == ["1"]
            with pytest.raises(package.AccessDenied):
                lea.functions.viewer_notes.remove(note_id="1")
            change = package.UserNoteChanges(body="b")
            changed = notes.update(note_id="1", set=change, unset=["reviewedAt"])
            assert (changed.body, changed.reviewed_at) == ("b", package.MISSING)
            # What is for the key alone is so for users.
            with pytest.raises(package.AccessDenied):
                storage.notes.get("west", "1")
            assert key.notes.get("west", "1").body == "b"
            assert notes.remove(note_id="1").removed is True


MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
MEMBERS = ROOT / "tests" / "cases" / "good-access" / "spec.yaml"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = make_project(tmp_path_factory.mktemp("members") / "project", MEMBERS)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with start_with_users(project.root) as started:
        yield started


def test_rights_that_are_taken_away_end_a_list(members: EmbeddedBackend) -> None:
    ada, bob = Caller(members, "ada"), Caller(members, "bob")
    with Client(members.url, deploy_key=members.admin_key) as key:

        def member(user: Caller, tenant: str, *roles: str) -> None:
            given = {"member": {"userId": user.subject, "orgId": tenant, "roles": list(roles)}}
            call = Call.mutation("members:save", given, Decoder(Any), "save", idempotent=True)
            key.run(call)

        member(ada, "north")
        member(bob, "north", "admin")
        given = {"noteId": "n", "body": "of ada"}
        made = ada.do("viewer/notes:create", note=given)
        ada.do("viewer/attachments:create", attachment={"note": made["_id"], "name": "a"})
        seen = {one["userId"] for one in bob.all_of("viewer/members:list")}
        assert {ada.subject, bob.subject} <= seen
        assert ada.all_of("viewer/members:list") == []
        page = {"paginationOpts": {"numItems": 10, "cursor": None}}
        watching = Call.query("viewer/notes:newestOfTenant", page, Decoder(Any), "watch")

        def bodies(answer: Any) -> list[str]:
            return [one["body"] for one in answer["page"]]

        with bob.client.watch(watching) as watched:
            assert bodies(watched.next(PATIENCE)) == ["of ada"]
            member(bob, "south", "admin")
            assert bodies(watched.next(PATIENCE)) == []
            with pytest.raises(NotFound):
                bob.do("viewer/notes:update", noteId="n", set={"body": "of bob"})
            member(bob, "north", "admin")
            assert bodies(watched.next(PATIENCE)) == ["of ada"]
        # The key is within the tenant: each may have one of that name.
        member(bob, "south")
        bob.do("viewer/notes:create", note={**given, "body": "of bob"})
        assert ada.ask("viewer/notes:getById", noteId="n")["body"] == "of ada"
        assert bob.ask("viewer/notes:getById", noteId="n")["body"] == "of bob"
        assert bob.ask("viewer/notes:getByDocId", id=made["_id"]) is None
        # What it cascades to goes with it.
        assert len(ada.all_of("viewer/attachments:byOwnerId")) == 1
        assert ada.do("viewer/notes:remove", noteId="n")["removed"] is True
        assert ada.all_of("viewer/attachments:byOwnerId") == []
