"""The meaning of plain scalars by the core schema of YAML 1.2.2, section 10.3.2."""

from __future__ import annotations

import math
import re
import sys

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_FIRST_OF_NUMBERS = frozenset("+-.0123456789")
# Python refuses to read integers of more than 4,300 digits; the largest double has 309.
_MOST_DIGITS = 400
_LARGEST = int(sys.float_info.max)


def resolve_plain(text: str) -> str | int | float | bool | None:
    """What a scalar without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST_OF_NUMBERS:
        return text
    if _INTEGER.fullmatch(text):
        return whole_number(text)
    if _OCTAL.fullmatch(text):
        return whole_number(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return whole_number(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def whole_number(text: str, base: int = 10) -> int | float:
    """The number of some digits; infinite where no double is as large, as 1e999 is."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    number = int(digits, base) if len(digits) <= _MOST_DIGITS else math.inf
    size = number if number <= _LARGEST else math.inf
    return -size if text.startswith("-") else size
