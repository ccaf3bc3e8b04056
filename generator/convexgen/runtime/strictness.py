"""Text and booleans are what they are, and values of numpy, pandas and polars what they mean.

pydantic by itself makes text of bytes, and booleans of numbers and words: a program would send what
it never wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .codec import NAME, WIRE
from .foreign_values import in_python, library_of, type_name
from .json_values import check_text


def require_exact(schema: CoreSchema, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema, in which texts and booleans are not converted; the given one is changed.

    What a union's errors tell is the names of its types.

    Enums still take their values, objects mappings, and lists tuples: nothing is lost by these.
    """
    for node in schemas_in(schema):
        if node["type"] in _CONVERTED:
            node["strict"] = True
        if node["type"] == "union":
            node["choices"] = [_named(one) for one in node["choices"]]
        before = _BEFORE.get(_kind(node, handler))
        if before is not None:
            _take_foreign(node, before)
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


def _named(choice: Any) -> Any:
    """The choice of a union, with what errors call it where pydantic would tell how it is built."""
    shape: type[Any] = choice.__class__
    if shape is tuple:
        return choice
    node = choice
    while node["type"].startswith("function-") and "schema" in node:
        node = node["schema"]
    name = node.get("metadata", {}).get(NAME)
    name = name or _NAMES.get(node["type"])
    return choice if name is None else (choice, name)


def _kind(node: Any, handler: GetCoreSchemaHandler) -> str:
    """The type of a schema, of one that stands elsewhere too."""
    if node["type"] == "definition-ref":
        # One that is not there yet is of a model within itself, which is taken by its fields.
        with suppress(LookupError):
            node = handler.resolve_ref_schema(node)
    kind: str = node["type"]
    return kind


def _take_foreign(node: Any, before: Callable[[Any], Any]) -> None:
    """Have the schema take values of the libraries too; on the wire it stays what it is."""
    inner: Any = dict(node)
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


def _as_text(value: Any) -> Any:
    # To find a member, an enum compares values with `==`, which means something else to an array.
    if library_of(value) is not None and not isinstance(value, str):
        raise ValueError(f"expected text, found {type_name(value)}")
    return value


def _as_unicode(value: Any) -> Any:
    # pydantic looks at no characters of a text that Python made, and UTF-8 has no such text.
    if isinstance(value, str):
        check_text(value)
    return value


def _as_scalar(*kinds: type[Any]) -> Callable[[Any], Any]:
    """Of what is no value of these classes, the mistake is told by its own type."""

    def convert(value: Any) -> Any:
        found = in_python(value)
        return found if type(found) in kinds else value

    return convert


_BEFORE: dict[str, Callable[[Any], Any]] = {
    "bool": _as_scalar(bool),
    "enum": _as_text,
    "float": _as_scalar(int, float),
    "int": _as_scalar(int),
    "list": _as_list,
    "str": _as_unicode,
}
_NAMES = {
    "bool": "boolean",
    "dict": "record",
    "float": "number",
    "int": "integer",
    "list": "list",
    "str": "string",
}
"""What specs call them."""
_DONE = "convexgen_takes_foreign"
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
