"""The types of fields, each with its encoding on the wire.

Values travel in Convex's encoded JSON: an int64 as `{"$integer": <base64>}`, bytes as
`{"$bytes": <base64>}`, and the doubles that JSON lacks (NaN, infinities, -0.0) as
`{"$float": <base64>}`. The types below take the user's Python values in Python and read and write
the encoded form in JSON, so one pass of pydantic's parser turns an answer into entities.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_json

from .errors import InvalidArgument
from .json_values import (
    MAX_SAFE_INTEGER,
    ValueRefused,
    check_json,
    check_text,
    decode_base64,
    decode_float64,
    decode_int64,
    is_storable_key,
    json_from_wire,
    json_to_wire,
    large_json_to_wire,
    rewrite,
)
from .mismatches import describe_mismatch

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Unions hash the annotations in them, and schemas are not hashable: a codec equals itself alone.
@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """A type's schema for answers (JSON), its schema for Python values, and its encoder."""

    wire_schema: CoreSchema
    python_schema: CoreSchema
    to_wire: Callable[[Any], Any]
    json_schema: JsonSchemaValue

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=self.wire_schema,
            python_schema=self.python_schema,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.to_wire, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self.json_schema)


def _special(value: Any, kind: str) -> Any:
    """The payload of the encoded value `{kind: payload}`."""
    shape: type[Any] = value.__class__
    if shape is dict and len(value) == 1 and kind in value:
        return value[kind]
    raise ValueError(f'expected {{"{kind}": …}}')


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# int64


def int64_to_wire(value: int) -> dict[str, str]:
    """The encoded int64. Raises `InvalidArgument` outside -2^63 … 2^63-1."""
    _require_integer(value, MIN_INT64, MAX_INT64, "an int64 is within -2^63 and 2^63-1")
    return {"$integer": _base64(value.to_bytes(8, "little", signed=True))}


def int64_from_wire(value: object) -> int:
    """The integer of an encoded int64. Raises `ValueError` for anything else."""
    return decode_int64(_special(value, "$integer"))


