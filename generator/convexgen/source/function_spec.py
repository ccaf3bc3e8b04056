"""Functions written by hand, as `npx convex function-spec` tells of them, as entries of a spec.

The format is that of `ValidatorJSON` and `AnalyzedFunctions` of the package `convex`. What the
language has no words for is `any`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence

_KINDS = {"Query": "query", "Mutation": "mutation", "Action": "action"}
_SIMPLE = {
    "any": "any",
    "bigint": "int64",
    "boolean": "boolean",
    "bytes": "bytes",
    "commitTs": "int64",
    "null": "null",
    "number": "number",
    "string": "string",
}
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SYSTEM_FIELDS = frozenset({"_id", "_creationTime"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an entity of the spec."""

    entity: str
    shapes: frozenset[frozenset[str]]
    """The fields of a document; several where the entity has variants."""


class NotAFunctionSpec(Exception):
    """A part of a file is not as Convex prints it."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


def read_functions(
    root: Mapping, tables: AbstractMapping[str, Table], generated: frozenset[str]
) -> dict[str, Entry]:
    """The entries for the functions of a file, by their paths.

    Those of `generated` modules, which have methods already, and HTTP actions are left out.
    Raises NotAFunctionSpec.
    """
    reader = _Reader(tables)
    entries: dict[str, Entry] = {}
    for function in _items(_value(root, "functions")):
        kind = _text(function, "functionType")
        if kind == "HttpAction":
            continue
        identifier = _value(function, "identifier")
        module, _, name = _text(function, "identifier").partition(":")
        module = module.removesuffix(".js")
        if module in generated:
            continue
        if kind not in _KINDS:
            raise NotAFunctionSpec(
                f"a function is no {quoted(kind)}", _value(function, "functionType")
            )
        path = module if name in {"", "default"} else f"{module}:{name}"
        returns = _entry(function, "returns")
        properties = {
            "kind": _scalar(_KINDS[kind], function),
            **reader.arguments(function),
            "returns": _type("any", function) if returns is None else reader.type(returns),
        }
        entries[path] = Entry(_scalar(path, identifier), _mapping(properties, function))
    return entries


class _Reader:
    """Reads validators."""

    def __init__(self, tables: AbstractMapping[str, Table]) -> None:
        self._tables = tables

    def arguments(self, function: Node) -> dict[str, Node]:
        """The key for what a function takes."""
        node = _entry(function, "args")
        if node is None or _is_null(node) or _text(node, "type") == "any":
            return {"input": _scalar("record<string, any>", function)}
        if _text(node, "type") != "object":
            return {"input": self.type(node)}
        return {"args": self._fields(_value(node, "value"))}

    def type(self, node: Node) -> Node:
        """The type of a validator; `any` for null, which says that there is none."""
        if _is_null(node):
            return _type("any", node)
        kind = _text(node, "type")
        if kind in _SIMPLE:
            return _type(_SIMPLE[kind], node)
        match kind:
            case "literal":
                return _literal(_value(node, "value"))
            case "id":
                table = self._tables.get(_text(node, "tableName"))
                return _type("string" if table is None else f"id<{table.entity}>", node)
            case "array":
                return _mapping({"list": self.type(_value(node, "value"))}, node)
            case "record":
                values = _value(node, "values")
                inner = _entry(values, "fieldType")
                keys = self.type(_value(node, "keys"))
                record = {"keys": keys, "values": self.type(values if inner is None else inner)}
                return _mapping({"record": _mapping(record, node)}, node)
            case "union":
                return self._union(node)
            case "object":
                return self._object(node)
            case _:
                raise NotAFunctionSpec(f"{quoted(kind)} is no type of a validator", node)

    def _union(self, node: Node) -> Node:
        given = _items(_value(node, "value"))
        objects = [member for member in given if _text(member, "type") != "null"]
        entity = self._entity(objects)
        members = [self.type(member) for member in given]
        if entity is not None:
            # Its variants are one type.
            nulls = [member for member in given if member not in objects]
            members = [_type(entity, node), *map(self.type, nulls)]
        if len(members) == 1:
            return members[0]
        if not members or any(map(_is_any, members)):
            return _type("any", node)
        return _mapping({"union": Sequence(node.span, True, tuple(members))}, node)

    def _object(self, node: Node) -> Node:
        """An object, or the entity whose documents it is of."""
        fields = _value(node, "value")
        if not isinstance(fields, Mapping):
            raise NotAFunctionSpec("the fields of an object are an object", fields)
        names = frozenset(fields.entries)
        if all(_FIELD.fullmatch(name) for name in names) and names:
            return _mapping({"object": self._fields(fields)}, node)
        return _type(self._entity([node]) or "any", node)

    def _entity(self, objects: AbstractSequence[Node]) -> str | None:
        """The entity whose documents are of these objects, and of no others."""
        tables: set[str] = set()
        shapes: set[frozenset[str]] = set()
        for one in objects:
            fields = _entry(one, "value")
            if _text(one, "type") != "object" or not isinstance(fields, Mapping):
                return None
            identifier = _entry(fields, "_id")
            if identifier is None or "_creationTime" not in fields.entries:
                return None
            tables.add(_text(_value(identifier, "fieldType"), "tableName"))
            shapes.add(frozenset(fields.entries) - _SYSTEM_FIELDS)
        table = self._tables.get(tables.pop()) if len(tables) == 1 else None
        return table.entity if table is not None and table.shapes == frozenset(shapes) else None

    def _fields(self, node: Node) -> Node:
        if not isinstance(node, Mapping):
            raise NotAFunctionSpec("the fields of an object are an object", node)
        entries: dict[str, Entry] = {}
        for name, entry in node.entries.items():
            field = self.type(_value(entry.value, "fieldType"))
            optional = _value(entry.value, "optional")
            if isinstance(field, Mapping) and isinstance(optional, Scalar) and optional.value:
                flag = Entry(_scalar("optional", optional), optional)
                field = Mapping(field.span, True, {**field.entries, "optional": flag})
            entries[name] = Entry(entry.key, field)
        return Mapping(node.span, True, entries)


def _is_any(type_: Node) -> bool:
    """Whether a type takes all values, so that a union with it does too."""
    expression = _entry(type_, "type")
    return isinstance(expression, Scalar) and expression.value == "any"


def _literal(node: Node) -> Node:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _mapping({"enum": Sequence(node.span, True, (node,))}, node)
    if isinstance(node, Scalar) and node.value is not None:
        return _mapping({"literal": node}, node)
    encoded = _text(node, "$integer")
    try:
        value = int.from_bytes(base64.b64decode(encoded), "little", signed=True)
    except ValueError:  # which also tells of text that is not ASCII
        raise NotAFunctionSpec(f"{quoted(encoded)} is no encoded int64", node) from None
    return _type(f"{value}n", node)


def _type(expression: str, node: Node) -> Node:
    return _mapping({"type": _scalar(expression, node)}, node)


def _scalar(text: str, node: Node) -> Scalar:
    return Scalar(node.span, text, text, None)


def _mapping(values: AbstractMapping[str, Node], node: Node) -> Mapping:
    entries = {name: Entry(_scalar(name, value), value) for name, value in values.items()}
    return Mapping(node.span, True, entries)


def _entry(node: Node, name: str) -> Node | None:
    entry = node.entries.get(name) if isinstance(node, Mapping) else None
    return None if entry is None else entry.value


def _value(node: Node, name: str) -> Node:
    found = _entry(node, name)
    if found is None:
        raise NotAFunctionSpec(f"{quoted(name)} is missing", node)
    return found


def _text(node: Node, name: str) -> str:
    found = _value(node, name)
    if not isinstance(found, Scalar) or not isinstance(found.value, str):
        raise NotAFunctionSpec(f"{quoted(name)} is text", found)
    return found.value


def _items(node: Node) -> tuple[Node, ...]:
    if not isinstance(node, Sequence):
        raise NotAFunctionSpec("a list is missing", node)
    return node.items


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
