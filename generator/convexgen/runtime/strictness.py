"""Text and booleans are what they are.

pydantic by itself makes text of bytes, and booleans of numbers and words: a program would send what
it never wrote.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import CoreSchema


def require_exact(schema: CoreSchema) -> CoreSchema:
    """The schema, in which texts and booleans are not converted; the given one is changed.

    Enums still take their values, objects mappings, and lists tuples: nothing is lost by these.
    """
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        shape: type[Any] = node.__class__
        if issubclass(shape, list | tuple):
            waiting.extend(node)
        elif issubclass(shape, dict):
            kind = node.get("type")
            if not isinstance(kind, str):  # schemas by the names of fields, or by tags
                waiting.extend(node.values())
                continue
            if kind in _CONVERTED:
                node["strict"] = True
            waiting.extend(node[key] for key in node if key not in _NO_SCHEMAS)
    return schema


_CONVERTED = frozenset({"bool", "str"})
_NO_SCHEMAS = frozenset(
    {
        "config",
        "default",
        "expected",
        "members",
        "metadata",
        "serialization",
    }
)
