"""Strings of bytes, with their encoding on the wire."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic_core import core_schema

from .codec import Codec, base64_text, special
from .errors import InvalidArgument
from .json_values import decode_base64

BYTES = (bytes, bytearray, memoryview)
"""The classes of Python whose values are bytes."""


def bytes_to_wire(value: bytes) -> dict[str, str]:
    """The encoded bytes. Raises `InvalidArgument`."""
    try:
        return encode_bytes(_bytes_from_python(value))
    except ValueError as error:
        raise InvalidArgument(str(error)) from error


def encode_bytes(value: bytes) -> dict[str, str]:
    """The encoded bytes."""
    return {"$bytes": base64_text(value)}


def _bytes_from_wire(value: object) -> bytes:
    return decode_base64(special(value, "$bytes"))


def _bytes_from_python(value: Any) -> bytes:
    kind: type[Any] = value.__class__
    if issubclass(kind, BYTES):
        return bytes(value)
    raise ValueError(f"expected bytes, found {kind.__qualname__}")


Bytes: TypeAlias = Annotated[
    bytes,
    Codec(
        core_schema.no_info_plain_validator_function(_bytes_from_wire),
        core_schema.no_info_plain_validator_function(_bytes_from_python),
        encode_bytes,
        {"type": "object", "properties": {"$bytes": {"type": "string"}}},
    ),
]
"""A string of bytes."""
