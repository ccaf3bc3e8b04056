"""Values of numpy, pandas and polars: taken where they mean one value of Convex, else refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from convexgen.runtime import (
    MISSING,
    BooleanLiteral,
    Bytes,
    Call,
    ConvexValue,
    Decoder,
    Encoder,
    Entity,
    Int64,
    Int64Literal,
    Integer,
    InvalidArgument,
    Json,
    Number,
    NumberLiteral,
    Range,
    RecordKey,
    Shape,
    Timestamp,
    TypedJson,
    Vector,
    Wire,
    Within,
    bounds_to_wire,
    convex_value_to_wire,
    int64_to_wire,
    integer_to_wire,
    number_to_wire,
    timestamp_to_wire,
)
from convexgen.runtime.exchange import encode_arguments, encode_request
from pydantic import TypeAdapter, ValidationError


class Stage(StrEnum):
    """An enum."""

    LEAD = "lead"


class Inner(Shape):
    """An object."""

    flag: bool


class Row(Entity):
    """A field of each type."""

    text: str | MISSING = MISSING
    stage: Stage | MISSING = MISSING
    stages: list[Stage] | MISSING = MISSING
    other: Annotated[Stage | MISSING, Wire("otherStage")] = MISSING
    flag: bool | MISSING = MISSING
    number: Number | MISSING = MISSING
    limited: Annotated[Number | MISSING, Within(least=0, most=10)] = MISSING
    integer: Integer | MISSING = MISSING
    int64: Int64 | MISSING = MISSING
    moment: Timestamp | MISSING = MISSING
    data: Bytes | MISSING = MISSING
    vector: Annotated[list[float], Vector(2)] | MISSING = MISSING
    numbers: list[Number] | MISSING = MISSING
    nullable: Number | MISSING | None = MISSING
    nullables: list[Number | None] | MISSING = MISSING
    whole: list[Integer] | MISSING = MISSING
    texts: list[str] | MISSING = MISSING
    moments: list[Timestamp] | MISSING = MISSING
    by_name: dict[RecordKey, Integer] | MISSING = MISSING
    inner: list[Inner] | MISSING = MISSING
    either: Int64 | str | Number | MISSING = MISSING
    one: Annotated[Literal[1, 2], NumberLiteral(1, 2)] | MISSING = MISSING
    yes: Annotated[Literal[True], BooleanLiteral(True)] | MISSING = MISSING
    big: Annotated[Literal[5], Int64Literal(5)] | MISSING = MISSING
    document: Json | MISSING = MISSING
    anything: ConvexValue | MISSING = MISSING
    typed: TypedJson[dict[str, list[float]]] | MISSING = MISSING


MOMENT = datetime(2026, 3, 29, 1, 2, 3, 456789, tzinfo=UTC)
PANDAS_MOMENT = pd.Timestamp("2026-03-29T03:02:03.456789+02:00")
HALF = np.float32(0.1)
EIGHT = {"$integer": "CAAAAAAAAAA="}

TAKEN: list[tuple[str, Any, Any]] = [
    ("text", np.str_("a"), "a"),
    ("stage", np.str_("lead"), "lead"),
    ("flag", np.bool_(True), True),
    ("number", np.float64(0.1), 0.1),
    ("number", HALF, 0.10000000149011612),
    ("number", np.float16(0.1), 0.0999755859375),
    ("number", np.int32(-7), -7.0),
    ("number", np.uint64(2**63), 2.0**63),
    ("limited", np.float32(0.5), 0.5),
    ("integer", np.int64(8), 8),
    ("integer", np.uint8(8), 8),
    ("int64", np.int64(8), EIGHT),
    ("int64", np.uint64(8), EIGHT),
    ("int64", np.int16(8), EIGHT),
    ("moment", PANDAS_MOMENT, 1774746123456.789),
    ("moment", pd.Timestamp(MOMENT).as_unit("ns"), 1774746123456.789),
    ("data", np.bytes_(b"a"), {"$bytes": "YQ=="}),
    ("vector", np.array([0.5, 0.1], dtype="float32"), [0.5, 0.10000000149011612]),
    ("vector", np.array([1, 2]), [1.0, 2.0]),
    ("vector", [HALF, np.int8(1)], [0.10000000149011612, 1.0]),
    ("vector", pl.Series([0.5, 1.5]), [0.5, 1.5]),
    ("vector", (0.5, np.int8(1)), [0.5, 1.0]),
    ("numbers", (0.5, np.int8(1)), [0.5, 1.0]),
    ("vector", pd.Series([0.5, 1.5]), [0.5, 1.5]),
    ("numbers", np.array([[0.5], [1.5]])[:, 0], [0.5, 1.5]),
    ("numbers", pl.Series([1, 2], dtype=pl.Int32), [1.0, 2.0]),
    ("whole", np.arange(3, dtype="uint16"), [0, 1, 2]),
    ("whole", pd.Series([1, 2], dtype="Int64"), [1, 2]),
    ("texts", pd.Series(["a", "b"]), ["a", "b"]),
    ("texts", np.array(["a", "b"]), ["a", "b"]),
    ("texts", pl.Series(["a"], dtype=pl.Categorical), ["a"]),
    ("moments", pd.Series([PANDAS_MOMENT]), [1774746123456.789]),
    ("moments", pl.Series([MOMENT]), [1774746123456.789]),
    ("by_name", {np.str_("a"): np.int64(1)}, {"a": 1}),
    ("inner", [{"flag": np.bool_(False)}], [{"flag": False}]),
    ("either", np.int64(8), EIGHT),
    ("either", np.float64(8), 8.0),
    ("one", np.int64(1), 1),
    ("yes", np.bool_(True), True),
    ("big", np.int64(5), {"$integer": "BQAAAAAAAAA="}),
    ("document", {"a": [np.int64(2**60), HALF, np.bool_(True)]}, None),
    ("document", {"a": np.array([[1, 2], [3, 4]])}, {"a": [[1, 2], [3, 4]]}),
    ("document", [np.str_("a"), pl.Series([1.5])], ["a", [1.5]]),
    ("anything", {"a": [np.int32(1), HALF, np.bool_(True)]}, {"a": [1, float(HALF), True]}),
    ("anything", np.array([1.5, math.inf]), [1.5, {"$float": "AAAAAAAA8H8="}]),
    ("document", np.ma.array([1, 2], mask=[False, False]), [1, 2]),
    ("typed", {"a": np.array([1.5])}, {"a": [1.5]}),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("text", pd.NA, "pandas.NA"),
    ("text", np.int64(5), "numpy.int64"),
    ("text", np.bytes_(b"a"), "numpy.bytes_"),
    ("text", np.float64(math.nan), "numpy.float64"),
    ("stage", np.str_("gone"), "lead"),
    # Each of these is equal to a member, or has an `==` that raises.
    ("stage", np.array(["lead"]), "numpy.ndarray"),
    ("stage", pd.array([1, 2], dtype="Int64"), "pandas.IntegerArray"),
    ("stage", pd.Categorical(["lead"]), "pandas.Categorical"),
    ("stage", pd.DataFrame({"a": ["lead"]}), "pandas.DataFrame"),
    ("stage", pl.Series(["lead"]), "polars.Series"),
    ("stage", pl.DataFrame({"a": [1]}), "polars.DataFrame"),
    ("stage", pl.lit("lead"), "polars.Expr"),
    ("stage", np.void(b"lead"), "numpy.void"),
    ("stage", pd.NA, "pandas.NA"),
    ("stages", [pl.Series(["lead"])], "polars.Series"),
    ("other", pl.Series(["lead"]), "polars.Series"),
    ("flag", np.int64(1), "numpy.int64"),
    ("flag", pd.NA, "pandas.NA"),
    ("number", pd.NA, "pandas.NA"),
    ("number", pd.NaT, "pandas.NaT"),
    ("number", np.bool_(True), "numpy.bool"),
    ("number", np.longdouble(1), "numpy.longdouble"),
    ("number", np.complex128(1), "numpy.complex128"),
    ("number", np.timedelta64(1, "s"), "numpy.timedelta64"),
    ("number", np.uint64(2**64 - 1), "not exactly a double"),
    ("number", np.array([1.5]), "numpy.ndarray"),
    ("number", pl.Series([1.5]), "polars.Series"),
    ("limited", np.float64(11), "at most 10"),
    ("limited", np.float32(math.nan), "finite"),
    ("integer", np.float64(5), "numpy.float64"),
    ("integer", np.bool_(True), "numpy.bool"),
    ("integer", pd.NA, "pandas.NA"),
    ("integer", np.int64(2**60), "out of range"),
    ("int64", np.uint64(2**63), "out of range"),
    ("int64", np.float64(5), "numpy.float64"),
    ("moment", pd.Timestamp("2026-01-01T00:00:00.123456789Z"), "nanoseconds"),
    ("moment", pd.Timestamp("2026-01-01"), "no time zone"),
    ("moment", pd.NaT, "pandas.NaT"),
    ("moment", pd.NA, "pandas.NA"),
    ("moment", np.datetime64("2026-01-01T00:00:00"), "numpy.datetime64 has no time zone"),
    ("moment", np.datetime64("NaT"), "numpy.datetime64"),
    ("moment", np.int64(5), "numpy.int64"),
    ("data", np.array([1], dtype="uint8"), "numpy.ndarray"),
    ("vector", np.array([1.5]), "2 items"),
    ("vector", np.array([["a", "b"]]), "found list"),
    ("vector", np.array(["a", "b"]), "found str"),
    ("vector", np.array([1, 2], dtype="datetime64[ns]"), "numpy.datetime64"),
    ("numbers", pd.DataFrame({"a": [1]}), "pandas.DataFrame"),
    ("numbers", pd.Series([1, None], dtype="Int64"), "pandas.NA"),
    ("whole", pd.Series([1, None]), "found float"),
    ("whole", np.array([1, 2], dtype="datetime64[ns]"), "numpy.datetime64"),
    ("whole", np.array([1], dtype="timedelta64[ns]"), "numpy.timedelta64"),
    ("moments", pl.Series([MOMENT]).cast(pl.Datetime("ns", "UTC")), "nanoseconds"),
    ("moments", pl.Series([datetime(2026, 1, 1)]), "no time zone"),
    ("moments", pd.Series([pd.NaT, PANDAS_MOMENT]), "pandas.NaT"),
    ("either", pd.NA, "pandas.NA"),
    ("one", np.int64(3), "expected 1 or 2"),
    ("document", {"a": [pd.NA]}, r"at \['a'\]\[0\]: pandas.NA"),
    ("document", [np.float32(math.nan)], "nan is not a JSON number"),
    ("document", {"a": PANDAS_MOMENT}, "pandas.Timestamp"),
    ("document", np.ma.masked, "numpy.MaskedConstant"),
    ("document", {"a": np.ma.array([[1, 2]], mask=[[False, True]])}, "numpy.MaskedConstant"),
    ("nullable", np.ma.masked, "numpy.MaskedConstant"),
    ("nullables", np.ma.array([1.5, 2.5], mask=[True, False]), "numpy.MaskedConstant"),
    ("anything", np.ma.array([1, 2], mask=[True, False]), "numpy.MaskedConstant"),
    ("anything", {"a": np.datetime64("2026-01-01")}, "numpy.datetime64"),
    ("anything", pd.NaT, "pandas.NaT"),
    ("anything", np.int64(2**60), "Int64Value"),
]


def _named(cases: list[tuple[str, Any, Any]]) -> list[Any]:
    return [
        pytest.param(*case, id=f"{number} {case[0]} {type(case[1]).__name__}")
        for number, case in enumerate(cases)
    ]


@pytest.mark.parametrize(("field", "value", "wire"), _named(TAKEN))
def test_fault_14_values_of_libraries_are_taken_where_they_mean_one_value(
    field: str, value: Any, wire: Any
) -> None:
    row = Row(**{field: value})
    written = row.to_wire()
    expected = {"by_name": "byName"}.get(field, field)
    if wire is not None:
        assert json.dumps(written) == json.dumps({expected: wire})
    assert Row.changes_to_wire({field: value}) == {"set": written}
    assert Row.expected_to_wire({field: value}) == {"expected": written}
    assert Decoder[Row](Row).decode_value(json.dumps(written).encode()) == row
    assert "numpy" not in repr(row)
    assert "Timestamp(" not in repr(row)
    changed = Row()
    setattr(changed, field, value)
    assert changed.to_wire() == written
    assert Row.model_validate_json(row.model_dump_json()).to_wire() == written


@pytest.mark.parametrize(("field", "value", "words"), _named(REFUSED))
def test_fault_14_other_values_are_refused_by_the_name_of_their_type(
    field: str, value: Any, words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words):
        Row.changes_to_wire({field: value})
    with pytest.raises(InvalidArgument, match=words):
        Row.expected_to_wire({field: value})
    with pytest.raises(ValidationError):
        Row(**{field: value})
    row = Row()
    with pytest.raises(ValidationError):
        setattr(row, field, value)


VECTOR = Encoder[Any](Annotated[list[float], Vector(1)])


@pytest.mark.parametrize(
    ("encode", "value", "wire"),
    [
        (number_to_wire, HALF, 0.10000000149011612),
        (integer_to_wire, np.int64(5), 5),
        (int64_to_wire, np.int64(8), EIGHT),
        (timestamp_to_wire, PANDAS_MOMENT, 1774746123456.789),
        (
            VECTOR.to_wire,
            np.array([0.5], dtype="float32"),
            [0.5],
        ),
        (VECTOR.to_wire, pl.Series([0.5]), [0.5]),
        (convex_value_to_wire, {"a": np.float32(0.5)}, {"a": 0.5}),
        (Encoder[Any](Int64 | str).to_wire, np.int64(8), EIGHT),
        (Encoder[Any](list[Number]).to_wire, [HALF], [0.10000000149011612]),
    ],
)
def test_fault_14_arguments_and_bounds(encode: Callable[[Any], Any], value: Any, wire: Any) -> None:
    assert encode(value) == wire
    assert bounds_to_wire(Range(gte=value), encode) == {"gte": wire}


@pytest.mark.parametrize(
    ("encode", "value", "words"),
    [
        (number_to_wire, pd.NA, "pandas.NA"),
        (integer_to_wire, np.float64(5), "numpy.float64"),
        (int64_to_wire, np.bool_(True), "numpy.bool"),
        (timestamp_to_wire, pd.NaT, "pandas.NaT"),
        (timestamp_to_wire, pd.Timestamp("2026-01-01T00:00:00.000000001Z"), "nanoseconds"),
        (timestamp_to_wire, np.datetime64("2026-01-01"), "numpy.datetime64"),
        (VECTOR.to_wire, [pd.NA], "pandas.NA"),
        (Encoder[Any](Stage).to_wire, pl.Series(["lead"]), "polars.Series"),
        (Encoder[Any](Stage | None).to_wire, np.array(["lead"]), "numpy.ndarray"),
        (number_to_wire, np.float64("nan"), "`lt` is NaN"),
        (number_to_wire, np.float32("nan"), "`lt` is NaN"),
        (number_to_wire, np.float16("nan"), "`lt` is NaN"),
        (number_to_wire, np.array(float("nan"), dtype="float32"), "`lt` is NaN"),
        (number_to_wire, np.longdouble("nan"), "numpy.longdouble"),
        (number_to_wire, pd.Series([float("nan")]), "pandas.Series"),
        (None, np.float32("nan"), "`lt` is NaN"),
        (
            timestamp_to_wire,
            pl.Series([datetime(2026, 1, 1, tzinfo=UTC)]).cast(pl.Datetime("ns")),
            "polars.Series",
        ),
    ],
)
def test_fault_14_arguments_and_bounds_that_are_refused(
    encode: Callable[[Any], Any], value: Any, words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words):
        bounds_to_wire(Range(lt=value), encode)


def test_fault_14_keys_that_have_no_encoder() -> None:
    """Of indexes of strings and booleans; the same over HTTP and for subscriptions."""
    arguments = {
        "open": np.bool_(True),
        "name": np.str_("a"),
        "range": {"gte": np.bool_(False)},
        "keys": [np.str_("a"), {"key": np.bool_(True)}],
    }
    sent = {"open": True, "name": "a", "range": {"gte": False}, "keys": ["a", {"key": True}]}
    call: Call[Any] = Call.query("rows:list", arguments, Decoder(Any), "list rows")
    assert json.loads(encode_request(call))["args"] == sent
    assert json.loads(encode_arguments(call)) == sent
    for value, words in (
        *((pd.NA, "pandas.NA"), (PANDAS_MOMENT, "pandas.Timestamp")),
        *((float("nan"), "is nan"), (float("inf"), "is inf"), (np.float64("nan"), "is nan")),
        *((b"bytes", "of type bytes"), (np.bytes_(b"bytes"), "of type bytes")),
    ):
        wrong: Call[Any] = Call.query("rows:list", {"a": value}, Decoder(Any), "list rows")
        with pytest.raises(InvalidArgument, match=f"Failed to list rows: .*{words}"):
            encode_request(wrong)


def test_a_type_alone_takes_them() -> None:
    moment = TypeAdapter(Timestamp).validate_python(PANDAS_MOMENT)
    assert type(moment) is datetime
    assert moment == MOMENT


def test_the_runtime_imports_none_of_these_libraries() -> None:
    program = (
        "import sys\n"
        "from convexgen.runtime import *\n"
        "class Row(Entity):\n"
        "    at: Timestamp\n"
        "    vector: list[Number]\n"
        "from datetime import UTC, datetime\n"
        "Row(at=datetime.now(UTC), vector=[1]).to_wire()\n"
        "print(sorted({'numpy', 'pandas', 'polars'} & set(sys.modules)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert printed.stdout == "[]\n"
