"""Text and lists larger than a document, through both clients on the embedded backend."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project
from web import post

SPEC = ROOT / "tests" / "clients" / "large_values" / "spec.yaml"
USAGE = ROOT / "tests" / "clients" / "large_values" / "usage.ts"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("large_values") / "project", SPEC)
    made.generate()
    # A function that somebody wrote.
    (made.root / "convex" / "chunks.ts").write_text(
        'import { internalQuery } from "./_generated/server";\n'
        "export const lengths = internalQuery({ handler: async (ctx) =>\n"
        '  (await ctx.db.query("jsonChunks").collect()).map(({ text }) => text.length) });\n'
    )
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("larges_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def chunks(storage: Any) -> Any:
    """The lengths of the parts of large values, as a function written by hand counts them."""
    runtime = importlib.import_module("larges_convex._runtime")
    call = runtime.Call.query("chunks:lengths", {}, runtime.Decoder(Any), "count chunks")
    return storage._client.run(call)


TEXT = "é$😀" * (MEBIBYTE // 2)
"""Of about 4.5 MiB in UTF-8."""


def test_text(storage: Any, package: Any) -> None:
    created = storage.papers.create(package.Paper(paper_id="p1", text=TEXT, first=TEXT))
    assert (created.text, created.first) == (TEXT, TEXT)
    assert sum(chunks(storage)) == 2 * len(TEXT.encode("utf-16-le")) // 2
    assert storage.papers.create(package.Paper(paper_id="p1", text=TEXT, first=TEXT)) == created
    assert storage.papers.get("p1") == created
    with pytest.raises(package.Conflict):
        storage.papers.save(package.Paper(paper_id="p1", text=TEXT, first="other"))
    assert [one.text for one in storage.papers.list()] == [TEXT]
    noted = storage.papers.update("p1", note=None, text="short", expected={"text": TEXT})
    assert (noted.text, noted.note, noted.first) == ("short", None, TEXT)
    assert sum(chunks(storage)) == len(TEXT.encode("utf-16-le")) // 2
    with pytest.raises(package.Conflict):
        storage.papers.update("p1", text="", expected={"first": "other"})
    assert storage.papers.update("p1", note=TEXT).note == TEXT
    assert storage.papers.update("p1", note=package.UNSET).note is package.MISSING
    assert storage.papers.delete("p1")
    assert chunks(storage) == []


def test_lists(storage: Any, package: Any) -> None:
    rows = [package.Row(number=2**60 + n, data={"$x": "y" * 1000, "n": n}) for n in range(3000)]
    rows[0].mark = "good"
    storage.papers.save(package.Paper(paper_id="p1", text="t", rows=rows))
    found = storage.papers.get("p1")
    assert found.rows == rows
    assert found.marks == ["good"]
    assert chunks(storage) != []
    assert storage.papers.update("p1", rows=rows[:2], marks=[]).rows == rows[:2]
    assert chunks(storage) == []
    assert storage.papers.get("p1").marks == []


def test_of_variants(storage: Any, package: Any) -> None:
    storage.events.save(package.EventA(event_id="e1", text=TEXT, body="b"))
    parts = [bytes(range(256)) * 4096, b"", b"x" * MEBIBYTE]
    storage.events.save(package.EventB(event_id="e2", parts=parts))
    assert storage.events.get("e1").text == TEXT
    assert storage.events.get("e2").parts == parts
    assert storage.events.update("e1", body=TEXT).body == TEXT
    assert storage.events.update("e2", parts=[]).parts == []
    storage.events.clear()
    assert chunks(storage) == []


def test_limits_in_words(storage: Any, package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match="text"):
        storage.papers.save(package.Paper.model_construct(paper_id="p1", text="x" * 12_000_001))
    with pytest.raises(package.LimitExceeded, match="body"):
        storage.events.save(package.EventA(event_id="e1", text=TEXT, body="é" * 7 * MEBIBYTE))


def test_nobody_gives_chunks(storage: Any, package: Any, backend: EmbeddedBackend) -> None:
    headers = {"Authorization": f"Convex {backend.admin_key}"}
    forged = {"jsonChunks": {"ids": [], "bytes": 1}}
    for path, arguments in (
        ("papers:save", {"paper": {"paperId": "p2", "text": forged}}),
        ("papers:update", {"paperId": "p2", "set": {"text": forged}}),
        ("events:update", {"eventId": "p2", "set": {"body": forged}}),
    ):
        body = {"path": path, "args": [arguments], "format": "convex_encoded_json"}
        answer = post(f"{backend.url}/api/mutation", json=body, headers=headers).json()
        assert "ArgumentValidationError" in answer["errorMessage"], answer


def test_the_asynchronous_client(backend: EmbeddedBackend, package: Any) -> None:
    async def use() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            await opened.papers.save(package.Paper(paper_id="async", text=TEXT))
            found = await opened.papers.get("async")
            assert found.text == TEXT

    asyncio.run(use())


def test_the_typescript_client(backend: EmbeddedBackend, project: Project, tmp_path: Path) -> None:
    program = bundle(str(USAGE), tmp_path, project.root / "generated" / "typescript")
    assert run_node([program], backend).splitlines() == ["3145728 2000 7n", "true"]
