"""Of which table a document ID is.

Crockford's base32, in small letters, of the number of the table, 16 bytes and a checksum.
Source: `crates/value/src/{id_v6,base32}.rs` of Convex's backend.
"""

from __future__ import annotations

_DIGITS = {character: digit for digit, character in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}
_LENGTHS = range(31, 38)
_INTERNAL = 16
_CHECKSUM = 2
_MOST_OF_NUMBER = 5


def table_number(text: str) -> int | None:
    """The number of the table of an ID; None for text that is none."""
    if len(text) not in _LENGTHS or not _DIGITS.keys() >= set(text):
        return None
    content = _decoded(text)
    number = 0
    length = 0
    while True:
        if length == min(_MOST_OF_NUMBER, len(content)):
            return None
        byte = content[length]
        number |= (byte & 0x7F) << (7 * length)
        length += 1
        if byte < 0x80:
            break
    end = length + _INTERNAL
    if len(content) != end + _CHECKSUM:
        return None
    is_right = int.from_bytes(content[end:], "little") == _fletcher16(content[:end])
    return number if is_right and number else None


def _decoded(text: str) -> bytes:
    value = 0
    for character in text:
        value = value << 5 | _DIGITS[character]
    spare = 5 * len(text) % 8
    return (value >> spare).to_bytes(5 * len(text) // 8, "big")


def _fletcher16(content: bytes) -> int:
    low = high = 0
    for byte in content:
        low = (low + byte) & 0xFF
        high = (high + low) & 0xFF
    return high << 8 | low
