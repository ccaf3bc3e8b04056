"""Literals and comments of TypeScript."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from convexgen.facts.code import Code
from convexgen.facts.text import visible, wrap
from convexgen.guards import is_list, is_mapping

_WIDTH = 80
"""Of lines of comments, which the formatter does not wrap; its own limit for code."""
_INDENT = 2


def string(value: str) -> Code:
    """A string literal, in the quotes that need fewer escapes, as formatters choose them."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return Code(f'"{value}"')
    body = visible(json.dumps(value, ensure_ascii=False)[1:-1])
    if value.count('"') > value.count("'"):
        return Code("'" + body.replace('\\"', '"').replace("'", "\\'") + "'")
    return Code(f'"{body}"')


def number(value: float) -> Code:
    """A number literal, as formatters write it."""
    text = repr(value)
    if "e" in text:
        text = text.replace("e+", "e").replace("e0", "e").replace("e-0", "e-").replace(".0e", "e")
    return Code(text.removesuffix(".0"))


def literal(value: object, *, bigint: bool = False, constant: bool = False) -> Code:
    """A literal of plain data: what JSON can hold.

    `bigint` makes its numbers bigints, and `constant` keeps the types of its values as narrow as
    they are. Raises `TypeError` for anything else.
    """
    suffix = " as const" if constant else ""
    if isinstance(value, str):
        return Code(f"{string(value)}{suffix}") if constant else string(value)
    if value is None:
        return Code("null")
    if isinstance(value, bool):
        return Code(f"{'true' if value else 'false'}{suffix}")
    if isinstance(value, int | float):
        return Code(f"{number(value)}{'n' if bigint else ''}{suffix}")
    if is_list(value):
        return array(literal(one, bigint=bigint, constant=constant) for one in value)
    if is_mapping(value):
        items = [
            f"{property_name(key)}: {literal(one, bigint=bigint, constant=constant)}"
            for key, one in value.items()
        ]
        return Code("{ " + ", ".join(items) + " }" if items else "{}")
    raise TypeError(f"{type(value).__name__} is no plain data")


def property_name(key: str) -> Code:
    """The name of a property, in quotes where it needs them.

    An object literal takes `__proto__` for its prototype, also in quotes, unless it is computed:
    https://tc39.es/ecma262/#sec-__proto__-property-names-in-object-initializers
    """
    if key == "__proto__":
        return Code('["__proto__"]')
    return Code(key) if key.replace("$", "_").isidentifier() else string(key)


def array(items: Iterable[Code]) -> Code:
    """An array literal."""
    return Code(f"[{', '.join(items)}]")


def object_literal(properties: Iterable[tuple[str, Code]]) -> Code:
    """An object literal, in which what is called as its property is named once."""
    written = [
        value if name == value else f"{property_name(name)}: {value}" for name, value in properties
    ]
    return Code("{ " + ", ".join(written) + " }")


@lru_cache(maxsize=1_000)
def comment(text: str | None, level: int = 0) -> Code:
    """A JSDoc comment with its line end, wrapped for its level; nothing where there is no text."""
    if text is None or not text.strip():
        return Code("")
    width = _WIDTH - _INDENT * level - 3
    lines = [line.replace("*/", "*\\/") for line in wrap(text, width)]
    if len(lines) == 1 and len(lines[0]) + 4 <= width:
        return Code(f"/** {lines[0]} */\n")
    return Code("/**\n" + "".join(f"{f' * {line}'.rstrip()}\n" for line in lines) + " */\n")
