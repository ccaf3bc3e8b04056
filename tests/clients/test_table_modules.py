"""Functions of one's own that use the modules in `model/`, and take what is written of entities."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import ROOT, Project, make_project, run, tsc

FOLDER = ROOT / "tests" / "clients" / "table_modules"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("modules") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "conversations.ts").write_text(
        (FOLDER / "conversations.ts").read_text()
    )
    return project


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("chat_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.messages, opened.threads, opened.events):
            store.clear()


def test_the_functions_and_programs_are_typed(project: Project) -> None:
    convex = project.root / "convex"
    configuration = json.loads((ROOT / "convex" / "tsconfig.json").read_text())
    configuration["include"] = ["./**/*", "../program.ts"]
    configuration["compilerOptions"]["paths"] = {"client": ["../generated/typescript/index.js"]}
    configuration["compilerOptions"]["types"] = ["node"]
    (convex / "tsconfig.json").write_text(json.dumps(configuration))
    (project.root / "program.ts").write_text((FOLDER / "program.ts").read_text())
    checked = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout


def test_entities_are_arguments(storage: Any, package: Any) -> None:
    functions = storage.functions.conversations
    thread = functions.start(package.Thread(thread_id="t", settings={"$ref": "#"}))
    assert (thread.title, thread.settings) == ("Untitled", {"$ref": "#"})
    message = package.Message(message_id="m", thread_id="t", content={"clé": 2**60})
    found = functions.append(thread_id="t", messages=[message], thread=thread)
    assert [one and one.content for one in found] == [{"clé": 2**60}, None]
    # What was read is written again, without what Convex and the functions set.
    again = functions.append(thread_id="t", messages=[found[0]])
    assert again[0].created_at == found[0].created_at
    assert again[0].changed_at >= found[0].changed_at


def test_large_values_touches_and_merges_are_those_of_the_table(storage: Any, package: Any) -> None:
    functions = storage.functions.conversations
    before = functions.start(package.Thread(thread_id="t", settings={"a": 1}))
    large = "x" * (2 * 1024 * 1024)
    message = package.Message(message_id="m", thread_id="t", content=large)
    assert functions.append(thread_id="t", messages=[message])[0].content == large
    assert storage.threads.get("t").updated_at > before.updated_at
    renamed = functions.rename(thread_id="t", from_="Untitled", to="Oslo")
    assert (renamed.title, renamed.settings) == ("Oslo", {"a": 1, "renamed": True})
    assert functions.end(thread_ids=["t", "none"]) == 1
    assert storage.messages.get("m") is None


def test_what_is_refused_of_an_entity_is_refused_here_too(storage: Any, package: Any) -> None:
    functions = storage.functions.conversations
    functions.start(package.Thread(thread_id="t", slug="s"))
    functions.start(package.Thread(thread_id="t", slug="s"))
    with pytest.raises(package.AlreadyExists, match='Thread with threadId "t" already exists'):
        functions.start(package.Thread(thread_id="t", slug="other"))
    with pytest.raises(package.AlreadyExists, match='Thread with slug "s" already exists'):
        functions.start(package.Thread(thread_id="u", slug="s"))
    with pytest.raises(package.NotFound):
        functions.rename(thread_id="none", from_="x", to="y")
    with pytest.raises(package.Conflict, match="`title` differs"):
        functions.rename(thread_id="t", from_="x", to="y")
    assert functions.rename(thread_id="t", from_="Untitled").slug is package.MISSING
    thread = package.Thread(thread_id="v", settings={"a": []})
    thread.settings["a"].append(object())
    with pytest.raises(package.InvalidArgument):
        functions.start(thread)
    with pytest.raises(package.InvalidArgument):
        functions.start("t")
    given = package.Thread(thread_id="w", updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    refused = "Thread.updated_at is set by the backend: leave it out"
    with pytest.raises(package.InvalidArgument, match=refused):
        functions.start(given)
    with pytest.raises(package.InvalidArgument, match=refused):
        functions.append(thread_id="w", messages=[], thread=given)


def test_variants_are_told_apart(storage: Any, package: Any) -> None:
    made = package.EventMade(event_id="a", text={"$": 1})
    gone = package.EventGone(event_id="b", count=2**60)
    logged = storage.functions.conversations.log(events={"x": made, "y": gone})
    assert {type(one): one.event_id for one in logged} == {type(made): "a", type(gone): "b"}
    assert storage.events.get("b").count == 2**60
    with pytest.raises(package.InvalidArgument):
        storage.functions.conversations.log(
            events={"x": package.Thread(thread_id="t")},
        )


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def start() -> Any:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            return await opened.functions.conversations.start(package.Thread(thread_id="t"))

    assert asyncio.run(start()).title == "Untitled"


def test_from_typescript(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript" / "index.js"
    text = (FOLDER / "program.ts").read_text().replace('"client"', f'"{client.as_posix()}"')
    assert json.loads(run_node([bundle_text(text, tmp_path)], backend)) == {
        "title": "Untitled",
        "big": str(2**60),
        "content": {"clé": 1},
        "missing": None,
        "large": 2 * 1024 * 1024,
        "rest": [str(2**60), {"$deep": [1]}],
        "refused": [
            "Failed to run conversations:start: "
            "`title` must have at most 20 characters, and has 21",
            "Failed to run conversations:append: "
            "`messages[0].changedAt` is set by the backend: leave it out",
        ],
    }
    assert storage.threads.get("ts").title == "Untitled"
