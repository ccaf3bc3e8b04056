"""Moments, with their encoding on the wire."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from .codec import Codec, or_json, plain
from .errors import InvalidArgument
from .foreign_values import library_of, type_name
from .mismatches import describe_mismatch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp_to_wire(value: datetime) -> float:
    """The milliseconds since the epoch, with microseconds as the fraction.

    Raises `InvalidArgument` for a datetime without a time zone, for one with nanoseconds, which
    those of pandas have, and for one whose microseconds a double cannot hold: that can be outside
    the years 1691 to 2248 only.
    """
    try:
        return _timestamp_to_wire(_timestamp_from_python(value))
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def _timestamp_to_wire(value: datetime) -> float:
    # Division of integers is rounded correctly, arithmetic with floats would not be.
    return _microseconds(value) / 1000


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _timestamp_from_wire(value: float) -> datetime:
    # The fraction is exact and is rounded on its own: the product of the whole would lose digits.
    whole = math.floor(value)
    try:
        return _EPOCH + timedelta(0, 0, round((value - whole) * 1000), whole)
    except OverflowError:
        raise ValueError("the milliseconds are outside the years 1 to 9999") from None


# Doubles below 2^43 ms lie closer than a microsecond: 1691 to 2248.
_EXACT_MICROSECONDS = 2**43 * 1000


def _timestamp_from_python(value: object) -> datetime:
    # To pandas, NaT is a datetime.
    if isinstance(value, datetime) and type_name(value) != "pandas.NaT":
        return _in_utc(_without_nanoseconds(value))
    if type_name(value) == "numpy.datetime64":
        raise ValueError(
            "numpy.datetime64 has no time zone; write pandas.Timestamp(value, tz='UTC'), or "
            "datetime(…, tzinfo=UTC)"
        )
    raise ValueError(
        f"expected a datetime with a time zone, found {type_name(value)}",
    )


def _without_nanoseconds(value: Any) -> datetime:
    """The datetime itself; of a `pandas.Timestamp`, which has nanoseconds, the one it equals."""
    if library_of(value) is None:
        moment: datetime = value
        return moment
    if value.nanosecond:
        raise ValueError(
            'it has nanoseconds, and a timestamp has microseconds; round it: value.round("us")'
        )
    found: datetime = value.to_pydatetime()
    return found


def _in_utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(
            "the datetime has no time zone; write datetime(…, tzinfo=UTC) or datetime.now(UTC)"
        )
    if value.tzinfo is not UTC:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise ValueError("the datetime is outside the years 1 to 9999 in UTC") from None
    microseconds = _microseconds(value)
    if not -_EXACT_MICROSECONDS < microseconds < _EXACT_MICROSECONDS and (
        microseconds % 1000 != 0 and not _is_exact(value)
    ):
        raise ValueError(
            "the datetime cannot be stored exactly: a timestamp is a double of "
            "milliseconds, whose microseconds are exact from 1691 to 2248; "
            "round it to whole milliseconds"
        )
    return value


def _is_exact(value: datetime) -> bool:
    try:
        return _timestamp_from_wire(_timestamp_to_wire(value)) == value
    except ValueError:
        return False


# RFC 3339, which the format "date-time" of JSON Schema is; pydantic reads numbers in text as well.
_TEXT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_DATETIME = SchemaValidator(core_schema.datetime_schema())


def _timestamp_from_json(value: object) -> datetime:
    if not isinstance(value, str) or _TEXT.fullmatch(value) is None:
        raise ValueError("expected text such as 2026-03-29T02:30:00Z, with a time zone")
    try:
        moment: datetime = _DATETIME.validate_python(value)
    except ValidationError as error:
        raise ValueError(describe_mismatch(error)) from None
    return _in_utc(moment)


Timestamp: TypeAlias = Annotated[
    datetime,
    Codec(
        name="timestamp",
        python=or_json(_timestamp_from_python, _timestamp_from_json),
        json=plain(_timestamp_from_json),
        to_json=_timestamp_from_python,
        wire=core_schema.no_info_after_validator_function(
            _timestamp_from_wire,
            core_schema.float_schema(strict=True, allow_inf_nan=False),
        ),
        to_wire=_timestamp_to_wire,
        json_schema={"type": "string", "format": "date-time"},
    ),
]
"""A moment: an aware datetime, kept in UTC, stored as milliseconds since the epoch.

Microseconds are the fraction, exact from 1691 to 2248; outside, whole milliseconds are exact and a
datetime that would lose microseconds is refused. A datetime without a time zone is refused. In
JSON it is text in ISO 8601, whose digits after the microseconds are left out.
"""
