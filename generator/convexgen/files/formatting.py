"""Telling what a formatter did to a file from what a person did."""

from __future__ import annotations

import ast
import re

_QUOTES = re.compile(rb"[\"'`]+")
# What formatters add and remove: black, ruff, prettier, biome.
_LAYOUT = re.compile(rb"[\s;,()\\]+")


def is_reformatted(path: str, current: bytes, rendered: bytes) -> bool:
    """Whether two texts of a file differ in nothing but what formatters change.

    That is white space, quotes, semicolons, commas and parentheses. In Python, where white space
    may mean something, it still has to mean the same. Another order of imports is an edit.
    """
    if _without_layout(current) != _without_layout(rendered):
        return False
    return not path.endswith(".py") or _means_the_same(current, rendered)


def _without_layout(text: bytes) -> bytes:
    return _LAYOUT.sub(b"", _QUOTES.sub(b'"', text))


def _means_the_same(current: bytes, rendered: bytes) -> bool:
    try:
        return ast.dump(ast.parse(current)) == ast.dump(ast.parse(rendered))
    except (SyntaxError, ValueError):
        return False
