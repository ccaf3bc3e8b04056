"""Calls as values: arguments, bounds, pages, batches."""

from __future__ import annotations

import itertools
import json
import pickle
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import pytest
from convexgen.runtime import (
    MISSING,
    Call,
    ConvexgenError,
    Decoder,
    Encoder,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Page,
    PagedCall,
    Range,
    Timeout,
    bounds_to_wire,
    integer_to_wire,
    timestamp_to_wire,
)
from convexgen.runtime.calls import NOTHING, chunks, chunks_by_size
from convexgen.runtime.exchange import encode_request
from sample import ThreadStatus, TokenUsage

PAGE: Decoder[Page[str]] = Decoder(Page[str])


def body(call: Call[Any]) -> Any:
    return json.loads(encode_request(call))


def test_missing_arguments_are_not_sent_and_null_is() -> None:
    call = Call.query("m:f", {"a": None, "b": MISSING, "c": 1}, NOTHING, "ask")
    assert body(call) == {
        "path": "m:f",
        "format": "convex_encoded_json",
        "args": {"a": None, "c": 1},
    }


def test_text_that_is_not_unicode_is_refused_by_its_path() -> None:
    call = Call.query("m:f", {"a": [{"b": "x\ud800"}]}, NOTHING, "ask")
    with pytest.raises(
        InvalidArgument, match=r"Failed to ask: arguments at \['a'\]\[0\]\['b'\]: the text has"
    ):
        encode_request(call)


def test_fault_17_text_of_a_list_that_is_not_known_is_looked_for() -> None:
    choices: Any = list[Literal["p", "q"]]
    read = Decoder[Any](choices).decode_parsed(["r", "p"])
    encoder = Encoder[Any](choices)
    assert encoder.to_wire(read) == ["r", "p"]
    for wrong in (["r"], [*read, "s"], [*read, 5]):
        with pytest.raises(InvalidArgument, match=r"\[\d\]: Input should be 'p' or 'q'$"):
            encoder.to_wire(wrong)


LONG: list[object] = ["x"] * 8193


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"a": LONG}, "a"),
        ({"a": [1.0] * 8193}, "a"),
        ({"a": tuple(LONG)}, "a"),
        ({"a": {"b": {"c": LONG}}}, "a.b.c"),
        ({"a": ["x", {"b": [LONG]}]}, r"a\[1\].b\[0\]"),
    ],
)
def test_lists_of_more_than_convex_takes_are_refused_by_their_path(
    arguments: dict[str, Any], path: str
) -> None:
    """By the client: in production, a deployment says no more of arguments than that they fail."""
    call = Call.query("m:f", arguments, NOTHING, "ask")
    told = f"Failed to ask: `{path}` has 8193 elements, and Convex takes 8192 of a list"
    with pytest.raises(LimitExceeded, match=told):
        encode_request(call)


def test_lists_of_as_much_as_convex_takes_are_sent() -> None:
    sent = {"a": LONG[1:], "b": [LONG[1:], {"c": LONG[1:]}], "d": "x" * 20_000}
    assert body(Call.query("m:f", sent, NOTHING, "ask"))["args"] == sent


@pytest.mark.parametrize(
    "arguments",
    [{"a": b"x"}, {"a": {"gte": UUID(int=1)}}, {"keys": [{"a": "x"}, {"a": datetime(2026, 1, 1)}]}],
)
def test_keys_and_bounds_of_types_that_would_become_text_are_refused(
    arguments: dict[str, Any],
) -> None:
    call = Call.query("m:f", arguments, NOTHING, "ask")
    with pytest.raises(InvalidArgument, match=r"Failed to ask: `a(\.gte)?` is of type \w+, which"):
        encode_request(call)


def test_pages() -> None:
    paged = PagedCall("m:list", {"a": 1, "order": None}, PAGE, "list")
    assert body(paged.page(None, 10))["args"] == {
        "a": 1,
        "paginationOpts": {"numItems": 10, "cursor": None},
    }
    paged = PagedCall("m:list", {"order": "desc"}, PAGE, "list")
    assert body(paged.page("c", 1))["args"] == {
        "order": "desc",
        "paginationOpts": {"numItems": 1, "cursor": "c"},
    }
    with pytest.raises(InvalidArgument, match="Failed to list: a page has at least one item"):
        paged.page(None, 0)


def test_a_page_is_read_and_iterated() -> None:
    encoded = b'{"page": ["a", "b"], "isDone": false, "continueCursor": "c", "pageStatus": null}'
    page = PAGE.decode_value(encoded)
    assert (list(page), len(page), page.is_done, page.cursor) == (["a", "b"], 2, False, "c")


def test_bounds() -> None:
    assert bounds_to_wire(MISSING, integer_to_wire) is MISSING
    assert bounds_to_wire(5, integer_to_wire) == {"gte": 5, "lte": 5}
    assert bounds_to_wire(Range(gt=1, lte=5), integer_to_wire) == {"gt": 1, "lte": 5}
    unbounded = Range[int]()
    assert bounds_to_wire(unbounded, integer_to_wire) == {}


def test_a_range_has_one_bound_a_side() -> None:
    with pytest.raises(InvalidArgument, match="gt or gte"):
        Range(gt=1, gte=1)
    with pytest.raises(InvalidArgument, match="lt or lte"):
        Range(lt=1, lte=1)


def test_encoders_check_and_encode() -> None:
    status: Encoder[ThreadStatus] = Encoder(ThreadStatus)
    usages: Encoder[list[TokenUsage]] = Encoder(list[TokenUsage])
    assert status.to_wire(ThreadStatus.OPEN) == "open"
    assert usages.to_wire([TokenUsage(prompt_tokens=1)]) == [{"promptTokens": 1}]
    wrong: Any = "other"
    with pytest.raises(InvalidArgument, match="Input should be 'open' or 'closed'"):
        status.to_wire(wrong)


def test_chunks() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks("", 2)) == []
    # Only what is asked for is taken.
    assert next(chunks(itertools.count(), 3)) == [0, 1, 2]


def test_chunks_by_size() -> None:
    sizes = [1, 1, 1, 4, 9, 2, 2]
    assert list(chunks_by_size(sizes, lambda size: size, 3, 4)) == [
        [1, 1, 1],
        [4],
        [9],
        [2, 2],
    ]


def test_errors_say_what_was_attempted_and_survive_pickling() -> None:
    error = NotFound("it is not there", "update thread 't1'", {"code": "NotFound"})
    assert str(error) == "Failed to update thread 't1': it is not there"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.data) == (NotFound, str(error), error.data)
    assert str(InvalidArgument("wrong")) == "wrong"
    assert not issubclass(Timeout, TimeoutError)
    assert Timeout.__base__ is ConvexgenError


def test_datetimes_in_ranges() -> None:
    day = Range(gte=datetime(2026, 1, 1, tzinfo=UTC))
    assert bounds_to_wire(day, timestamp_to_wire) == {"gte": 1767225600000.0}
