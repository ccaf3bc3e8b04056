"""Records whose entries are documents of a table of their own, through both clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from node_program import bundle, run_node
from page_examples import blocks
from page_fragments import run_fragment
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "rows"
MEBIBYTE = 1024 * 1024
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

# Functions that somebody wrote.
OWN = """
import { internalMutation, internalQuery } from "./_generated/server.js";
import * as Runs from "./model/runs.js";

export const numbers = internalQuery({
  handler: async (ctx) => ({
    runs: (await ctx.db.query("runs").collect()).length,
    steps: (await ctx.db.query("runsSteps").collect()).length,
    notes: (await ctx.db.query("runsNotes").collect()).length,
    results: (await ctx.db.query("flowsResults").collect()).length,
    tags: (await ctx.db.query("teamsTags").collect()).length,
    chunks: (await ctx.db.query("jsonChunks").collect()).length,
  }),
});

/** What a writer of one entry reads and writes. */
export const cost = internalMutation({
  args: Runs.entriesArgs,
  handler: async (ctx, args) => {
    await Runs.patchEntries(ctx, args);
    const metrics = await ctx.meta.getTransactionMetrics();
    return {
      read: metrics.documentsRead.used,
      written: metrics.documentsWritten.used,
    };
  },
});

export const whole = internalQuery({
  args: Runs.key,
  handler: async (ctx, args) => {
    const found: Runs.Document | null = await Runs.find(ctx, args);
    return Object.keys(found?.steps ?? {}).length;
  },
});
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("rows") / "project", FOLDER / "spec.yaml")
    made.generate()
    (made.root / "convex" / "own.ts").write_text(OWN)
    return made


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture(scope="module")
def package(server: EmbeddedBackend) -> Any:
    return importlib.import_module("flows_convex")


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    return fresh_backend(server)


