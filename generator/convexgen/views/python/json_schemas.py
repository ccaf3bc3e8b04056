"""The view of the classes of JSON Schemas.

Their names, constraints and types are those of the definitions; the names of fields, what reads
and writes them, and the layout are those of this tool.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.json_schemas.definitions import (
    AliasDefinition,
    Definitions,
    ObjectDefinition,
    Property,
    alternatives,
)
from convexgen.json_schemas.files import SchemaError
from convexgen.naming import python_attribute
from convexgen.views.layout import Document, bracketed
from convexgen.views.python.annotations import Imports
from convexgen.views.python.models import import_lines
from convexgen.views.python.source import (
    INDENT,
    Annotation,
    annotated,
    call,
    docstring,
    one_line,
    plain_value,
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
_MISSING = ("pydantic.experimental.missing_sentinel", "MISSING")


@dataclass(frozen=True, slots=True)
class JsonSchemasView:
    """What `json_schemas.py` prints."""

    imports: tuple[str, ...]
    begins_with_class: bool
    definitions: tuple[str, ...]
    """Classes and aliases, none before what it needs."""


def view_json_schemas(definitions: Definitions) -> JsonSchemasView:
    """The view of the module of the classes."""
    return _Module(definitions).view()


class _Module:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._needed = Imports(frozenset())
        self._attributes: dict[str, str] = {}
        """Of all classes, by the names that the tree gave them."""
        self._later = {one.name for one in definitions.all}
        """What is not defined yet, where an alias is."""

    def view(self) -> JsonSchemasView:
        names: dict[str, dict[str, str]] = {}
        for one in self._definitions.all:
            if isinstance(one, ObjectDefinition):
                names[one.name] = _attributes(one)
                self._attributes.update(names[one.name])
        printed: list[str] = []
        ordered = self._ordered()
        for one in ordered:
            if isinstance(one, ObjectDefinition):
                printed.append(self._class(one, names[one.name]))
            else:
                printed.append(self._alias(one))
            self._later.discard(one.name)
        return JsonSchemasView(
            import_lines(self._needed),
            isinstance(ordered[0], ObjectDefinition),
            tuple(printed),
        )

    def _ordered(self) -> list[ObjectDefinition | AliasDefinition]:
        """Aliases of types that have them themselves go first: pyright asks for it."""
        later = set(self._later)
        first: list[ObjectDefinition | AliasDefinition] = []
        rest: list[ObjectDefinition | AliasDefinition] = []
        for one in self._definitions.all:
            is_first = isinstance(one, AliasDefinition) and _names(one.type) & later
            (first if is_first else rest).append(one)
            later.discard(one.name)
        return first + rest

    def _class(self, definition: ObjectDefinition, names: dict[str, str]) -> str:
        if not definition.bases:
            self._needed.add("._runtime", "JsonModel")
        bases = list(definition.bases) or ["JsonModel"]
        if definition.others is not None:
            bases.append('extra="allow"')
        lines = [
            f"class {definition.name}({', '.join(bases)}):",
            docstring(definition.description or "A value of a JSON Schema.", 1),
        ]
        body: list[str] = []
        if definition.others is not None and not _is_any(definition.others):
            self._needed.add("typing", "TYPE_CHECKING")
            values = self._annotation(definition.others).document
            type_ = bracketed("dict[", ["str", values], "]")
            # Type checkers know the attribute of pydantic, whose type no class may change.
            body.append(f"{INDENT}if not TYPE_CHECKING:")
            body.append(statement(2, "__pydantic_extra__: ", type_))
        for one in definition.properties:
            body.append(self._field(one, names[one.key]))
            if one.description:
                body.append(docstring(one.description, 1))
        return "\n".join([*lines, *(["", *body] if body else [])])

    def _field(self, property_: Property, name: str) -> str:
        metadata: list[Document] = []
        constraints = self._constraints(property_.constraints)
        if constraints:
            self._needed.add("pydantic", "Field")
            metadata.append(call("Field", constraints))
        if to_camel(name) != property_.name:
            self._needed.add("._runtime", "JsonName")
            metadata.append(f"JsonName({string(property_.name)})")
        content = self._annotation(property_.type)
        if metadata:
            self._needed.add("typing", "Annotated")
            parts = [content.document, *metadata]
            content = Annotation((bracketed("Annotated[", parts, "]"),))
        return annotated(1, name, content, self._default(property_.default))

    def _default(self, node: ast.expr | None) -> str:
        if node is None:
            return ""
        value = one_line(self._expression(node))
        if not isinstance(node, ast.List):
            return f" = {value}"
        self._needed.add("._runtime", "Default")
        return f" = Default({value})"

    def _constraints(
        self, arguments: Iterable[ast.keyword], *, compiled: bool = False
    ) -> list[Document]:
        """Arguments of `Field`; `compiled` has patterns read by Python's own expressions."""
        found: list[Document] = []
        for argument in arguments:
            if argument.arg not in _CONSTRAINTS:
                continue
            value = argument.value
            if argument.arg == "discriminator" and isinstance(value, ast.Constant):
                name = str(value.value)
                value = ast.Constant(self._attributes.get(name, name))
            if isinstance(value, ast.Call):  # compile("…")
                (value,) = value.args
            shown = self._expression(value)
            if argument.arg == "pattern" and compiled:
                self._needed.add("re", "compile as regular_expression")
                shown = ("regular_expression(", shown, ")")
            found.append((f"{argument.arg}=", shown))
        return found

    def _alias(self, definition: AliasDefinition) -> str:
        self._needed.add("typing_extensions", "TypeAliasType")
        value = self._annotation(definition.type).document
        if _names(definition.type) & self._later:
            # The alias is made before what it names, so it is text, which cannot be broken.
            value = string(one_line(value))
        constraints = self._constraints(definition.constraints, compiled=True)
        if constraints:
            self._needed.add("pydantic", "Field")
            self._needed.add("typing", "Annotated")
            value = bracketed("Annotated[", [value, call("Field", constraints)], "]")
        arguments = [string(definition.name), value]
        return statement(0, f"{definition.name} = ", call("TypeAliasType", arguments))

    def _annotation(self, node: ast.expr) -> Annotation:
        members = [self._expression(one) for one in alternatives(node)]
        # As everywhere, None stands last.
        return Annotation(tuple(sorted(members, key=lambda one: one == "None")))

    def _expression(self, node: ast.expr) -> Document:
        match node:
            case ast.Name(name):
                return self._name(name)
            case ast.Constant(value):
                return plain_value(value)
            case ast.UnaryOp(ast.USub(), ast.Constant(value)):
                return f"-{plain_value(value)}"
            case ast.BinOp():
                return self._annotation(node).document
            case ast.Subscript(ast.Name(name), inner):
                name = self._name(name)
                if isinstance(inner, ast.Tuple):
                    items = [self._expression(one) for one in inner.elts]
                    return bracketed(f"{name}[", items, "]")
                if name == "Literal":
                    return bracketed(f"{name}[", [self._expression(inner)], "]")
                return subscript(name, self._expression(inner))
            case ast.Call(ast.Name("Field" | "StringConstraints"), [], arguments):
                self._needed.add("pydantic", "Field")
                return call("Field", self._constraints(arguments, compiled=True))
            case ast.List(items):
                return bracketed("[", [self._expression(one) for one in items], "]")
            case _:
                raise SchemaError(f"JSON Schemas cannot be types of {ast.unparse(node)}")

    def _name(self, name: str) -> str:
        """A name as it is called here."""
        source = self._definitions.imported.get(name)
        if source == _MISSING:
            self._needed.add("._runtime", "MISSING")
            return "MISSING"
        if source is not None:
            module, imported = source
            self._needed.add(module, name if name == imported else f"{imported} as {name}")
        return name


def _names(type_: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(type_) if isinstance(node, ast.Name)}


def _is_any(type_: ast.expr) -> bool:
    return isinstance(type_, ast.Name) and type_.id == "Any"


def _attributes(definition: ObjectDefinition) -> dict[str, str]:
    """The attributes of a class, each once, by the keys of the properties."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    # A property that is called just so goes before one whose name has to be changed.
    for one in sorted(definition.properties, key=lambda one: _attribute(one.name) != one.name):
        wanted = _attribute(one.name)
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        found[one.key] = name
    return found


def _attribute(name: str) -> str:
    """The attribute for a property, whose name may be any text."""
    words = _NOT_IN_WORD.sub("_", name).strip("_")
    return python_attribute(words if words.isidentifier() else f"field_{words}".rstrip("_"))
