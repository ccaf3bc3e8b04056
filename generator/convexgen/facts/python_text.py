"""Literals and docstrings of Python."""

from __future__ import annotations

import re
from functools import lru_cache

from convexgen.facts.code import Code
from convexgen.facts.text import visible, wrap
from convexgen.guards import is_list, is_mapping

_WIDTH = 88
"""Of lines of docstrings, which the formatter does not wrap; its own limit for code."""
_INDENT = 4

_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Three quotes would end the docstring, and one before its end would be read as one of the three.
_QUOTE_TO_ESCAPE = re.compile(r'"(?="|$)')


def string(value: str) -> Code:
    """A string literal, in the quotes that need fewer escapes, as ruff chooses them."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    if value.isprintable() and quote not in value and "\\" not in value:
        return Code(f"{quote}{value}{quote}")
    escaped = "".join(_escaped(character, quote) for character in value)
    return Code(f"{quote}{escaped}{quote}")


def literal(value: object) -> Code:
    """A literal of plain data: what JSON can hold, and bytes.

    Raises `TypeError` for anything else.
    """
    if isinstance(value, str):
        return string(value)
    if isinstance(value, float):
        return Code(repr(value).replace("e+", "e"))
    if value is None or isinstance(value, bool | int | bytes):
        return Code(repr(value))
    if is_list(value):
        return Code(f"[{', '.join(literal(one) for one in value)}]")
    if is_mapping(value):
        items = [f"{string(key)}: {literal(one)}" for key, one in value.items()]
        return Code("{" + ", ".join(items) + "}")
    raise TypeError(f"{type(value).__name__} is no plain data")


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    if character in _CONTROLS:
        return _CONTROLS[character]
    if visible(character) == character:
        return character
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


# Most methods of an entity are described as those of the others are.
@lru_cache(maxsize=1_000)
def docstring(text: str, level: int = 1) -> Code:
    """A docstring, wrapped for its level: one line where it fits. The formatter indents it."""
    # Six columns are for the quotes: what does not fit between them on one line takes several,
    # which a formatter with a wider limit would otherwise join.
    first, *rest = [
        _QUOTE_TO_ESCAPE.sub(r'\\"', line.replace("\\", "\\\\"))
        for line in wrap(text, _WIDTH - _INDENT * level - 6)
    ]
    if not rest:
        return Code(f'"""{first}"""')
    margin = " " * (_INDENT * level)
    body = "".join(f"{margin}{line}".rstrip() + "\n" for line in rest)
    return Code(f'"""{first}\n{body}{margin}"""')
