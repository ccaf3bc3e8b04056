"""Telling what a formatter did to a file from what a person did."""

from __future__ import annotations

import ast
import inspect
import re

_QUOTES = re.compile(rb"[\"'`]+")
# What formatters add and remove: black, ruff, prettier, biome. A backslash is before the quotes
# in a string that are its own.
_LAYOUT = re.compile(rb"[\s;,()\\]+")
# prettier has an option to quote all keys of an object where one needs it.
_QUOTED_KEY = re.compile(rb'"(\w+)"(?=:)')

# A union of types on several lines begins with a bar.
_LEADING_BAR = re.compile(rb"(?<=[=:<{\[])\|(?!\|)")


def is_reformatted(path: str, current: bytes, rendered: bytes) -> bool:
    """Whether two texts of a file differ in nothing but what formatters change.

    That is white space, quotes, semicolons, commas and parentheses. In Python, where white space
    may mean something, it still has to mean the same. Another order of imports is an edit.
    """
    if _without_layout(current) != _without_layout(rendered):
        return False
    return not path.endswith(".py") or _means_the_same(current, rendered)


def _without_layout(text: bytes) -> bytes:
    bare = _QUOTES.sub(b'"', _LAYOUT.sub(b"", text))
    return _LEADING_BAR.sub(b"", _QUOTED_KEY.sub(rb"\1", bare))


def _means_the_same(current: bytes, rendered: bytes) -> bool:
    try:
        return _meaning(current) == _meaning(rendered)
    except (SyntaxError, ValueError):
        return False


def _meaning(text: bytes) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        # Formatters indent docstrings with the code around them.
        match node:
            case ast.Expr(value=ast.Constant(value=str(documentation)) as constant):
                constant.value = inspect.cleandoc(documentation)
            case _:
                pass
    return ast.dump(tree)
