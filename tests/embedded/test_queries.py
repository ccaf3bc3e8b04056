"""Index ranges and filters that Convex refuses, in its words."""

from typing import Any

import pytest
from convex.http_client import ConvexHttpClient

from convex import ConvexInt64

MAX_INT64 = ConvexInt64(2**63 - 1)
HELP = "https://docs.convex.dev/using/indexes"
IN_ORDER = (
    "Tried to query index rows.by_n_and_value but the query didn't use the index fields in order.\n"
    'Index fields: ["n", "value", "_creationTime"]\n'
)


@pytest.fixture
def client(fresh_client: ConvexHttpClient) -> ConvexHttpClient:
    return fresh_client


def plan(**parts: Any) -> dict[str, Any]:
    whole = {"index": None, "range": [], "order": None, "filters": [], "end": "collect"}
    return {"plan": {**whole, **parts}}


def eq(field: str, *value: Any) -> list[Any]:
    return ["eq", field, list(value)]


def lt(field: str, *value: Any) -> list[Any]:
    return ["lt", field, list(value)]


@pytest.mark.parametrize(
    ("ranges", "text"),
    [
        (
            [eq("value", 1.0)],
            f'{IN_ORDER}Query fields: ["value"]\nFirst incorrect field: "value"\n',
        ),
        (
            [eq("n", 1.0), lt("_creationTime", 1.0)],
            f'{IN_ORDER}Query fields: ["n", "_creationTime"]\n'
            'First incorrect field: "_creationTime"\n',
        ),
        (
            [eq("tag", "red")],
            'The index range included a comparison with "tag", but rows.by_n_and_value with fields '
            '["n", "value", "_creationTime"] doesn\'t index this field.',
        ),
        (
            [eq("n", 1.0), eq("n")],
            'Already defined equality bound in index range. Can\'t add "n" == undefined.',
        ),
        (
            [lt("n", 1.0), ["lte", "n", ["a"]]],
            'Already defined upper bound in index range. Can\'t add "n" <= "a".',
        ),
        (
            [["gt", "n", [1.0]], ["gte", "n", [2.0]]],
            'Already defined lower bound in index range. Can\'t add "n" >= 2.0.',
        ),
        (
            [lt("n", 1.0), eq("n", 2.0)],
            'Already defined inequality bound in index range. Can\'t add "n" == 2.0.',
        ),
        (
            [["gt", "n", [1.0]], lt("value", 1.0)],
            "Upper and lower bounds in `range` can only be applied to a single index field. This "
            "query against index rows.by_n_and_value attempted to set a range bound on both "
            '"n" and "value".',
        ),
    ],
)
def test_ranges_that_are_refused(client: ConvexHttpClient, ranges: Any, text: str) -> None:
    with pytest.raises(Exception, match="Uncaught Error") as caught:
        client.query("engine:read", plan(index="by_n_and_value", range=ranges))
    assert text in str(caught.value)


def test_an_index_that_does_not_exist(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match=r"Index rows\.by_nothing not found\."):
        client.query("engine:read", plan(index="by_nothing"))


@pytest.fixture
def one_row(client: ConvexHttpClient) -> ConvexHttpClient:
    fields = {"n": 2.0, "value": MAX_INT64, "tag": "red"}
    operation = {"kind": "insert", "label": "row", "fields": fields}
    client.mutation("engine:operate", {"operations": [operation], "ids": {}, "fails": False})
    return client


N = ["field", "n"]
INTEGER = ["field", "value"]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (
            ["eq", ["add", N, ["value", ConvexInt64(1)]], N],
            "Cannot add 2.0 (type Float64) and 1 (type Int64)",
        ),
        (
            ["eq", ["sub", ["field", "tag"], N], N],
            'Cannot subtract "red" (type String) and 2.0 (type Float64)',
        ),
        (
            ["eq", ["mul", ["field", "text"], N], N],
            "Cannot multiply undefined (type undefined) and 2.0 (type Float64)",
        ),
        (
            ["eq", ["neg", ["value", [1.0]]], N],
            "Cannot negate [1.0] (type Array)",
        ),
        (["not", N], "Cannot use value 2.0 (type Float64) as a Boolean"),
        (["and", ["value", None]], "Cannot use value null (type Null) as a Boolean"),
        (["or", ["value", {"a": b""}]], "(type Object) as a Boolean"),
        (["field", "value.a"], "Cannot use value undefined (type undefined) as a Boolean"),
    ],
)
def test_filters_that_are_refused(
    one_row: ConvexHttpClient, condition: list[Any], text: str
) -> None:
    with pytest.raises(Exception, match="Uncaught Error") as caught:
        one_row.query("engine:read", plan(filters=[condition]))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "condition",
    [
        ["eq", ["mod", INTEGER, ["value", ConvexInt64(4)]], ["value", ConvexInt64(3)]],
        ["eq", ["div", ["value", -7.0], N], ["value", -3.5]],
        ["and"],
        ["not", ["or"]],
    ],
)
def test_numbers_in_filters(one_row: ConvexHttpClient, condition: list[Any]) -> None:
    """An int64 stays one; a float is divided as a float."""
    assert len(one_row.query("engine:read", plan(filters=[condition]))) == 1