def _require_integer(value: object, least: int, greatest: int, rule: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(f"{value!r} is not an int")
    if not least <= value <= greatest:
        raise InvalidArgument(f"{value} is out of range: {rule}")


# integer


def integer_to_wire(value: int) -> int:
    """The integer itself. Raises `InvalidArgument` outside ±2^53."""
    _require_integer(
        value,
        -MAX_SAFE_INTEGER,
        MAX_SAFE_INTEGER,
        "an integer is within ±2^53, where every whole number is a double",
    )
    return value


def _integer_from_wire(value: float) -> int:
    if not value.is_integer() or not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise ValueError(f"expected a whole number within ±2^53, found {value}")
    return int(value)


# number


def number_to_wire(value: float) -> float | dict[str, str]:
    """The number, encoded where JSON has no form for it. Raises `InvalidArgument`."""
    try:
        number = _number_from_python(value)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    return _encode_number(number)


def numbers_to_wire(values: Iterable[float]) -> list[float | dict[str, str]]:
    """The numbers, each encoded. Raises `InvalidArgument`."""
    return [number_to_wire(value) for value in values]


def _encode_number(value: float) -> float | dict[str, str]:
    if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
        return {"$float": _base64(struct.pack("<d", value))}
    return value


def _number_to_wire(value: object) -> float | dict[str, str]:
    return _encode_number(_number_from_python(value))


def _number_from_wire(value: object) -> float:
    return decode_float64(_special(value, "$float"))


def _number_from_python(value: object) -> float:
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if number != value:
            raise ValueError(
                f"{value} is not exactly a double; use a type for large integers",
            )
        return number
    raise ValueError(f"expected a float or an int, found {type(value).__qualname__}")


# timestamp


def timestamp_to_wire(value: datetime) -> float:
    """The milliseconds since the epoch, with microseconds as the fraction.

    Raises `InvalidArgument` for a datetime without a time zone, and for one whose microseconds a
    double cannot hold: that can be outside the years 1691 to 2248 only.
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
        raise ValueError(
            f"{value} ms since the epoch is outside the years 1 to 9999",
        ) from None


# Doubles below 2^43 ms lie closer than a microsecond: 1691 to 2248.
_EXACT_MICROSECONDS = 2**43 * 1000


def _timestamp_from_python(value: object) -> datetime:
    if isinstance(value, datetime):
        return _in_utc(value)
    raise ValueError(
        f"expected a datetime with a time zone, found {type(value).__qualname__}",
    )


def _in_utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(
            f"{value.isoformat()} has no time zone; write datetime(…, tzinfo=UTC) or "
            "datetime.now(UTC)"
        )
    if value.tzinfo is not UTC:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise ValueError(
                f"{value.isoformat()} is outside the years 1 to 9999 in UTC",
            ) from None
    microseconds = _microseconds(value)
    if not -_EXACT_MICROSECONDS < microseconds < _EXACT_MICROSECONDS and (
        microseconds % 1000 != 0 and not _is_exact(value)
    ):
        raise ValueError(
            f"{value.isoformat()} cannot be stored exactly: a timestamp is a double of "
            "milliseconds, whose microseconds are exact from 1691 to 2248; "
            "round it to whole milliseconds"
        )
    return value


def _is_exact(value: datetime) -> bool:
    try:
        return _timestamp_from_wire(_timestamp_to_wire(value)) == value
    except ValueError:
        return False


# bytes


def bytes_to_wire(value: bytes) -> dict[str, str]:
    """The encoded bytes. Raises `InvalidArgument`."""
    try:
        return _encode_bytes(_bytes_from_python(value))
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def _encode_bytes(value: bytes) -> dict[str, str]:
    return {"$bytes": _base64(value)}


def _bytes_from_wire(value: object) -> bytes:
    return decode_base64(_special(value, "$bytes"))


def _bytes_from_python(value: Any) -> bytes:
    kind: type[Any] = value.__class__
    if issubclass(kind, _BYTES):
        return bytes(value)
    raise ValueError(f"expected bytes, found {kind.__qualname__}")


_BYTES = (bytes, bytearray, memoryview)


# any


class Int64Value(int):
    """An int64 inside a `ConvexValue`; everywhere else it is an ordinary `int`."""

    def __new__(cls, value: int) -> Self:
        if not MIN_INT64 <= value <= MAX_INT64:
            raise ValueError(
                f"{value} is out of range: an int64 is within -2^63 and 2^63-1",
            )
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Int64Value({int(self)})"


def convex_value_to_wire(value: object) -> Any:
    """The encoded Convex value. Raises `InvalidArgument`, naming the offending element."""
    try:
        return _encode_value(value, 0)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def _encode_value(value: Any, depth: int) -> Any:
    kind: type[Any] = value.__class__
    if issubclass(kind, str):
        check_text(value)
        return value
    if value is None or kind is bool:
        return value
    if issubclass(kind, Int64Value):
        return int64_to_wire(value)
    if issubclass(kind, int):
        if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            raise ValueRefused(
                f"{value} is outside ±2^53; write Int64Value({value}) for an int64",
            )
        return value
    if issubclass(kind, float):
        return _encode_number(value)
    if issubclass(kind, _BYTES):
        return _encode_bytes(bytes(value))
    if depth >= _MAX_NESTING:
        raise ValueRefused(f"nested over {_MAX_NESTING} levels deep, or inside itself")
    if issubclass(kind, dict):
        return _encode_object(value, depth + 1)
    if issubclass(kind, list | tuple):
        return _encode_array(value, depth + 1)
    raise ValueRefused(
        f"{kind.__qualname__} is not a Convex type; those are None, bool, int, float, "
        "Int64Value, str, bytes, list and dict"
    )


def _encode_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    encoded: dict[str, Any] = {}
    for key, element in value.items():
        if not isinstance(key, str) or not is_storable_key(key):
            raise ValueRefused(f"the key {key!r} cannot be stored: {_KEY_RULE}")
        try:
            encoded[key] = _encode_value(element, depth)
        except ValueRefused as refusal:
            refusal.path.insert(0, key)
            raise
    return encoded


def _encode_array(value: Sequence[Any], depth: int) -> list[Any]:
    encoded: list[Any] = []
    for index, element in enumerate(value):
        try:
            encoded.append(_encode_value(element, depth))
        except ValueRefused as refusal:
            refusal.path.insert(0, index)
            raise
    return encoded


# Of arguments and results; documents nest 16 levels at most.
_MAX_NESTING = 64
_KEY_RULE = (
    "Convex takes keys of printable ASCII that do not start with '$', are not empty and are not "
    "'__proto__'"
)


def convex_value_from_wire(value: Any) -> Any:
    """The Convex value of its encoded form. Takes over `value`, which the JSON parser made."""
    return rewrite(value, float, _value_from_special)


def _value_from_special(kind: str, payload: object) -> Any:
    if kind == "$integer":
        return Int64Value(decode_int64(payload))
    if kind == "$float":
        return decode_float64(payload)
    if kind == "$bytes":
        return decode_base64(payload)
    raise ValueError(f"unknown kind of value: {kind}")


def _convex_value_from_python(value: Any) -> Any:
    _encode_value(value, 0)
    return value


def _json_from_python(value: Any) -> Any:
    check_json(value)
    return value


def _record_key(value: str) -> str:
    if is_storable_key(value):
        return value
    raise ValueError(f"the key {value!r} cannot be stored: {_KEY_RULE}")


# The types


Int64: TypeAlias = Annotated[
    int,
    Codec(
        core_schema.no_info_plain_validator_function(int64_from_wire),
        core_schema.int_schema(strict=True, ge=MIN_INT64, le=MAX_INT64),
        int64_to_wire,
        {"type": "integer", "minimum": MIN_INT64, "maximum": MAX_INT64},
    ),
]
"""A whole number from -2^63 to 2^63-1, stored as Convex's int64."""

Integer: TypeAlias = Annotated[
    int,
    Codec(
        core_schema.no_info_after_validator_function(
            _integer_from_wire, core_schema.float_schema(strict=True)
        ),
        core_schema.int_schema(strict=True, ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER),
        integer_to_wire,
        {"type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER},
    ),
]
"""A whole number within ±2^53, stored as a double."""

NUMBER = Codec(
    core_schema.union_schema(
        [
            core_schema.float_schema(strict=True, allow_inf_nan=False),
            core_schema.no_info_plain_validator_function(_number_from_wire),
        ],
        mode="left_to_right",
    ),
    core_schema.no_info_plain_validator_function(_number_from_python),
    _number_to_wire,
    {"type": "number"},
)

Number: TypeAlias = Annotated[float, NUMBER]
"""A double, NaN, the infinities and -0.0 included. An int is taken if a double holds it exactly."""

Timestamp: TypeAlias = Annotated[
    datetime,
    Codec(
        core_schema.no_info_after_validator_function(
            _timestamp_from_wire,
            core_schema.float_schema(strict=True, allow_inf_nan=False),
        ),
        core_schema.no_info_plain_validator_function(_timestamp_from_python),
        _timestamp_to_wire,
        {"type": "number", "description": "milliseconds since the epoch"},
    ),
]
"""A moment: an aware datetime, kept in UTC, stored as milliseconds since the epoch.

Microseconds are the fraction, exact from 1691 to 2248; outside, whole milliseconds are exact and a
datetime that would lose microseconds is refused. A datetime without a time zone is refused.
"""

Bytes: TypeAlias = Annotated[
    bytes,
    Codec(
        core_schema.no_info_plain_validator_function(_bytes_from_wire),
        core_schema.no_info_plain_validator_function(_bytes_from_python),
        _encode_bytes,
        {"type": "object", "properties": {"$bytes": {"type": "string"}}},
    ),
]
"""A string of bytes."""

Json: TypeAlias = Annotated[
    JsonValue,
    Codec(
        core_schema.no_info_plain_validator_function(json_from_wire),
        core_schema.no_info_plain_validator_function(_json_from_python),
        json_to_wire,
        {},
    ),
]
"""Any JSON value: it always comes back equal. Whole numbers come back as `int`."""

LargeJson: TypeAlias = Annotated[
    JsonValue,
    Codec(
        core_schema.no_info_plain_validator_function(json_from_wire),
        core_schema.no_info_plain_validator_function(_json_from_python),
        large_json_to_wire,
        {},
    ),
]
"""Any JSON value, as `Json`, which may be larger than the 1 MiB of a document."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _TypedJson:
    """The schemas and the encoder of a JSON value that is of a type of its own."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        typed = _TypedJsonCodec(source)
        plain = core_schema.no_info_plain_validator_function
        return core_schema.json_or_python_schema(
            json_schema=plain(typed.from_wire),
            python_schema=plain(typed.from_python),
            serialization=core_schema.plain_serializer_function_ser_schema(
                typed.to_wire, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {}


class _TypedJsonCodec:
    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._type)

    def from_wire(self, wire: Any) -> Any:
        try:
            # Unknown fields are kept, so that who reads and writes loses none.
            return self._adapter.validate_json(
                to_json(json_from_wire(wire)),
                strict=True,
                extra="allow",
                by_alias=True,
                by_name=False,
            )
        except ValidationError as error:
            raise ValueError(describe_mismatch(error)) from error

    def from_python(self, value: Any) -> Any:
        try:
            return self._adapter.validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(describe_mismatch(error)) from error

    def to_wire(self, value: Any) -> Any:
        dumped = self._adapter.dump_python(
            value,
            mode="json",
            by_alias=True,
            warnings="error",
        )
        return large_json_to_wire(dumped)


TypedJson: TypeAlias = Annotated[T, _TypedJson()]
"""A JSON value that fits a JSON Schema, stored as `Json` is; large values may be large."""

ConvexValue: TypeAlias = Annotated[
    bool | int | float | str | bytes | list[Any] | dict[str, Any] | None,
    Codec(
        core_schema.no_info_plain_validator_function(convex_value_from_wire),
        core_schema.no_info_plain_validator_function(_convex_value_from_python),
        convex_value_to_wire,
        {},
    ),
]
"""Any Convex value. Numbers are read as `float` and int64s as `Int64Value`, which is an `int`;
an `int` that is no `Int64Value` is stored as a double, and refused outside ±2^53."""

RecordKey: TypeAlias = Annotated[str, AfterValidator(_record_key)]
"""A key of a record: printable ASCII that does not start with `$`."""
