"""Queries as tables of Arrow, pandas and polars."""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import ConvexStorage, Thread
from page_examples import blocks
from project import ROOT, Project, make_project

SPEC = {
    "convexgen": 1,
    "name": "tables",
    "enums": {"Color": ["red", "green"], "Kind": {"values": ["a", "b"], "open": True}},
    "objects": {
        "Place": {"city": "string", "height": "number?", "seen": "timestamp?", "more": "json?"},
        "Cat": {"kind": {"literal": "cat"}, "lives": "integer"},
        "Dog": {"kind": {"literal": "dog"}, "tricks": "list<string>"},
    },
    "entities": {
        "Row": {
            "table": "rows",
            "key": "rowId",
            "fields": {
                "rowId": "string",
                "text": "string?",
                "flag": "boolean?",
                "whole": "integer?",
                "big": "int64?",
                "real": "number?",
                "nullable": {"type": "number", "nullable": True},
                "at": "timestamp?",
                "blob": "bytes?",
                "color": "Color?",
                "kind": "Kind?",
                "words": "list<string>?",
                "moments": "list<timestamp>?",
                "scores": "record<string, number>?",
                "place": "Place?",
                "places": "list<Place>?",
                "mixed": "string | number?",
                "either": {"union": ["Cat", "Dog"], "tag": "kind", "optional": True},
                "extra": "json?",
                "anything": "any?",
                "extras": "list<json>?",
            },
            "searchIndexes": {"search_text": {"search": "text"}},
        },
        "Empty": {"table": "empties", "key": "emptyId", "fields": {"emptyId": "string"}},
    },
}
MOMENT = datetime(2026, 3, 29, 12, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "spec.yaml").write_text(json.dumps(SPEC))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("tables_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        opened.rows.save_many([full(package), package.Row(row_id="none", nullable=None)])
        yield opened


def full(package: Any) -> Any:
    return package.Row(
        row_id="full",
        text="Zoë",
        flag=True,
        whole=2**53 - 1,
        big=-(2**63),
        real=math.inf,
        nullable=1.5,
        at=MOMENT,
        blob=b"\0\xff",
        color=package.Color.RED,
        kind="b",
        words=["a", ""],
        moments=[MOMENT],
        scores={"x": 1.0, "y": math.nan},
        place=package.Place(city="Oslo", height=5, seen=MOMENT, more={"a": [1]}),
        places=[package.Place(city="Bergen")],
        mixed="text",
        either=package.Cat(lives=9),
        extra={"deep": {"list": [1, None]}},
        anything={"bytes": b"a", "big": 2**40},
        extras=[1, "two", None],
    )


def as_python(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_each_type_has_a_column(storage: Any) -> None:
    table = storage.rows.list().to_arrow()
    moment = pa.timestamp("us", tz="UTC")
    choice = pa.dictionary(pa.int32(), pa.string())
    place = pa.struct(
        {
            "city": pa.string(),
            "height": pa.float64(),
            "seen": moment,
            "more": pa.string(),
        }.items()
    )
    assert {field.name: field.type for field in table.schema} == {
        "row_id": pa.string(),
        "text": pa.string(),
        "flag": pa.bool_(),
        "whole": pa.int64(),
        "big": pa.int64(),
        "real": pa.float64(),
        "nullable": pa.float64(),
        "at": moment,
        "blob": pa.binary(),
        "color": choice,
        "kind": pa.string(),
        "words": pa.list_(pa.string()),
        "moments": pa.list_(moment),
        "scores": pa.map_(pa.string(), pa.float64()),
        "place": place,
        "places": pa.list_(place),
        "mixed": pa.string(),
        "either": pa.string(),
        "extra": pa.string(),
        "anything": pa.string(),
        "extras": pa.string(),
        "doc_id": pa.string(),
        "creation_time": moment,
    }


def test_values_are_those_of_the_entities(storage: Any, package: Any) -> None:
    first, second = as_python(storage.rows.list().to_arrow())
    entity = storage.rows.get("full")
    assert (first["doc_id"], first["creation_time"]) == (entity.doc_id, entity.creation_time)
    for name in ("text", "flag", "whole", "big", "real", "nullable", "at", "blob", "words"):
        assert first[name] == getattr(entity, name)
    assert first["moments"] == [MOMENT]
    assert (first["color"], first["kind"]) == ("red", "b")
    (_, x), (key, y) = first["scores"]
    assert (x, key, math.isnan(y)) == (1.0, "y", True)
    assert first["place"] == {"city": "Oslo", "height": 5.0, "seen": MOMENT, "more": '{"a":[1]}'}
    assert first["places"] == [{"city": "Bergen", "height": None, "seen": None, "more": None}]
    dumped = entity.model_dump(mode="json")
    for name in ("mixed", "either", "extra", "anything", "extras"):
        assert json.loads(first[name]) == dumped[name]
    absent = {name: one for name, one in second.items() if one is not None}
    assert absent.keys() == {"row_id", "doc_id", "creation_time"}


def test_values_that_this_package_does_not_know(storage: Any, package: Any) -> None:
    """Text of enums that a newer backend has stands in the table as any other."""
    rows = [package.Row(row_id="new", nullable=None, kind="z")]
    storage.rows.save_many(rows)
    kinds = storage.rows.list().to_arrow().column("kind").to_pylist()
    assert kinds == ["b", None, "z"]
    assert storage.rows.delete("new")


def test_an_empty_table_has_its_columns(storage: Any) -> None:
    table = storage.empties.list().to_arrow()
    assert (table.num_rows, table.column_names) == (0, ["empty_id", "doc_id", "creation_time"])
    assert storage.empties.list().to_polars().shape == (0, 3)
    assert storage.empties.list().to_pandas().shape == (0, 3)


def test_frames_of_pandas(storage: Any) -> None:
    frame = storage.rows.list().to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["big"].dtype == pd.ArrowDtype(pa.int64())
    assert frame["big"].tolist()[0] == -(2**63)
    assert frame["big"].isna().tolist() == [False, True]
    assert frame["at"][0] == pd.Timestamp(MOMENT)
    assert frame["flag"].dtype.numpy_dtype == np.dtype(bool)


def test_frames_of_polars(storage: Any) -> None:
    frame = storage.rows.list().to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame["at"].dtype == pl.Datetime("us", "UTC")
    assert frame["big"].to_list() == [-(2**63), None]
    assert frame["color"].to_list() == ["red", None]
    assert frame["place"][0]["city"] == "Oslo"


def test_what_a_search_finds(storage: Any) -> None:
    assert storage.rows.search_text("Zoë").to_arrow().column("row_id").to_pylist() == ["full"]


def test_tables_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def main() -> None:
        opened = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with opened:
            table = await opened.rows.list().to_arrow()
            assert as_python(table.drop(["scores"])) == as_python(
                storage.rows.list().to_arrow().drop(["scores"])
            )
            assert len(await opened.rows.list().to_pandas()) == 2
            assert len(await opened.rows.search_text("Zoë").to_polars()) == 1

    asyncio.run(main())


def test_the_packages_are_asked_for_when_they_are_needed(
    storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="pyarrow"):
        storage.rows.list().to_arrow()
    assert storage.rows.list().first() is not None


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("docs/python.md", "py tables")
    with (
        EmbeddedBackend.start(ROOT) as backend,
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as mastra,
    ):
        mastra.threads.save(Thread(thread_id="t1", resource_id="user-7"))
        exec(program, {"storage": mastra})
    assert "user-7" in capsys.readouterr().out
