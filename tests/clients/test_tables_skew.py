"""Tables of Arrow, pandas and polars of documents that an older client does not know in full."""

from __future__ import annotations

import base64
import importlib
import json
import math
import struct
import warnings
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from spec_versions import version

SPEC = """
convexgen: 1
name: tables_skew
lint: {unbounded-list: off}
enums: {Color: [red]}
entities:
  Row:
    table: rows
    key: row
    fields:
      row: string
      number: {type: "1", optional: true}
      big: {type: "1n", optional: true}
      flag: {type: "true", optional: true}
      word: {type: '"a"', optional: true}
      color: Color?
      mixed: {type: '"a" | 1 | true', optional: true}
      numbers: {list: "1", optional: true}
      flags: {list: "true", optional: true}
      counts: {record: "1", optional: true}
      inside: {object: {number: "1", flag: {type: "true", optional: true}}, optional: true}
      tagged:
        union: [{object: {k: {literal: a}, x: number}}, {object: {k: {literal: b}, x: number}}]
        tag: k
        optional: true
      alike:
        union: [{object: {x: number, y: number?}}, {object: {x: number, z: number?}}]
        optional: true
      texts: {union: [string, Color], optional: true}
      lists: {union: [{list: string}, {list: Color}], optional: true}
  Event:
    table: events
    key: event
    fields: {event: string, shared: number?}
    union:
      - object: {kind: {literal: a}, x: number}
      - object: {kind: {literal: b}, y: string?, z: int64?, at: timestamp?}
    tag: kind
"""


def encoded(value: Any) -> Any:
    """A value as Convex writes it."""
    match value:
        case dict():
            return {name: encoded(one) for name, one in value.items()}
        case list():
            return [encoded(one) for one in value]
        case Int64(number):
            return {"$integer": base64.b64encode(struct.pack("<q", number)).decode()}
        case float() if not math.isfinite(value):
            return {"$float": base64.b64encode(struct.pack("<d", value)).decode()}
        case _:
            return value


class Int64(int):
    """A whole number that Convex stores as one."""

    __match_args__ = ("real",)


