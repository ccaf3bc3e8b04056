"""The codecs of field types: what is written is read back equal, what cannot be held is refused."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from convexgen.runtime import (
    Bytes,
    ConvexValue,
    Decoder,
    Encoder,
    Int64,
    Int64Value,
    Integer,
    InvalidArgument,
    Number,
    RecordKey,
    Timestamp,
    bytes_to_wire,
    convex_value_to_wire,
    int64_to_wire,
    integer_to_wire,
    number_to_wire,
    timestamp_to_wire,
)
from convexgen.runtime.codec import GIVEN
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from convex import convex_to_json, json_to_convex


def stored(wire: Any) -> bytes:
    """What Convex answers for the encoded value: numbers are doubles, -0.0 is special."""
    return json.dumps(convex_to_json(json_to_convex(_with_doubles(wire)))).encode()


def _with_doubles(wire: Any) -> Any:
    kind: type[Any] = wire.__class__
    if kind is dict:
        return {key: _with_doubles(element) for key, element in wire.items()}
    if kind is list:
        return [_with_doubles(element) for element in wire]
    return float(wire) if kind is int else wire


INT64: Decoder[int] = Decoder(Int64)
INTEGER: Decoder[int] = Decoder(Integer)
NUMBER: Decoder[float] = Decoder(Number)
TIMESTAMP: Decoder[datetime] = Decoder(Timestamp)
BYTES: Decoder[bytes] = Decoder(Bytes)
ANY: Decoder[Any] = Decoder(ConvexValue)

ENCODE_INT64: Encoder[int] = Encoder(Int64)
ENCODE_NUMBERS: Encoder[list[float]] = Encoder(list[Number])


@given(st.integers(-(2**63), 2**63 - 1))
def test_int64_round_trip(value: int) -> None:
    assert INT64.decode_value(stored(int64_to_wire(value))) == value
    assert ENCODE_INT64.to_wire(value) == int64_to_wire(value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, True, 1.0, "1"])
def test_int64_refuses(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="int"):
        int64_to_wire(value)
    with pytest.raises(ValidationError):
        TypeAdapter(Int64).validate_python(value, context=GIVEN)


@given(st.integers(-(2**53), 2**53))
def test_integer_round_trip(value: int) -> None:
    read = INTEGER.decode_value(stored(integer_to_wire(value)))
    assert read == value
    assert type(read) is int


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, True, 1.5, "1"])
def test_integer_refuses(value: Any) -> None:
    with pytest.raises(InvalidArgument):
        integer_to_wire(value)
    with pytest.raises(ValidationError):
        TypeAdapter(Integer).validate_python(value)


@pytest.mark.parametrize("encoded", [b"1.5", b"true", b'"1"', b"1e300", b"null"])
def test_integer_refuses_answers(encoded: bytes) -> None:
    with pytest.raises(ValidationError):
        INTEGER.decode_value(encoded)


@given(st.floats())
def test_number_round_trip(value: float) -> None:
    read = NUMBER.decode_value(stored(number_to_wire(value)))
    if math.isnan(value):
        assert math.isnan(read)
    else:
        assert struct.pack("<d", read) == struct.pack("<d", value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0])
def test_special_numbers_are_encoded_inside_other_types(value: float) -> None:
    assert ENCODE_NUMBERS.to_wire([value]) == [number_to_wire(value)]
    assert json.dumps(number_to_wire(value), allow_nan=False)


def test_number_takes_an_int_that_a_double_holds() -> None:
    assert number_to_wire(2**60) == 2.0**60
    assert type(TypeAdapter(Number).validate_python(3)) is float
    with pytest.raises(InvalidArgument, match="exactly a double"):
        number_to_wire(2**60 + 1)
    with pytest.raises(InvalidArgument, match="exactly a double"):
        number_to_wire(10**400)


@pytest.mark.parametrize("value", [True, "1", None])
def test_number_refuses(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="expected a float"):
        number_to_wire(value)


EXACT_FROM = datetime(1692, 1, 1, tzinfo=UTC)
EXACT_TO = datetime(2248, 1, 1, tzinfo=UTC)


@given(
    st.datetimes(
        EXACT_FROM.replace(tzinfo=None),
        EXACT_TO.replace(tzinfo=None),
        timezones=st.timezones() | st.just(UTC),
    )
)
def test_timestamps_keep_microseconds(value: datetime) -> None:
    # Times that a zone skips or has twice equal nothing outside that zone.
    assert TIMESTAMP.decode_value(stored(timestamp_to_wire(value))) == value.astimezone(UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_timestamps_of_whole_milliseconds_are_exact_from_year_1_to_9999(value: datetime) -> None:
    value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    read = TIMESTAMP.decode_value(stored(timestamp_to_wire(value)))
    assert read == value
    assert read.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_timestamps_are_exact_or_refused(value: datetime) -> None:
    try:
        wire = timestamp_to_wire(value)
    except InvalidArgument:
        assert not EXACT_FROM <= value <= EXACT_TO
    else:
        assert TIMESTAMP.decode_value(stored(wire)) == value


@pytest.mark.parametrize(
    "value",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_timestamps_at_the_edges(value: datetime) -> None:
    assert TIMESTAMP.decode_value(stored(timestamp_to_wire(value))) == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 1, 1), "no time zone"),
        (datetime.max.replace(tzinfo=UTC), "cannot be stored exactly"),
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "outside the years"),
        (1_700_000_000_000, "expected a datetime"),
        ("2026-01-01", "expected a datetime"),
    ],
)
def test_timestamp_refuses(value: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        timestamp_to_wire(value)
    # Models take the text of JSON as well, which has a zone.
    in_models = "expected text such as .*, with a time zone" if isinstance(value, str) else words
    with pytest.raises(ValidationError, match=in_models):
        TypeAdapter(Timestamp).validate_python(value)


@pytest.mark.parametrize("encoded", [b"1e300", b"-62135596800001", b'"2026"', b"true"])
def test_timestamp_refuses_answers(encoded: bytes) -> None:
    with pytest.raises(ValidationError):
        TIMESTAMP.decode_value(encoded)


@given(st.binary())
def test_bytes_round_trip(value: bytes) -> None:
    assert BYTES.decode_value(stored(bytes_to_wire(value))) == value


def test_bytes_refuse_text() -> None:
    text: Any = "text"
    with pytest.raises(InvalidArgument, match="expected bytes"):
        bytes_to_wire(text)


@pytest.mark.parametrize(
    ("decoder", "encoded"),
    [
        (INT64, b"5"),
        (INT64, b'{"$integer": "AAAA"}'),
        (INT64, b'{"$integer": "????"}'),
        (INT64, b'{"$integer": 5}'),
        (NUMBER, b'"NaN"'),
        (BYTES, b'"eHg="'),
        (ANY, b'{"$unknown": 1}'),
    ],
)
def test_broken_encodings_are_refused(decoder: Decoder[Any], encoded: bytes) -> None:
    with pytest.raises(ValidationError):
        decoder.decode_value(encoded)


STORABLE_KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).filter(
    lambda key: not key.startswith("$") and key != "__proto__"
)
CONVEX_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.integers(-(2**63), 2**63 - 1).map(Int64Value)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(STORABLE_KEYS, inner),
)


@given(CONVEX_VALUES)
def test_convex_value_round_trip(value: Any) -> None:
    wire = convex_value_to_wire(value)
    read = ANY.decode_value(stored(wire))
    assert read == value
    assert convex_value_to_wire(read) == wire


def test_convex_values_tell_int64s_from_doubles() -> None:
    read = ANY.decode_value(stored(convex_value_to_wire([5, Int64Value(5), 5.0])))
    assert [type(element) for element in read] == [float, Int64Value, float]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, {2}]}, r"at \['a'\]\[1\]: set is not a Convex type"),
        ({"$ref": 1}, r"the key '\$ref' cannot be stored"),
        ({"a": {"clé": 1}}, r"at \['a'\]: the key 'clé' cannot be stored"),
        ({"": 1}, "the key '' cannot be stored"),
        ({1: 1}, "the key 1 cannot be stored"),
        ([2**53 + 1], r"at \[0\]: .* write Int64Value"),
        (["\ud800"], r"at \[0\]: the text has a lone surrogate"),
        (datetime(2026, 1, 1, tzinfo=UTC), "datetime is not a Convex type"),
    ],
)
def test_convex_value_refuses(value: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        convex_value_to_wire(value)
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(ConvexValue).validate_python(value, context=GIVEN)


def test_convex_value_inside_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidArgument, match="inside itself"):
        convex_value_to_wire(value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_int64_value_is_range_checked(value: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Int64Value(value)


def test_record_keys() -> None:
    keys = TypeAdapter(dict[RecordKey, int])
    assert keys.validate_python({"a b": 1, "_id": 2}) == {"a b": 1, "_id": 2}
    for key in ("$a", "clé", "", "a\n"):
        with pytest.raises(ValidationError, match="cannot be stored"):
            keys.validate_python({key: 1})


Encode = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("members", "value"),
    [
        (bool | Integer | str, 1),
        (bool | Integer | str, True),
        (bool | Integer | str, "1"),
        (Int64 | Number, 1),
        (Int64 | Number, 1.0),
        (Timestamp | str, datetime(2026, 1, 1, tzinfo=UTC)),
        (Timestamp | str, "2026"),
        (Bytes | str, b"1"),
        (Bytes | str, "1"),
    ],
)
def test_unions_keep_the_member(members: Any, value: Any) -> None:
    encoder: Encoder[Any] = Encoder(members)
    decoder: Decoder[Any] = Decoder(members)
    read = decoder.decode_value(stored(encoder.to_wire(value)))
    assert read == value
    assert type(read) is type(value)


def test_types_are_short_where_signatures_and_help_show_them() -> None:
    for one in (Integer, Int64, Timestamp):
        assert len(repr(one)) < 80, repr(one)