@pytest.fixture
def storage(backend: ConvexBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def own(storage: Any, kind: str, function: str, arguments: dict[str, Any] | None = None) -> Any:
    runtime = importlib.import_module("flows_convex._runtime")
    options = {"idempotent": True} if kind == "mutation" else {}
    build = getattr(runtime.Call, kind)
    call = build(f"own:{function}", arguments or {}, runtime.Decoder(Any), function, **options)
    return storage._client.run(call)


def numbers(storage: Any) -> Any:
    return own(storage, "query", "numbers")


def key_names(found: Any) -> list[str]:
    return sorted(found.steps)


def test_a_record_is_read_as_it_was_written(storage: Any, package: Any) -> None:
    steps = {"a": {"$x": [1, None]}, "step 2": "text", "c": None, "_": 1, "1": 2**70}
    notes = {"n": package.Note(text="t", at=NOON)}
    run = package.Run(workflow_name="w", run_id="r", steps=steps, notes=notes, fields={"n": 2**60})
    created = storage.runs.create(run)
    assert (created.steps, created.notes, created.fields) == (steps, notes, {"n": 2**60})
    assert storage.runs.create(run) == created
    with pytest.raises(package.AlreadyExists):
        storage.runs.create(package.Run(workflow_name="w", run_id="r", steps={"a": 1}))
    assert storage.runs.get("w", "r") == created
    assert storage.runs.get_many([("w", "r"), ("w", "q")]) == [created, None]
    assert list(storage.runs.list()) == [created]
    assert storage.runs.by_status("running").first() == created
    assert storage.runs.by_status("running").page(offset=0, limit=5).items == [created]
    assert numbers(storage) == {
        "runs": 1, "steps": 5, "notes": 1, "results": 0, "tags": 0, "chunks": 0
    }  # fmt: skip
    # Nothing is given: there is nothing.
    empty = storage.runs.save(package.Run(workflow_name="w", run_id="e"))
    assert (empty.steps, empty.notes) == ({}, {})
    assert storage.runs.get("w", "e") == empty
    assert own(storage, "query", "whole", {"workflowName": "w", "runId": "r"}) == 5


def test_a_save_replaces_all_entries(storage: Any, package: Any) -> None:
    run = package.Run(workflow_name="w", run_id="r", steps={"a": 1, "b": 2})
    storage.runs.save(run)
    run.steps = {"b": 3, "c": 4}
    saved = storage.runs.save(run)
    assert saved.steps == {"b": 3, "c": 4}
    assert storage.runs.get("w", "r") == saved
    assert numbers(storage)["steps"] == 2
    many = [package.Run(workflow_name="w", run_id=f"{n}", steps={"s": n}) for n in range(250)]
    assert storage.runs.save_many(many) == 250
    assert [one.steps for one in storage.runs.get_many([("w", "7"), ("w", "249")])] == [
        {"s": 7},
        {"s": 249},
    ]
    # What comes back is saved as it is.
    assert storage.runs.save(saved).steps == saved.steps


def test_a_record_may_be_kept(storage: Any, package: Any) -> None:
    run = package.Run(workflow_name="w", run_id="r", kept={"a": 1}, steps={"a": 1})
    assert storage.runs.save(run).kept == {"a": 1}
    saved = storage.runs.save(package.Run(workflow_name="w", run_id="r"))
    assert (saved.kept, saved.steps) == ({"a": 1}, {})
    storage.runs.update_entries("w", "r", kept={"b": 2})
    storage.runs.save_many([package.Run(workflow_name="w", run_id="r", steps={"b": 1})])
    found = storage.runs.get("w", "r")
    assert (found.kept, found.steps) == ({"a": 1, "b": 2}, {"b": 1})
    assert storage.runs.save(package.Run(workflow_name="w", run_id="r", kept={})).kept == {}


def test_what_is_expected_of_entries(storage: Any, package: Any) -> None:
    run = package.Run(workflow_name="w", run_id="r", steps={"a": 1})
    storage.runs.save(run)
    for write in (
        lambda expected: storage.runs.save(run, expected=expected),
        lambda expected: storage.runs.update("w", "r", status="new", expected=expected),
        lambda expected: storage.runs.delete("w", "r", expected=expected),
    ):
        with pytest.raises(package.Conflict):
            write({"steps": {"a": 2}})
        write({"steps": {"a": 1}})
    assert storage.runs.get("w", "r") is None


def test_an_update_merges_by_entry(storage: Any, package: Any) -> None:
    storage.runs.save(package.Run(workflow_name="w", run_id="r", steps={"a": 1, "b": 2}))
    unset = package.UNSET
    updated = storage.runs.update("w", "r", status="done", steps={"a": unset, "c": {"d": 1}})
    assert (updated.status, updated.steps) == ("done", {"b": 2, "c": {"d": 1}})
    assert storage.runs.get("w", "r") == updated
    same = {"b": 2, "c": {"d": 1}}
    again = storage.runs.update("w", "r", steps={"b": 3}, expected={"steps": same})
    assert again.steps == {"b": 3, "c": {"d": 1}}
    assert again.updated_at > updated.updated_at
    with pytest.raises(package.Conflict):
        storage.runs.update("w", "r", steps={"z": 1}, expected={"steps": same})
    many = storage.runs.update_many(
        [
            package.Update(("w", "r"), set={"steps": {"x": 1, "b": unset}}),
            package.Update(("w", "r"), set={"status": "new"}),
        ]
    )
    assert [one.steps for one in many] == [{"c": {"d": 1}, "x": 1}] * 2
    # A string as a name that is not there: nothing.
    assert storage.runs.update("w", "r", steps={"none": unset}).steps == many[0].steps


def test_entries_are_written_without_the_document(storage: Any, package: Any) -> None:
    saved = storage.runs.save(
        package.Run(workflow_name="w", run_id="r", steps={f"s{n}": n for n in range(100)})
    )
    result = storage.runs.update_entries(
        "w",
        "r",
        steps={"s1": "one", "s2": package.UNSET},
        notes={"n": package.Note(text="", at=NOON)},
    )
    assert result is None
    found = storage.runs.get("w", "r")
    assert found.steps == {**{k: v for k, v in saved.steps.items() if k != "s2"}, "s1": "one"}
    assert found.notes == {"n": package.Note(text="", at=NOON)}
    # The document is as it was: so is the time of its last write.
    assert found.updated_at == saved.updated_at
    key = {"workflowName": "w", "runId": "r"}
    # It, and the entry, which is read again where it is written: not the other 98.
    cost = own(storage, "mutation", "cost", {**key, "set": {"steps": {"s5": "five"}}})
    assert cost == {"read": 3, "written": 1}
    assert own(storage, "mutation", "cost", {**key, "set": {"steps": {"new": 1.0}}})["read"] == 1
    with pytest.raises(package.NotFound, match="update entries of run by workflow name 'w'"):
        storage.runs.update_entries("w", "none", steps={"a": 1})


def test_entries_in_other_writes(storage: Any, package: Any) -> None:
    """In upserts, in atomic blocks, and in changes of all that a query finds."""
    unset = package.UNSET
    key = ("w", "r")
    made = storage.runs.upsert(*key, set={"steps": {"a": 1}}, create={"steps": {"b": 2}})
    assert made.steps in ({"a": 1}, {"a": 1, "b": 2})
    changed = storage.runs.upsert(*key, set={"steps": {"a": unset, "c": 3}, "status": "new"})
    assert changed.steps == {**{k: v for k, v in made.steps.items() if k != "a"}, "c": 3}
    with storage.atomic() as tx:
        tx.runs.expect(key, {"steps": changed.steps})
        tx.runs.update(key, set={"steps": {"d": 4, "c": unset}})
        tx.runs.save(package.Run(workflow_name="w", run_id="s", status="new", steps={"a": 1}))
    expected = {**{k: v for k, v in changed.steps.items() if k != "c"}, "d": 4}
    assert storage.runs.get(*key).steps == expected

    def conflict() -> None:
        with storage.atomic() as tx:
            tx.runs.update(key, set={"steps": {"e": 5}})
            tx.runs.expect(("w", "s"), {"steps": {}})

    with pytest.raises(package.Conflict):
        conflict()
    assert storage.runs.get(*key).steps == expected
    found = storage.runs.by_status("new")
    assert found.update(set={"steps": {"d": unset, "all": True}}) == 2
    assert storage.runs.get("w", "s").steps == {"a": 1, "all": True}
    assert "d" not in storage.runs.get(*key).steps
    assert found.delete() == 2
    assert numbers(storage)["steps"] == 0


def test_what_is_refused(storage: Any, package: Any) -> None:
    storage.runs.save(package.Run(workflow_name="w", run_id="r"))
    with pytest.raises(package.InvalidArgument, match="`status` has no entries of its own"):
        storage.runs.update_entries("w", "r", status="done")
    with pytest.raises(package.InvalidArgument, match="steps"):
        storage.runs.update_entries("w", "r", steps=["a"])
    with pytest.raises(package.InvalidArgument, match="cannot be removed: it is not optional"):
        storage.runs.update("w", "r", steps=package.UNSET)
    with pytest.raises(package.InvalidArgument, match="notes"):
        storage.runs.update_entries("w", "r", notes={"a": "no note"})
    with pytest.raises(package.InvalidArgument):
        storage.runs.update_entries("w", "r", notes={"n" * 21: package.Note(text="", at=NOON)})
    with pytest.raises(package.InvalidArgument):
        storage.runs.update_entries("w", "r", steps={"é": 1})
    with pytest.raises(package.LimitExceeded, match=r"`steps\.a\.value` takes 1\.\d+ MiB"):
        storage.runs.update_entries("w", "r", steps={"a": "x" * (MEBIBYTE + 1)})
    assert storage.runs.get("w", "r").steps == {}


@pytest.mark.parametrize("conflicts", [False, True])
def test_sixteen_writers_of_one_document(
    storage: Any, package: Any, backend: ConvexBackend, conflicts: bool
) -> None:
    """Each in one call; none is lost, though each runs twice."""
    storage.runs.save(package.Run(workflow_name="w", run_id="r", steps={"old": 0}))
    if conflicts:
        backend.faults.conflict("runs:updateEntries")

    def write(number: int) -> None:
        storage.runs.update_entries(
            "w", "r", steps={f"s{number}": {"n": number}, "last": number, "old": package.UNSET}
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    found = storage.runs.get("w", "r").steps
    last = found.pop("last")
    assert last in range(16)
    assert found == {f"s{n}": {"n": n} for n in range(16)}
    # Their transactions share no document but the one that none of them writes.
    assert numbers(storage)["steps"] == 17


def test_sixteen_updates_with_conflicts(storage: Any, package: Any, backend: ConvexBackend) -> None:
    """Those of the document, which write it, lose nothing either."""
    storage.runs.save(package.Run(workflow_name="w", run_id="r"))
    backend.faults.conflict("runs:update")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: storage.runs.update("w", "r", steps={f"s{n}": n}), range(16)))
    assert storage.runs.get("w", "r").steps == {f"s{n}": n for n in range(16)}