texts = st.sampled_from(["a", "b", "c d"])
numbers = st.sampled_from([1.0, 2.0, -7.0, 1e21, math.nan, math.inf]) | st.floats(width=32)
int64s = st.integers(-(2**63), 2**63 - 1).map(Int64)
ROWS: dict[str, SearchStrategy[Any]] = {
    "number": numbers,
    "big": int64s,
    "flag": st.booleans(),
    "word": texts,
    "color": st.sampled_from(["red", "green"]),
    "mixed": texts | numbers | st.booleans(),
    "numbers": st.lists(numbers, max_size=3),
    "flags": st.lists(st.booleans(), max_size=3),
    "counts": st.dictionaries(texts, numbers, max_size=3),
    "inside": st.fixed_dictionaries({"number": numbers}, optional={"flag": st.booleans()}),
    "tagged": st.fixed_dictionaries({"k": st.sampled_from(["a", "b"]), "x": st.just(1.5)})
    | st.fixed_dictionaries({"k": st.just("c"), "w": texts}),
    "alike": st.fixed_dictionaries({"x": st.just(1.5)}) | st.fixed_dictionaries({"w": texts}),
    "texts": texts | st.booleans(),
    "lists": st.lists(texts, max_size=2) | st.integers(0, 3).map(float),
}
EVENTS: dict[str, SearchStrategy[Any]] = {
    "shared": st.just(0.5),
    "x": st.just(1.5) | texts,
    "y": texts | st.just(1.5),
    "z": int64s | texts,
    "at": st.just(1000.0) | texts,
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    version(tmp_path_factory.mktemp("tables"), "tables_skew_older", SPEC, "")
    return importlib.import_module("tables_skew_older")


def tables_of(package: Any, item: Any, documents: list[dict[str, Any]]) -> list[pa.Table]:
    """The documents, as a deployment answers with them, as tables of all three kinds."""
    runtime = f"{package.__name__}._runtime"
    tables = importlib.import_module(f"{runtime}.tables")
    read = importlib.import_module(f"{runtime}.wire").WireForm(item).read
    answers = [
        {**encoded(one), "_id": "i", "_creationTime": 1000.0 + number}
        for number, one in enumerate(documents)
    ]
    table = tables.arrow_table(item, [read(json.dumps(one).encode()) for one in answers])
    frames = tables.pandas_frame(table), tables.polars_frame(table)
    return [table, pa.Table.from_pandas(frames[0]), frames[1].to_arrow()]


WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def strict_json(text: str) -> Any:
    """What JSON says, which has no NaN."""

    def refuse(word: str) -> float:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def meant(value: Any, *, in_json: bool = False) -> Any:
    """What a value of a document or a cell is, whatever writes it: what is null is left out."""
    match value:
        case bool() | None:
            return value
        case str() if in_json and value in WORDS:
            return meant(WORDS[value])
        case str() if in_json and value.endswith("Z"):
            return meant(datetime.fromisoformat(value))
        case str():
            return value
        case datetime():
            return meant(value.timestamp() * 1000)
        case {"$integer": payload}:
            return meant(struct.unpack("<q", base64.b64decode(payload))[0])
        case {"$float": payload}:
            return meant(struct.unpack("<d", base64.b64decode(payload))[0])
        case dict():
            found = {name: meant(one, in_json=in_json) for name, one in value.items()}
            return {name: one for name, one in found.items() if one is not None}
        case list():
            return [meant(one, in_json=in_json) for one in value]
        case _:
            is_whole = math.isfinite(value) and value == int(value)
            return ("number", int(value) if is_whole else repr(float(value)))


def check(package: Any, item: Any, documents: list[dict[str, Any]], texts: set[str]) -> None:
    """Each table has in each row what the document has; the columns `texts` are no JSON."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tables = tables_of(package, item, documents)
    for table in tables:
        table.validate(full=True)
        for name in set(table.column_names) - {"doc_id", "creation_time"}:
            column = table.column(name)
            values = column.to_pylist()
            if pa.types.is_map(column.type):
                values = [None if one is None else meant(dict(one)) for one in values]
            elif name == "counts" and pa.types.is_large_list(column.type):
                values = [
                    None if one is None else meant({each["key"]: each["value"] for each in one})
                    for one in values
                ]
            elif name not in texts and column.type in (pa.string(), pa.large_string()):
                values = [
                    None if one is None else meant(strict_json(one), in_json=True) for one in values
                ]
            else:
                values = [meant(one) for one in values]
            expected = [meant(one.get(name)) for one in documents]
            assert values == expected, (name, column.type)


SETTINGS = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SETTINGS
@given(st.lists(st.fixed_dictionaries({"row": texts}, optional=ROWS), min_size=1, max_size=4))
@example([{"row": "a", "number": 2.5, "numbers": [1.0, 2.5], "inside": {"number": 2.5}}])
@example([{"row": "a", "flag": False}, {"row": "b", "flags": [False, True]}])
def test_fault_17_a_table_has_the_values_that_an_older_client_does_not_know(
    package: Any, documents: list[dict[str, Any]]
) -> None:
    are_texts = all(isinstance(one.get("texts", ""), str) for one in documents)
    texts = {"row", "word", "color"} | ({"texts"} if are_texts else set())
    check(package, package.Row, documents, texts)


@SETTINGS
@given(
    st.lists(
        st.fixed_dictionaries(
            {"event": texts, "kind": st.sampled_from(["c", "d"])}, optional=EVENTS
        ),
        min_size=1,
        max_size=4,
    )
)
@example([{"event": "e", "kind": "c", "y": "s"}, {"event": "e", "kind": "a", "x": 1.5}])
def test_fault_17_a_table_has_the_fields_of_variants_that_an_older_client_does_not_know(
    package: Any, documents: list[dict[str, Any]]
) -> None:
    are_texts = all(isinstance(one.get("y", ""), str) for one in documents)
    check(package, package.Event, documents, {"event", "kind"} | ({"y"} if are_texts else set()))


def test_fault_17_columns_keep_their_types_where_they_hold_what_is_not_known(package: Any) -> None:
    """A whole number beside 1 is one of int64 still; 2.5 is none, so that the column is JSON."""
    tables = [
        tables_of(package, package.Row, [{"row": "a", "number": number, "flag": False}])[0]
        for number in (1.0, 2.0, 2.5)
    ]
    types = [str(table.schema.field("number").type) for table in tables]
    assert types == ["int64", "int64", "string"]
    assert [table.column("number").to_pylist() for table in tables] == [[1], [2], ["2.5"]]
    assert tables[0].schema.field("flag").type == pa.bool_()
