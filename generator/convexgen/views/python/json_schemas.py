"""The view of the classes of JSON Schemas, from the syntax tree that another generator made.

Its names, constraints and types are kept; the names of fields, what reads and writes them, and the
layout are those of this tool. Whatever it writes besides classes and aliases is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.naming import python_attribute
from convexgen.views.layout import Document, bracketed
from convexgen.views.python.annotations import Imports
from convexgen.views.python.models import import_lines
from convexgen.views.python.source import (
    Annotation,
    annotated,
    call,
    docstring,
    one_line,
    statement,
    string,
    subscript,
)

_CONSTRAINTS = frozenset(
    {
        "discriminator",
        "ge",
        "gt",
        "le",
        "lt",
        "max_length",
        "min_length",
        "multiple_of",
        "pattern",
    }
)
"""The arguments of `Field` that say which values there are."""

_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9_]+")
_RUNTIME = frozenset({"MISSING", "JsonModel", "Wire"})


@dataclass(frozen=True, slots=True)
class JsonSchemasView:
    """What `json_schemas.py` prints."""

    header: str
    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    """Classes and aliases, none before what it needs."""


def view_json_schemas(tree: ast.Module, header: str) -> JsonSchemasView:
    """The view of the module of the classes."""
    return _Module(tree).view(header)


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._sources = dict(_imported(tree))
        self._needed = Imports(frozenset())
        self._attributes: dict[str, str] = {}
        """Of all classes, by the names that the other generator gave them."""

    def view(self, header: str) -> JsonSchemasView:
        classes = [one for one in self._tree.body if isinstance(one, ast.ClassDef)]
        names = {one.name: _attributes(one) for one in classes}
        for fields in names.values():
            self._attributes.update(fields)
        definitions: list[str] = []
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef):
                definitions.append(self._class(node, names[node.name]))
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                definitions.append(self._alias(node, node.value))
        return JsonSchemasView(header, import_lines(self._needed), tuple(definitions))

    def _class(self, node: ast.ClassDef, names: dict[str, str]) -> str:
        bases = ", ".join(one_line(self._expression(base)) for base in node.bases)
        lines = [f"class {node.name}({bases}):"]
        lines.append(docstring(ast.get_docstring(node) or "A value of a JSON Schema.", 1))
        body: list[str] = []
        taken: set[str] = set()
        for position, field in _fields(node):
            name = names[_key(field, taken)]
            body.append(self._field(field, name))
            text = _text_after(node, position)
            if text:
                body.append(docstring(text, 1))
        return "\n".join([*lines, *(["", *body] if body else [])])

    def _field(self, field: ast.AnnAssign, name: str) -> str:
        annotation, arguments = _metadata(field.annotation)
        metadata: list[Document] = []
        constraints = self._constraints(arguments)
        if constraints:
            self._needed.add("pydantic", "Field")
            metadata.append(call("Field", constraints))
        wire = _wire(field)
        if to_camel(name) != wire:
            self._needed.add("._runtime", "Wire")
            metadata.append(f"Wire({string(wire)})")
        content = self._annotation(annotation)
        if metadata:
            self._needed.add("typing", "Annotated")
            parts = [content.document, *metadata]
            content = Annotation((bracketed("Annotated[", parts, "]"),))
        return annotated(1, name, content, self._default(field.value))

    def _default(self, node: ast.expr | None) -> str:
        if node is None:
            return ""
        value = one_line(self._expression(node))
        if not isinstance(node, ast.List | ast.Dict):
            return f" = {value}"
        self._needed.add("._runtime", "Default")
        return f" = Default({value})"

    def _constraints(self, arguments: Iterable[ast.keyword]) -> list[Document]:
        found: list[Document] = []
        for argument in arguments:
            if argument.arg not in _CONSTRAINTS:
                continue
            value = argument.value
            if argument.arg == "discriminator" and isinstance(value, ast.Constant):
                name = str(value.value)
                value = ast.Constant(self._attributes.get(name, name))
            found.append((f"{argument.arg}=", self._expression(value)))
        return found

    def _alias(self, node: ast.Assign, made: ast.Call) -> str:
        """`Names = TypeAliasType("Names", list[str])`."""
        self._needed.add("typing_extensions", "TypeAliasType")
        (target,) = node.targets
        name = one_line(self._expression(target, own=True))
        annotation = made.args[1]
        content, arguments = _metadata(annotation)
        value: Document = self._expression(content)
        if isinstance(content, ast.BinOp):
            value = self._annotation(content).document
        constraints = self._constraints(arguments)
        if constraints:
            self._needed.add("pydantic", "Field")
            self._needed.add("typing", "Annotated")
            value = bracketed("Annotated[", [value, call("Field", constraints)], "]")
        return statement(0, f"{name} = ", call("TypeAliasType", [string(name), value]))

    def _annotation(self, node: ast.expr) -> Annotation:
        alternatives = [self._expression(one) for one in _alternatives(node)]
        # As everywhere, None stands last.
        alternatives.sort(key=lambda one: one == "None")
        return Annotation(tuple(alternatives))

    def _expression(self, node: ast.expr, *, own: bool = False) -> Document:
        match node:
            case ast.Name(name):
                if not own:
                    self._need(name)
                return name
            case ast.Constant(value):
                return string(value) if isinstance(value, str) else repr(value)
            case ast.UnaryOp(ast.USub(), ast.Constant(value)):
                return f"-{value!r}"
            case ast.BinOp():
                return self._annotation(node).document
            case ast.Subscript(ast.Name(name), inner):
                self._need(name)
                if isinstance(inner, ast.Tuple):
                    items = [self._expression(one) for one in inner.elts]
                    return bracketed(f"{name}[", items, "]")
                if name == "Literal":
                    return bracketed(f"{name}[", [self._expression(inner)], "]")
                return subscript(name, self._expression(inner))
            case ast.Call(ast.Name("Field"), [], arguments):
                self._needed.add("pydantic", "Field")
                return call("Field", self._constraints(arguments))
            case _:
                return self._plain(node)

    def _plain(self, node: ast.expr) -> Document:
        """Plain data, which is a default."""
        match node:
            case ast.List(items):
                return bracketed("[", [self._expression(one) for one in items], "]")
            case ast.Dict(keys, values):
                entries: list[Document] = [
                    (self._expression(key), ": ", self._expression(value))
                    for key, value in zip(keys, values, strict=True)
                    if key is not None
                ]
                return bracketed("{", entries, "}")
            case _:
                raise TypeError(f"the classes have {ast.unparse(node)}")

    def _need(self, name: str) -> None:
        if name in _RUNTIME:
            self._needed.add("._runtime", name)
        elif name in self._sources:
            module, imported = self._sources[name]
            self._needed.add(module, name if name == imported else f"{imported} as {name}")


def _imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """What a module imports: the names in it, each with its module and its name there."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


