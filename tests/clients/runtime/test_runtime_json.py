"""JSON values always come back equal, and what is not JSON is refused by its path."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from convexgen.runtime import Decoder, Json, json_to_wire
from convexgen.runtime.json_values import json_from_wire
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from test_runtime_values import stored

JSON: Decoder[Any] = Decoder(Json)

KEYS = st.text() | st.sampled_from(["$ref", "_id", "clé", "", "jsonText", "a"])
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


def round_trip(value: Any) -> Any:
    return JSON.decode_value(stored(json_to_wire(value)))


def is_native(value: Any) -> bool:
    return json_to_wire(value) is value


def nested(depth: int) -> Any:
    value: Any = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@given(JSON_VALUES)
def test_round_trip(value: Any) -> None:
    read = round_trip(value)
    assert read == value
    assert json.dumps(read) == json.dumps(round_trip(read))


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        {"_id": 1, "a b": {"~": [1.5, None]}},
        {"jsonText": 1, "b": 2},
        {"a": {"jsonText": "text"}},
        {f"k{index}": index for index in range(1024)},
        list(range(8192)),
        nested(10),
        2**53,
        {"k" * 1024: 1},
    ],
)
def test_what_convex_can_hold_is_stored_natively(value: Any) -> None:
    assert is_native(value)
    assert round_trip(value) == value


@pytest.mark.parametrize(
    "value",
    [
        {"$ref": "#/$defs/a"},
        {"clé": 1},
        {"": 1},
        {"a\n": 1},
        {"k" * 1025: 1},
        {f"k{index}": index for index in range(1500)},
        list(range(10_000)),
        nested(11),
        nested(60),
        nested(200),
        2**53 + 1,
        -(10**30),
        {"jsonText": "1"},
        {"jsonText": 1},
        {"jsonText": {"jsonText": "{"}},
        {"a": ["ünï", {"$b": "\x00"}]},
    ],
)
def test_what_convex_cannot_hold_is_stored_as_text(value: Any) -> None:
    assert list(json_to_wire(value)) == ["jsonText"]
    assert round_trip(value) == value


def test_the_text_is_compact_and_in_the_order_of_the_value() -> None:
    assert json_to_wire({"b": [1, 2.5], "$a": "é"}) == {"jsonText": '{"b":[1,2.5],"$a":"é"}'}


@pytest.mark.parametrize("key", ["numbers", "$numbers"], ids=["native", "text"])
def test_numbers_come_back_as_json_has_them(key: str) -> None:
    numbers = round_trip({key: [1, 1.0, -0.0, 1.5, 1e300]})[key]
    assert [type(number) for number in numbers] == [int, int, float, float, float]
    assert math.copysign(1, numbers[2]) == -1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [0, "\ud800"]}, r"at \['a'\]\[1\]: the text has a lone surrogate \(U\+D800"),
        ({"a": {"b\udfff": 1}}, r"at \['a'\]\['b\\udfff'\]: the text has a lone surrogate"),
        ([math.nan], r"at \[0\]: nan is not a JSON number"),
        ({"a": math.inf}, r"at \['a'\]: inf is not a JSON number"),
        ({"a": {1: 2}}, r"at \['a'\]: the key 1 is not a string"),
        ([b"bytes"], r"at \[0\]: bytes is not a JSON type"),
        ([(1, 2)], r"at \[0\]: tuple is not a JSON type"),
        (object(), "object is not a JSON type"),
        (nested(201), "nested over 200 levels"),
    ],
)
def test_what_is_not_json_is_refused_by_its_path(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        json_to_wire(value)


def test_an_integer_too_long_for_text_is_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        json_to_wire(10**5000)


def test_a_field_refuses_what_is_not_json() -> None:
    with pytest.raises(ValidationError, match=r"at \['a'\]: set is not a JSON type"):
        TypeAdapter(Json).validate_python({"a": {1}})


def test_a_value_inside_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["a"] = value
    with pytest.raises(ValueError, match="inside itself"):
        json_to_wire(value)


@pytest.mark.parametrize(
    "wire",
    [
        {"jsonText": "{"},
        {"jsonText": "NaN"},
        {"jsonText": "[" * 100_000},
        {"$bytes": "eHg="},
        {"a": {"$float": "AAAAAAAA+H8="}},
    ],
)
def test_stored_values_that_are_not_json_are_refused(wire: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expecting|nested"):
        json_from_wire(wire)


def test_stored_int64s_are_json_numbers() -> None:
    assert json_from_wire({"a": {"$integer": "BQAAAAAAAAA="}}) == {"a": 5}
