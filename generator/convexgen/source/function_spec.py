"""Functions written by hand, as `npx convex function-spec` tells of them, as entries of a spec.

The format is that of `ValidatorJSON` and `AnalyzedFunctions` of the package `convex`. What the
language has no words for is `any`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.diagnostics.display import quoted
from convexgen.naming import CONVEX_TABLES
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
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ANYTHING = "record<string, any>"
"""What a function takes whose arguments are not known, or have names that the language has not."""
_SYSTEM_FIELDS = frozenset({"_id", "_creationTime"})


Shape: TypeAlias = frozenset[str]
"""The fields of a document, by their names."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an entity of the spec."""

    entity: str
    shapes: frozenset[Shape]
    """Of its documents; several where the entity has variants."""
    optional: Shape
    """The fields that a document may lack."""

    def has(self, shapes: AbstractSet[Shape]) -> bool:
        """Whether its documents are of these shapes, but for optional fields gained since."""
        return {shape - self.optional for shape in shapes} == {
            whole - self.optional for whole in self.shapes
        } and all(any(shape <= whole for whole in self.shapes) for shape in shapes)


class NotAFunctionSpec(Exception):
    """A part of a file is not as Convex prints it."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


def read_functions(
    root: Mapping,
    tables: AbstractMapping[str, Table],
    outside: frozenset[str],
    generated: frozenset[str],
) -> dict[str, Entry]:
    """The entries for the functions of a file, by their paths.

    `outside` are tables besides those of the entities, which types may have document IDs of.
    Those of `generated` modules, which have methods already, and HTTP actions are left out.
    Raises NotAFunctionSpec.
    """
    functions = [
        function
        for function in _items(_value(root, "functions"))
        if _text(function, "functionType") != "HttpAction"
    ]
    own = [function for function in functions if _module(function) not in generated]
    others = [function for function in functions if _module(function) in generated]
    ids = outside | CONVEX_TABLES.keys()
    taken = _Reader(tables, ids, _document_shapes(others), has_documents=False)
    returned = _Reader(tables, ids, _document_shapes(others), has_documents=True)
    entries: dict[str, Entry] = {}
    for function in own:
        kind = _text(function, "functionType")
        identifier = _value(function, "identifier")
        module = _module(function)
        name = _text(function, "identifier").partition(":")[2]
        if kind not in _KINDS:
            raise NotAFunctionSpec(
                f"a function is no {quoted(kind)}", _value(function, "functionType")
            )
        path = module if name in {"", "default"} else f"{module}:{name}"
        returns = _entry(function, "returns")
        properties = {
            "kind": _scalar(_KINDS[kind], function),
            **taken.arguments(function),
            "returns": _type("any", function) if returns is None else returned.type(returns),
        }
        entries[path] = Entry(_scalar(path, identifier), _mapping(properties, function))
    return entries


def _module(function: Node) -> str:
    return _text(function, "identifier").partition(":")[0].removesuffix(".js")


def _document_shapes(functions: Iterable[Node]) -> dict[str, set[Shape]]:
    """The shapes of the documents that functions return, by their tables.

    Those of the generated modules return whole documents, as they were when the file was printed:
    an entity may have gained or lost fields since.
    """
    found: dict[str, set[Shape]] = {}
    for function in functions:
        returns = _entry(function, "returns")
        waiting = [] if returns is None else [returns]
        while waiting:
            node = waiting.pop()
            document = _document(node)
            if document is not None:
                table, shape = document
                found.setdefault(table, set()).add(shape)
            if isinstance(node, Sequence):
                waiting.extend(node.items)
            elif isinstance(node, Mapping):
                waiting.extend(entry.value for entry in node.entries.values())
    return found


def _document(node: Node) -> tuple[str, Shape] | None:
    """The table and the shape of the documents that an object is for; None where it is for none."""
    type_, fields = _entry(node, "type"), _entry(node, "value")
    if not isinstance(type_, Scalar) or type_.value != "object" or not isinstance(fields, Mapping):
        return None
    identifier = _entry(fields, "_id")
    table = None if identifier is None else _entry(_value(identifier, "fieldType"), "tableName")
    if not isinstance(table, Scalar) or "_creationTime" not in fields.entries:
        return None
    return table.text, frozenset(fields.entries) - _SYSTEM_FIELDS


class _Reader:
    """Reads validators."""

    def __init__(
        self,
        tables: AbstractMapping[str, Table],
        outside: AbstractSet[str],
        printed: AbstractMapping[str, set[Shape]],
        *,
        has_documents: bool,
    ) -> None:
        """`has_documents` is false where an entity stands for what is to be written, not read."""
        self._has_documents = has_documents
        self._tables = tables
        self._outside = outside
        self._printed = printed

    def arguments(self, function: Node) -> dict[str, Node]:
        """The key for what a function takes."""
        node = _entry(function, "args")
        if node is None or _is_null(node) or _text(node, "type") == "any":
            return {"input": _scalar(_ANYTHING, function)}
        if _text(node, "type") != "object":
            return {"input": self.type(node)}
        fields = _value(node, "value")
        if isinstance(fields, Mapping) and not all(map(_NAME.fullmatch, fields.entries)):
            return {"input": _scalar(_ANYTHING, function)}
        return {"args": self._fields(fields)}

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
                return _type(self._id(_text(node, "tableName")), node)
            case "function":
                # What it takes and returns is for TypeScript alone.
                has_kind = _entry(node, "fnType") is not None
                return _type(f"function<{_text(node, 'fnType')}>" if has_kind else "function", node)
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

    def _id(self, name: str) -> str:
        table = self._tables.get(name)
        if table is None:
            return f"id<{name}>" if name in self._outside else "string"
        return f"id<{table.entity}>"

    def _union(self, node: Node) -> Node:
        given = tuple(_members(node).values())
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
        if all(map(_NAME.fullmatch, names)) and names:
            return _mapping({"object": self._fields(fields)}, node)
        return _type(self._entity([node]) or "any", node)

    def _entity(self, objects: AbstractSequence[Node]) -> str | None:
        """The entity whose documents are of these objects, and of no others."""
        if not self._has_documents:
            return None
        documents = [_document(one) for one in objects]
        found = [document for document in documents if document is not None]
        tables = {name for name, _ in found}
        if len(found) < len(documents) or len(tables) != 1:
            return None
        (name,) = tables
        table, shapes = self._tables.get(name), {shape for _, shape in found}
        if table is None or not (table.has(shapes) or shapes == self._printed.get(name)):
            return None
        return table.entity

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


def _members(union: Node) -> dict[str, Node]:
    """The members of a union, with those of unions in it, each once, by their texts."""
    found: dict[str, Node] = {}
    for member in _items(_value(union, "value")):
        own = _members(member) if _text(member, "type") == "union" else {_told(member): member}
        found = {**found, **{text: one for text, one in own.items() if text not in found}}
    return found


def _told(node: Node) -> str:
    """A node as text that is the same of nodes with the same content."""
    match node:
        case Scalar():
            return repr(node.value)
        case Sequence():
            return f"[{', '.join(map(_told, node.items))}]"
        case Mapping():
            entries = (f"{name!r}: {_told(one.value)}" for name, one in node.entries.items())
            return f"{{{', '.join(sorted(entries))}}}"


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
