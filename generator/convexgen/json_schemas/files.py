"""Files of JSON Schemas as plain data."""

from __future__ import annotations

import math
from typing import Any

from convexgen.guards import is_list, is_mapping
from convexgen.source.assemble import Read
from convexgen.source.json_text import BadJson, read_json
from convexgen.source.nodes import Mapping, Node, Sequence
from convexgen.source.parse import parse

_YAML = (".yaml", ".yml")
_DEEPEST = 200
"""How many levels a file may have, to stay clear of Python's recursion limit. No document that
Convex takes has as many as 64."""


class SchemaError(Exception):
    """A JSON Schema that cannot be used; says why, and what to do."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


def read_schemas(name: str, read: Read) -> Any:
    """The data of a file of JSON or YAML. Raises `SchemaError`."""
    data = _read(name, read)
    if _is_too_deep(data):
        raise SchemaError(f"{name} is nested more than {_DEEPEST} levels deep")
    return data


def _read(name: str, read: Read) -> Any:
    try:
        text = read(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SchemaError(f"{name} is not UTF-8") from None
    except (OSError, ValueError) as error:
        # A ValueError is for names that no file can have.
        reason = error.strerror if isinstance(error, OSError) else None
        raise SchemaError(
            f"{name} cannot be read: {reason or error}",
            "name a file beside this one, such as json(chat.schema.json#/$defs/Message)",
        ) from None
    if name.endswith(_YAML):
        source, problems = parse(text, name)
        if problems or source.root is None:
            place = problems[0].span.start if problems else None
            where = f":{place.line}:{place.column}" if place else ""
            what = problems[0].message if problems else "it is no mapping"
            raise SchemaError(f"{name}{where} is not YAML: {what}")
        return _data(source.root)
    try:
        return read_json(text)
    except BadJson as error:
        raise SchemaError(f"{name}:{error.line}:{error.column} {error}") from None
    except RecursionError:
        raise SchemaError(f"{name} is nested more than {_DEEPEST} levels deep") from None


def _is_too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_DEEPEST + 1):
        level = [
            inner
            for one in level
            if is_mapping(one) or is_list(one)
            for inner in (one.values() if is_mapping(one) else one)
        ]
    return bool(level)


def _data(node: Node) -> Any:
    match node:
        case Mapping():
            return {entry.name: _data(entry.value) for entry in node.entries.values()}
        case Sequence():
            return [_data(item) for item in node.items]
        case _:
            if isinstance(node.value, float) and not math.isfinite(node.value):
                start = node.span.start
                place = f"{node.span.file}:{start.line}:{start.column}"
                raise SchemaError(f"{place} has a number beyond what one can be")
            return node.value
