"""The option `functions` of an entity: what is left out is nowhere, and the rest works."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend, read_schema
from convexgen.testing.factories import Factory
from node_program import bundle_text, run_node
from project import ROOT, Project, make_project, run, tsc

from convex import ConvexClient

FOLDER = ROOT / "tests" / "clients" / "some_functions"
OWN = """
import { v } from "convex/values";

import { internalMutation } from "./_generated/server.js";

export const open = internalMutation({
  args: { number: v.string(), owner: v.string() },
  returns: v.id("accounts"),
  handler: async (ctx, given) => await ctx.db.insert("accounts", { ...given, state: "open" }),
});
"""
OWN_READS = """
import { v } from "convex/values";

import { internalMutation } from "./_generated/server.js";

export const add = internalMutation({
  args: { title: v.string(), shelf: v.string() },
  returns: v.id("books"),
  handler: async (ctx, { title, shelf }) => {
    await ctx.db.insert("shelves", { code: shelf });
    return await ctx.db.insert("books", { title, shelf, embedding: [1, 0] });
  },
});
"""


def made(tmp_path_factory: pytest.TempPathFactory, name: str, own: str) -> Project:
    folder = tmp_path_factory.mktemp(name) / "project"
    project = make_project(folder, ROOT / "tests" / "clients" / name / "spec.yaml")
    project.generate()
    (project.root / "convex" / "own.ts").write_text(own)
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return made(tmp_path_factory, "some_functions", OWN)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return made(tmp_path_factory, "only_reads", OWN_READS)


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    return importlib.import_module("some_functions_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def account(storage: Any, number: str) -> str:
    """The ID of one that a function of the project has opened."""
    return str(storage.functions.own.open(number=number, owner=f"owner of {number}"))


def exported(project: Project, module: str) -> set[str]:
    text = (project.root / "convex" / module).read_text()
    return set(re.findall(r"^export (?:const|async function) (\w+)", text, re.MULTILINE))


def test_modules_have_what_is_named_alone(project: Project) -> None:
    queries = {"byNumber", "byOwner", "getByOwner", "searchOwner"}
    assert exported(project, "accounts.ts") == {"list", *queries}
    assert exported(project, "postings.ts") == {
        *("list", "byAccountAndAt"),
        *("create", "createMany"),
    }
    assert exported(project, "notes.ts") == {
        *("getById", "getByDocId", "getByIds"),
        *("create", "save", "saveMany", "update", "updateMany", "upsert"),
    }
    assert exported(project, "drafts.ts") == {"remove", "removeMany", "clear"}
    assert not (project.root / "convex" / "trails.ts").exists()


def test_modules_of_the_model_read_and_write_or_read(project: Project) -> None:
    """Those of entities with no function that writes have what reads."""
    reads = {"find", "findMany", "document", "input", "key"}
    assert exported(project, "model/trails.ts") == reads
    assert {"insert", "remove", "patch"} <= exported(project, "model/drafts.ts")
    assert not {"insert", "remove"} & exported(project, "model/accounts.ts")


def test_stores_have_what_is_named_alone(package: Any, storage: Any) -> None:
    def methods(store: Any) -> set[str]:
        return {name for name in dir(store) if not name.startswith("_")}

    queries = {"by_number", "by_owner", "get_by_owner", "search_owner"}
    assert methods(storage.accounts) == {"list", *queries}
    assert methods(storage.drafts) == {"delete", "delete_many", "clear"}
    assert methods(storage.notes) == {
        *("get", "get_many", "watch", "get_by_doc_id", "watch_by_doc_id"),
        *("create", "save", "save_many", "update", "update_many", "upsert"),
    }
    reads = {"all", "first", "page", "watch"}
    for query in (storage.accounts.list(), storage.accounts.by_owner("o")):
        assert reads <= methods(query)
        assert not {"copy", "delete", "update"} & methods(query)
    for query in (
        storage.postings.list(include=["account"]),
        storage.postings.by_account_and_at("a"),
    ):
        assert not {"copy", "delete", "update"} & methods(query)
    assert not hasattr(storage, "trails")
    with pytest.raises(AttributeError), storage.atomic() as tx:
        tx.accounts.expect("a")
    assert package.Trail(text="of no store").text == "of no store"


def test_they_work(package: Any, storage: Any) -> None:
    owner = account(storage, "n1")
    found = storage.accounts.by_number("n1").first()
    assert (found.doc_id, found.state) == (owner, "open")
    assert storage.accounts.get_by_owner("owner of n1") == found
    posting = storage.postings.create(package.Posting(account=owner, cents=5))
    assert storage.postings.by_account_and_at(owner).all() == [posting]
    (one,) = storage.postings.list(include=["account"])
    assert one.account == found
    note = package.Note(note_id="a", text="one")
    with storage.atomic() as tx:
        tx.notes.expect_absent("a")
        tx.notes.create(note)
        tx.postings.create(package.Posting(account=owner, cents=6))
    assert storage.notes.save(note, expected={"text": "one"}).text == "one"
    assert storage.notes.update("a", text="two").text == "two"
    assert len(storage.postings.list().all()) == 2


def test_an_atomic_block_cannot_do_what_is_left_out(backend: EmbeddedBackend) -> None:
    """Not by a client of another spec either: the function refuses it."""
    client = ConvexClient(backend.url)
    client.set_admin_auth(backend.admin_key)
    operation = {"notes": {"remove": {"noteId": "a"}}}
    with pytest.raises(Exception, match="remove"):
        client.mutation("atomic:apply", {"operations": [operation]})


@pytest.mark.parametrize(
    ("arguments", "lacking"),
    [
        (("count", "Note"), "lacks list"),
        (("export", "drafts"), "lacks list"),
        (("import", "Account", "convex/own.ts", "--format", "jsonl"), "lack create and update"),
        (("import", "Draft", "convex/own.ts", "--format", "jsonl"), "lacks create"),
        (("clear", "Posting", "--yes"), "lacks clear"),
        (("count", "Trail"), "lacks list"),
    ],
)
def test_documents_move_by_the_functions_that_there_are(
    project: Project, arguments: tuple[str, ...], lacking: str
) -> None:
    done = run([sys.executable, "-m", "convexgen", "data", *arguments], project.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no functions for it: its `functions` {lacking}." in done.stderr


def test_a_factory_stores_what_a_store_creates(package: Any, storage: Any) -> None:
    with pytest.raises(TypeError, match="no function of the spec creates Account"):
        Factory(package.Account).create(storage)
    note = Factory(package.Note).create(storage)
    assert storage.notes.get(note.note_id) == note


def test_tables_as_a_whole(package: Any, storage: Any) -> None:
    account(storage, "n2")
    assert storage.system.measure("accounts").documents >= 1
    assert storage.system.clear("drafts") == 0
    with pytest.raises(package.InvalidArgument):
        storage.system.clear("accounts")


def test_a_spec_that_reads_adds_nothing_for_writes(reading: Project) -> None:
    files = {
        path.relative_to(reading.root / "convex").as_posix()
        for path in (reading.root / "convex").rglob("*.ts")
    }
    of_writes = ("atomic", "deletion", "found", "goingOn", "tables", "unfinished", "writes")
    assert not {f"lib/{name}.ts" for name in of_writes} & files
    assert "atomic.ts" not in files
    tables = read_schema(reading.root, functions="convex").exported["tables"]
    assert {one["tableName"] for one in tables} == {"shelves", "books", "jsonChunks"}


def test_a_spec_that_reads_works(reading: Project) -> None:
    package = importlib.import_module("only_reads_convex")
    with (
        EmbeddedBackend.start(reading.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        doc_id = storage.functions.own.add(title="Oslo by train", shelf="s")
        book = storage.books.get(doc_id)
        assert book.title == "Oslo by train"
        assert storage.books.list().all() == [book]
        assert storage.books.by_shelf("s").first() == book
        assert storage.books.find(where={"title": book.title}).all() == [book]
        assert storage.books.search_title("train").all() == [book]
        assert [one.item for one in storage.books.nearest_by_embedding([1.0, 0.0])] == [book]
        assert storage.books.get(doc_id, include=["shelf"]).shelf.code == "s"
        assert storage.shelves.by_code("s").first().code == "s"
        assert not hasattr(storage, "atomic")
        assert not hasattr(storage.system, "clear")
        assert not hasattr(storage.system, "delete")


def test_python_finds_calls_of_what_there_is_not(project: Project) -> None:
    mistakes = FOLDER / "mistakes.py"
    lines = mistakes.read_text().splitlines()
    expected = {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}
    program = project.root / "generated" / "python" / "mistakes.py"
    program.write_text(mistakes.read_text())
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "mistakes.py"]
    done = run(command, program.parent)
    found = {int(line) for line in re.findall(r"mistakes\.py:(\d+): error", done.stdout)}
    assert found == expected, done.stdout


def test_typescript_finds_calls_of_what_there_is_not(project: Project, tmp_path: Path) -> None:
    (tmp_path / "client").symlink_to(project.root / "generated" / "typescript")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "mistakes.ts").write_text((FOLDER / "mistakes.ts").read_text())
    options = [
        *("--noEmit", "--strict", "--skipLibCheck", "--preserveSymlinks"),
        *("--target", "ES2022", "--module", "ESNext", "--moduleResolution", "Bundler"),
        *("--lib", "ES2022,DOM,DOM.Iterable", "--types", "react"),
    ]
    done = run([*tsc(), *options, "mistakes.ts"], tmp_path)
    assert done.returncode == 0, done.stdout


def test_typescript_reads_and_writes(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    number = account(storage, "n3")
    client = project.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(PROGRAM.replace("CLIENT", str(client)), tmp_path)
    done = run_node([program], backend)
    assert done.split() == [number, "7"]


PROGRAM = """
import { ConvexStorage } from "CLIENT";

const storage = ConvexStorage.fromEnv();
const found = await storage.snapshot((at) => at.accounts.byNumber("n3").first());
const { result } = await storage.atomic((tx) =>
  tx.postings.create({ account: found!._id, cents: 7n }),
);
console.log(found!._id, String(result.cents));
await storage.close();
"""
