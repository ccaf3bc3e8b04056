"""JSON that may be anybody's: its numbers are those of doubles, and its texts are Unicode."""

from __future__ import annotations

import json
import math
import re

from convexgen.source.core_schema import resolve_plain

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?(?:[0-9][-+.0-9eE]*|Infinity)|NaN')
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SHOWN = 20
"""Characters of a number in a message."""


class BadJson(Exception):
    """A text cannot be used; says what is wrong with it, and where."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.line = line
        """From 1 on, as the column is."""
        self.column = column


class _Unusable(Exception):
    """What is wrong with a number or a text."""


def read_json(text: str) -> object:
    """The data of a text. Raises BadJson, and RecursionError where it is nested too deeply."""
    try:
        data: object = json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_number
        )
        if _ESCAPED_SURROGATE.search(text):
            _check_tokens(text)
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
    except _Unusable:
        # The parser does not say where.
        _check_tokens(text)
        raise
    return data


def _check_tokens(text: str) -> None:
    for token in _TOKEN.finditer(text):
        try:
            if token[0][0] != '"':
                _number(token[0])
            elif _SURROGATE.search(json.loads(token[0])):
                raise _Unusable("has half of a character, which is no text")
        except _Unusable as error:
            start = token.start()
            line = text.count("\n", 0, start) + 1
            raise BadJson(str(error), line, start - text.rfind("\n", 0, start)) from None


def _number(text: str) -> int | float:
    if text in {"NaN", "Infinity", "-Infinity"}:
        raise _Unusable(f"has {text}, which is no number of JSON")
    number = resolve_plain(text)
    if not isinstance(number, int | float) or not math.isfinite(number):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise _Unusable(f"has {shown}, which is beyond what a number can be")
    return number
