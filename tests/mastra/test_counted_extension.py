"""The pack in a spec that counts more of its entities: its functions write for any of them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import make_project

SPEC = {
    "convexgen": 1,
    "name": "counting_more",
    "include": "pack:mastra",
    "typescript": False,
    "extend": {
        "ObservationalMemory": {
            "indexes": {"by_createdAt": {"fields": ["createdAt"], "counted": True}}
        },
        "Trace": {"indexes": {"by_spanType": {"fields": ["spanType"], "counted": True}}},
    },
}


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "spec.yaml").write_text(json.dumps(SPEC))
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("counting_more_convex")
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


def test_functions_of_the_pack_count(storage: Any) -> None:
    memory = storage.functions.mastra_observational_memory
    for resource_id in ("r1", "r2"):
        memory.initialize_observational_memory(
            thread_id=None, resource_id=resource_id, scope="resource", config={}
        )
    assert storage.observational_memory.by_created_at().count() == 2
    assert memory.remove_generations(None, "r1")
    assert storage.observational_memory.by_created_at().count() == 1

    package = importlib.import_module("counting_more_convex")
    spans = storage.functions.mastra_observability
    for span_id, span_type in (("s1", "tool"), ("s2", "tool"), ("s3", "agent")):
        spans.create_span(
            span=package.CreateSpanRecord(
                trace_id="t",
                span_id=span_id,
                name="n",
                span_type=span_type,
                is_event=False,
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    assert storage.traces.by_span_type("tool").count() == 2
    assert spans.delete_traces(trace_ids=["t"]).is_done
    assert storage.traces.by_span_type("tool").count() == 0
    assert storage.system.verify_counts() == []