def test_the_async_client(backend: ConvexBackend, package: Any) -> None:
    async def write() -> Any:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            await storage.runs.save(package.Run(workflow_name="w", run_id="r"))
            await asyncio.gather(
                *(storage.runs.update_entries("w", "r", steps={f"{n}": n}) for n in range(16))
            )
            return await storage.runs.get("w", "r")

    assert asyncio.run(write()).steps == {f"{n}": n for n in range(16)}


def test_entries_go_with_their_document(storage: Any, package: Any) -> None:
    for n in range(3):
        storage.runs.save(package.Run(workflow_name="w", run_id=f"{n}", team="t", steps={"a": 1}))
    # More than one transaction deletes.
    steps = {f"s{n}": n for n in range(1000)}
    storage.runs.save(package.Run(workflow_name="w", run_id="big", steps=steps))
    storage.runs.update_entries("w", "big", notes={"n": package.Note(text="", at=NOON)})
    assert storage.runs.delete("w", "big") is True
    assert (numbers(storage)["runs"], numbers(storage)["steps"]) == (3, 3)
    storage.teams.save(package.Team(team_id="top", tags={"a": "b"}))
    storage.teams.save(package.Team(team_id="t", parent="top", tags={"a": "b", "c": "d"}))
    assert storage.teams.delete("top") is True
    assert numbers(storage) == dict.fromkeys(numbers(storage), 0)
    storage.runs.save(package.Run(workflow_name="w", run_id="big", steps=steps))
    storage.runs.save(package.Run(workflow_name="w", run_id="r", steps={"a": 1}))
    assert storage.runs.delete_many([("w", "r"), ("w", "none")]) == 1
    storage.runs.save(package.Run(workflow_name="w", run_id="r", steps={"a": 1}))
    assert storage.runs.clear() == 2
    assert numbers(storage)["steps"] == 0
    kept = storage.runs.save(package.Run(workflow_name="w", run_id="r", steps={"a": 1}))
    assert storage.system.delete("runs", kept.doc_id) is True
    assert numbers(storage)["steps"] == 0


