"""What queries and searches are asked with is checked by the client: production deployments hide
what a validator says."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from project import make_project

SPEC = """
convexgen: 1
name: refused
enums:
  Stage: [lead, gone]
entities:
  Deal:
    table: deals
    key: dealId
    fields:
      dealId: string
      stage: {type: Stage, sensitive: true}
      kind: {enum: [large, small]}
      source: {enum: [web], open: true}
      isOpen: boolean
      only: "true | null"
      either: string | boolean
      parent: {type: id<Deal>?, onDelete: setNull}
      text: string
    indexes:
      by_stage: [stage]
      by_kind: [kind]
      by_source: [source]
      by_isOpen: [isOpen]
      by_only: [only]
      by_either: [either]
      by_parent: [parent]
    queries:
      find: {where: [stage, kind, source, isOpen, only, either, parent]}
    searchIndexes:
      search_text: {search: text, filter: [stage, kind, source, isOpen, only, either, parent]}
"""

REFUSED = [
    ("stage", "leed", "'lead' or 'gone'"),
    ("stage", 5, "'lead' or 'gone'"),
    ("kind", "medium", "'large' or 'small'"),
    ("source", 5, "expected text, found int"),
    ("is_open", "yes", "expected a boolean, found str"),
    ("is_open", 1, "expected a boolean, found int"),
    ("only", False, "expected True"),
    ("either", 5, "either"),
    ("parent", 5, "expected text, found int"),
    ("parent", True, "expected text, found bool"),
]
TAKEN = [
    ("stage", "lead"),
    ("kind", "small"),
    ("source", "any"),
    ("is_open", False),
    ("only", True),
    ("only", None),
    ("either", "a"),
    ("either", False),
    ("parent", "an ID"),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("refused")
    (folder / "given").mkdir()
    (folder / "given" / "refused.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "given" / "refused.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("refused_convex")


@pytest.fixture
def deals(package: Any) -> Any:
    """A store whose deployment nobody is: what is sent is `Unavailable`."""
    return package.ConvexStorage("http://127.0.0.1:1", deploy_key="key").deals


def ways(deals: Any, package: Any, field: str, value: object) -> list[Any]:
    return [
        lambda: getattr(deals, f"by_{field}")(value).first(),
        lambda: deals.find(where={field: value}).first(),
        lambda: deals.find(where={field: package.In([value])}).first(),
        lambda: deals.search_text("a", **{field: value}).first(),
    ]


@pytest.mark.parametrize(("field", "value", "words"), REFUSED)
def test_refused(deals: Any, package: Any, field: str, value: object, words: str) -> None:
    for way in ways(deals, package, field, value):
        with pytest.raises(package.InvalidArgument, match=words) as caught:
            way()
        assert f"`{field}`" in str(caught.value)
        assert "leed" not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), TAKEN)
def test_taken(deals: Any, package: Any, field: str, value: object) -> None:
    for way in ways(deals, package, field, value):
        with pytest.raises(package.Unavailable):
            way()


def test_keys_orders_and_what_is_missing(deals: Any, package: Any) -> None:
    for key in (5, True):
        with pytest.raises(package.InvalidArgument, match="`deal_id`: expected text, found"):
            deals.get(key)
    with pytest.raises(package.InvalidArgument, match=r"`order` is 'down', .* 'asc' nor 'desc'"):
        deals.by_stage("lead", order="down")
    with pytest.raises(package.InvalidArgument, match=r"`missing` is 'ignore', .* 'skip' nor"):
        deals.update_many([package.Update("a", set={"text": "b"})], missing="ignore")
