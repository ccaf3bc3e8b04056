"""Text and booleans are what they are, and values of numpy, pandas and polars what they mean.

pydantic by itself makes text of bytes, and booleans of numbers and words: a program would send what
it never wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic_core import CoreSchema, core_schema

from .codec import WIRE
from .foreign_values import in_python, library_of, type_name


def require_exact(schema: CoreSchema) -> CoreSchema:
    """The schema, in which texts and booleans are not converted; the given one is changed.

    Enums still take their values, objects mappings, and lists tuples: nothing is lost by these.
    """
    for node in schemas_in(schema):
        if node["type"] in _CONVERTED:
            node["strict"] = True
        if node["type"] in _FOREIGN:
            _take_foreign(node)
    return schema


def schemas_in(schema: CoreSchema) -> Iterator[Any]:
    """The schema and those in it, but for those of codecs; each may be changed at its turn."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        shape: type[Any] = node.__class__
        if issubclass(shape, list | tuple):
            waiting.extend(node)
        elif issubclass(shape, dict):
            if not isinstance(node.get("type"), str):  # schemas by the names of fields, or by tags
                waiting.extend(node.values())
                continue
            metadata = node.get("metadata", {})
            is_codec = isinstance(metadata.get(WIRE), dict)
            if is_codec or _DONE in metadata:
                continue
            waiting.extend(node[key] for key in node if key not in _NO_SCHEMAS)
            yield node


def _take_foreign(node: Any) -> None:
    """Have the schema take values of the libraries too; on the wire it stays what it is."""
    inner: Any = dict(node)
    before = _as_list if node["type"] == "list" else _scalars[node["type"]]
    node.clear()
    node.update(
        core_schema.no_info_before_validator_function(
            before, inner, metadata={WIRE: True, _DONE: True}
        )
    )


def _as_list(value: Any) -> Any:
    found = in_python(value)
    # pydantic makes a list of what can be iterated: of a DataFrame, one of the names of columns.
    if library_of(found) is not None:
        raise ValueError(f"expected a list, found {type_name(value)}")
    return found


def _as_scalar(*kinds: type[Any]) -> Callable[[Any], Any]:
    """Of what is no value of these classes, the mistake is told by its own type."""

    def convert(value: Any) -> Any:
        found = in_python(value)
        return found if type(found) in kinds else value

    return convert


_scalars = {
    "bool": _as_scalar(bool),
    "int": _as_scalar(int),
    "float": _as_scalar(int, float),
}
_DONE = "convexgen_takes_foreign"
_CONVERTED = frozenset({"bool", "str"})
_FOREIGN = frozenset({"list", *_scalars})
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