def test_large_entries(storage: Any, package: Any) -> None:
    text = "é" * MEBIBYTE
    flow = package.Flow(
        flow_id="f", state={"kind": "big", "text": text}, results={"a": {"text": text}}
    )
    saved = storage.flows.save(flow)
    assert saved.results == {"a": {"text": text}}
    assert (saved.kind, saved.phases) == ("big", {"first": package.Phase.START})
    storage.flows.update_entries("f", results={"b": text}, texts={"t": text})
    found = storage.flows.get("f")
    assert (found.results["b"], found.texts) == (text, {"t": text})
    assert numbers(storage)["chunks"] > 0
    assert storage.flows.search_kind("big").first() == found
    updated = storage.flows.update("f", results={"a": package.UNSET, "b": 1}, texts={"t": ""})
    assert (updated.results, updated.texts) == ({"b": 1}, {"t": ""})
    storage.flows.update("f", state=None)
    assert numbers(storage)["chunks"] == 0
    storage.flows.update_entries("f", results={"a": text})
    assert storage.flows.delete("f") is True
    assert (numbers(storage)["results"], numbers(storage)["chunks"]) == (0, 0)


def test_more_than_can_be_read(storage: Any, package: Any) -> None:
    """Pages get smaller; of one document, it is said."""
    text = "x" * (900 * 1024)
    for n in range(6):
        steps = {"a": text, "b": text, "c": text, "d": text, "e": text}
        storage.runs.save(package.Run(workflow_name="w", run_id=f"{n}", steps=steps))
    assert [one.run_id for one in storage.runs.list()] == [f"{n}" for n in range(6)]
    found = storage.runs.get_many([("w", f"{n}") for n in range(6)])
    assert [len(one.steps) for one in found] == [5] * 6
    assert len(storage.runs.by_status("running").page(limit=6).items) < 6
    for n in range(14):
        storage.runs.update_entries("w", "0", steps={f"more{n}": text})
    with pytest.raises(package.LimitExceeded, match="has more entries than a transaction reads"):
        storage.runs.get("w", "0")
    # Entries can be removed all the same, and so can it.
    for n in range(14):
        storage.runs.update_entries("w", "0", steps={f"more{n}": package.UNSET})
    assert key_names(storage.runs.get("w", "0")) == ["a", "b", "c", "d", "e"]
    for n in range(14):
        storage.runs.update_entries("w", "0", steps={f"more{n}": text})
    assert storage.runs.delete("w", "0") is True


def test_more_entries_than_an_object_has(storage: Any, package: Any) -> None:
    steps = {f"s{n}": n for n in range(1000)}
    storage.runs.save(package.Run(workflow_name="w", run_id="r", steps=steps))
    storage.runs.update_entries("w", "r", steps={f"t{n}": n for n in range(30)})
    with pytest.raises(package.LimitExceeded, match="has 1030 entries, and Convex takes 1024"):
        storage.runs.get("w", "r")
    storage.runs.update_entries("w", "r", steps={f"t{n}": package.UNSET for n in range(6)})
    assert len(storage.runs.get("w", "r").steps) == 1024


def test_a_subscription_sees_entries(storage: Any, package: Any) -> None:
    storage.runs.save(package.Run(workflow_name="w", run_id="r"))
    with storage.runs.watch("w", "r") as snapshots:
        assert next(snapshots).steps == {}
        storage.runs.update_entries("w", "r", steps={"a": 1})
        assert next(snapshots).steps == {"a": 1}


def test_the_example_of_the_page(tmp_path: Path) -> None:
    (spec,) = (one for one in blocks("docs/spec.md", "yaml spec") if "rows: true" in one)
    (fragment,) = (one for one in blocks("docs/spec.md", "py") if "update_entries" in one)
    imports = "from flows_convex import UNSET, ConvexStorage, Run"
    run_fragment(fragment, spec, imports, tmp_path)


def test_the_typescript_client(project: Project, server: EmbeddedBackend, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../rows/usage.ts", tmp_path, client)], server)
