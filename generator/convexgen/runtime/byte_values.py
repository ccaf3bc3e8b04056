"""Strings of bytes, with their encoding on the wire."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from .codec import Codec, base64_text, or_json, plain, special
from .errors import InvalidArgument
from .foreign_values import type_name
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
    raise ValueError(f"expected bytes, found {type_name(value)}")


def _bytes_from_json(value: object) -> bytes:
    try:
        return decode_base64(value)
    except ValueError:
        raise ValueError(
            "expected base64 text: letters, digits, + and /, with = up to a multiple of four"
        ) from None


def _bytes_to_json(value: Any) -> str:
    return base64_text(_bytes_from_python(value))


def _bytes_to_wire(value: Any) -> dict[str, str]:
    return encode_bytes(_bytes_from_python(value))


BASE64_PATTERN = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""Of text that `decode_base64` takes."""

Bytes: TypeAlias = Annotated[
    bytes,
    Codec(
        name="bytes",
        python=or_json(_bytes_from_python, _bytes_from_json),
        json=plain(_bytes_from_json),
        to_json=_bytes_to_json,
        wire=plain(_bytes_from_wire),
        to_wire=_bytes_to_wire,
        json_schema={
            "type": "string",
            "contentEncoding": "base64",
            "pattern": BASE64_PATTERN,
        },
    ),
]
"""A string of bytes; base64 text in JSON."""
