"""Texts that are made for the pattern of a field: of their trying ways there is no end."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import Project, make_project
from pydantic import ValidationError

SPEC = """
convexgen: 1
name: doors
python: {package: doors_client}
entities:
  Door:
    table: doors
    key: doorId
    fields:
      doorId: string
      nested: {type: string, pattern: "(a+)+", optional: true}
      short: {type: string, pattern: "(b+)+", maxLength: 20, optional: true}
      inRows: {list: {type: string, pattern: "(.*a){12}"}, optional: true}
      byName: {record: {keys: {type: string, pattern: "(k|k)+"}, values: string}, optional: true}
"""
LARGEST = 1_000_000
"""Characters: a document of Convex has 1 MiB."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    sys.path.insert(0, str(made.root / "generated" / "python"))
    yield made
    sys.path.remove(str(made.root / "generated" / "python"))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"nested": "a" * LARGEST + "!"}, "must match"),
        ({"short": "b" * LARGEST + "!"}, "must have at most 20 characters"),
        ({"in_rows": ["a" * LARGEST + "\n"]}, "must match"),
        ({"by_name": {"k" * 60 + "!": ""}}, "must match"),
    ],
)
def test_a_model_refuses_them_at_once(
    project: Project, values: dict[str, Any], problem: str
) -> None:
    package: Any = importlib.import_module("doors_client")
    with pytest.raises(ValidationError, match=problem):
        package.Door(door_id="front", **values)


def test_a_function_is_stopped_and_others_go_on(project: Project) -> None:
    """JavaScript tries one way after another, for as long as a function may compute."""
    package: Any = importlib.import_module("doors_client")
    with (
        EmbeddedBackend.start(project.root, cpu_limit=0.5) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.doors.save(package.Door(door_id="front", nested="aaa"))
        for values in ({"nested": "a" * 40 + "!"}, {"nested": "a" * LARGEST + "!"}):
            unchecked = package.Door.model_construct(door_id="back", **values)
            with pytest.raises(package.ConvexgenError, match="execution timed out"):
                storage.doors.save(unchecked)
        assert [door.door_id for door in storage.doors.list()] == ["front"]
