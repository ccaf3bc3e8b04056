"""A merge inside the mutation gives what Python says that it gives."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from project import make_project

SPEC = """
convexgen: 1
name: merging
python: {package: merging}
entities:
  Box:
    table: boxes
    key: boxId
    fields:
      boxId: string
      shallow: {type: json, merge: shallow}
      deep: {type: json, merge: deep}
"""

_KEYS = st.sampled_from(
    ["a", "b", "$ref", "_id", "clé", "", "__proto__", "jsonText", "constructor"]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.integers(-(2**90), 2**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=10,
)
_OBJECTS = st.dictionaries(_KEYS, _VALUES, max_size=4)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("merging")
    (folder / "spec.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("merging")
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


def merged(base: Any, change: Any, *, deep: bool) -> Any:
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    result = dict(base)
    for key, value in change.items():
        result[key] = merged(base[key], value, deep=True) if deep and key in base else value
    return result


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(
    base={},
    change={
        "$ref": [0.12345678901234567, -9007199254740993, 1e22, -0.0],
        "a": "1234567890123456789",
    },
)
@given(base=_OBJECTS | _VALUES, change=_OBJECTS | _VALUES)
def test_merges(storage: Any, base: Any, change: Any) -> None:
    package = importlib.import_module("merging")
    storage.boxes.save(package.Box(box_id="b", shallow=base, deep=base))
    box = storage.boxes.update("b", shallow=change, deep=change)
    assert box.shallow == merged(base, change, deep=False)
    assert box.deep == merged(base, change, deep=True)
    read = storage.boxes.get("b")
    assert (read.shallow, read.deep) == (box.shallow, box.deep)