def _fields(node: ast.ClassDef) -> Iterator[tuple[int, ast.AnnAssign]]:
    for position, statement_ in enumerate(node.body):
        if isinstance(statement_, ast.AnnAssign):
            yield position, statement_


def _text_after(node: ast.ClassDef, position: int) -> str | None:
    """The docstring of a field: the text that follows it."""
    following = node.body[position + 1 : position + 2]
    match following:
        case [ast.Expr(ast.Constant(str() as text))]:
            return text.strip()
        case _:
            return None


def _attributes(node: ast.ClassDef) -> dict[str, str]:
    """The attributes of a class, each once, by the names that the fields have in the tree."""
    keys: set[str] = set()
    wires = {_key(field, keys): _wire(field) for _, field in _fields(node)}
    found: dict[str, str] = {}
    taken: set[str] = set()
    # A property that is called just so goes before one whose name has to be changed.
    for key, wire in sorted(wires.items(), key=lambda one: _attribute(one[1]) != one[1]):
        wanted = _attribute(wire)
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        found[key] = name
    return found


def _key(field: ast.AnnAssign, seen: set[str]) -> str:
    """The name of a field in the tree; of a second one of that name, with a number."""
    name = ast.unparse(field.target)
    key, number = name, 1
    while key in seen:
        number += 1
        key = f"{name} {number}"
    seen.add(key)
    return key


def _attribute(wire: str) -> str:
    """The attribute for a property, whose name may be any text."""
    words = _NOT_IN_WORD.sub("_", wire).strip("_")
    name = words if words.isidentifier() else f"field_{words}".rstrip("_")
    return python_attribute(name)


def _wire(field: ast.AnnAssign) -> str:
    _, arguments = _metadata(field.annotation)
    for argument in arguments:
        if argument.arg == "alias" and isinstance(argument.value, ast.Constant):
            return str(argument.value.value)
    return ast.unparse(field.target)


def _metadata(annotation: ast.expr) -> tuple[ast.expr, list[ast.keyword]]:
    """The type in an `Annotated[type, Field(…)]`, and the arguments of the field."""
    match annotation:
        case ast.Subscript(ast.Name("Annotated"), ast.Tuple([type_, ast.Call(keywords=arguments)])):
            return type_, arguments
        case _:
            return annotation, []


def _alternatives(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return [*_alternatives(left), *_alternatives(right)]
        case _:
            return [node]
