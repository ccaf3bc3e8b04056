"""The generated TypeScript client, from Node, against the functions that it comes with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from equality import same
from mastra_convex import ConvexStorage, Message, MessageRole, RunStatus, WorkflowRun
from node_program import CLIENT, bundle, run_node
from project import ROOT, make_project


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def test_client(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node(["--test", bundle("client.test.ts", tmp_path)], backend)


def test_functions(tmp_path: Path) -> None:
    spec = ROOT / "tests" / "cases" / "good-functions" / "spec.yaml"
    project = make_project(tmp_path / "project", spec)
    project.generate()
    shutil.copytree(
        ROOT / "tests" / "clients" / "functions", project.root / "convex", dirs_exist_ok=True
    )
    client = project.root / "generated" / "typescript"
    program = bundle("functions.test.mjs", project.root, client)
    with EmbeddedBackend.start(project.root) as backend:
        run_node(["--test", program], backend)


def test_searching(tmp_path: Path) -> None:
    spec = ROOT / "tests" / "cases" / "good-searching" / "spec.yaml"
    project = make_project(tmp_path / "project", spec)
    project.generate()
    client = project.root / "generated" / "typescript"
    program = bundle("searching.test.mjs", project.root, client)
    with EmbeddedBackend.start(project.root) as backend:
        run_node(["--test", program], backend)


def test_a_project_may_have_no_client(tmp_path: Path) -> None:
    spec = ROOT / "tests" / "cases" / "good-functions" / "spec.yaml"
    project = make_project(tmp_path / "project", spec)
    file = project.root / "schema" / "spec.yaml"
    file.write_text(f"{file.read_text()}\ntypescript: false\n")
    project.generate()
    assert not [path for path in project.tree() if path.startswith("generated/typescript")]
    file.write_text(file.read_text().replace("false", "{directory: web/client}"))
    project.generate()
    assert "web/client/index.ts" in project.tree()


JSON_VALUES: list[Any] = [
    {"$ref": 1, "_id": 2, "clé": 3, "": 4, "__proto__": {"a": None}},
    {f"k{number}": number for number in range(1500)},
    list(range(10_000)),
    reduce(lambda inner, _: {"deep": inner}, range(60), "bottom"),
    [0, -0.0, 0.1, 1e16, 5e-324, 2**53, -(10**30), {"$": [1e300, 10**15, 2**53 + 1, 1e22]}],
    {"jsonText": "{}"},
    {"jsonChunks": 1},
    "é😀\x00\u202e",
    None,
]


def test_json_from_python_through_typescript(backend: EmbeddedBackend, tmp_path: Path) -> None:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        for table in storage.system.tables():
            storage.system.clear(table.name)
        for number, content in enumerate(JSON_VALUES):
            storage.messages.save(
                Message(
                    message_id=str(number), thread_id="t", role=MessageRole.USER, content=content
                )
            )
        snapshot = {"steps": [{"id": number, "$text": "é" * 1000} for number in range(1600)]}
        storage.workflow_runs.save(
            WorkflowRun(workflow_name="w", run_id="r", state_type=RunStatus.SUCCESS, state=snapshot)
        )
        run_node([bundle("rewrite.ts", tmp_path)], backend)
        for number, content in enumerate(JSON_VALUES):
            again = storage.messages.get(f"again {number}")
            assert again is not None
            assert same(again.content, content), number
        run = storage.workflow_runs.get("again w", "r")
        assert run is not None
        assert run.state == snapshot


def test_failures(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node(["--test", bundle("failures.test.mjs", tmp_path, CLIENT / "runtime")], backend)
