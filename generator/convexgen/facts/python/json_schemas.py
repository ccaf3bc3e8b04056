"""The facts of the classes of JSON Schemas.

Their names, constraints and types are those of the definitions; the names of fields, and what reads
and writes them, are those of this tool.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import annotated, either, subscript
from convexgen.facts.python.classes import FieldFacts
from convexgen.facts.python.imports import Module, module_of
from convexgen.facts.python_text import literal, string
from convexgen.json_schemas.definitions import (
    AliasDefinition,
    Definitions,
    ObjectDefinition,
    Property,
    alternatives,
)
from convexgen.json_schemas.files import SchemaError
from convexgen.naming import python_attribute

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
class JsonClassFacts:
    """A class of an object."""

    name: Code
    bases: tuple[Code, ...]
    has_others: bool
    """Whether it has properties that nothing is said of."""
    others: Code | None
    """The type of those, where they have one."""
    description: str
    fields: tuple[FieldFacts, ...]


@dataclass(frozen=True, slots=True)
class JsonAliasFacts:
    """A name for another type."""

    name: Code
    type: Code
    is_early: bool
    """Whether it is made before what it names, so that the type has to be text."""
    metadata: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class JsonSchemasFacts:
    """The module of the classes."""

    module: Module
    definitions: tuple[JsonClassFacts | JsonAliasFacts, ...]
    """None before what it needs."""


def json_schemas_facts(definitions: Definitions) -> JsonSchemasFacts:
    """The facts of the module of the classes."""
    return _Definitions(definitions).facts()


class _Definitions:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._module = module_of()
        self._attributes: dict[str, str] = {}
        """Of all classes, by the names that the tree gave them."""
        self._later = {one.name for one in definitions.all}
        """What is not defined yet, where an alias is."""

    def facts(self) -> JsonSchemasFacts:
        names: dict[str, dict[str, str]] = {}
        for one in self._definitions.all:
            if isinstance(one, ObjectDefinition):
                names[one.name] = _attributes(one)
                self._attributes.update(names[one.name])
        found: list[JsonClassFacts | JsonAliasFacts] = []
        for one in self._ordered():
            if isinstance(one, ObjectDefinition):
                found.append(self._class(one, names[one.name]))
            else:
                found.append(self._alias(one))
            self._later.discard(one.name)
        return JsonSchemasFacts(self._module, tuple(found))

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

    def _class(self, definition: ObjectDefinition, names: dict[str, str]) -> JsonClassFacts:
        others = definition.others
        is_typed = others is not None and not _is_any(others)
        return JsonClassFacts(
            identifier(definition.name),
            tuple(map(identifier, definition.bases)) or (self._module.rt.JsonModel,),
            others is not None,
            self._annotation(others) if others is not None and is_typed else None,
            definition.description or "A value of a JSON Schema.",
            tuple(self._field(one, names[one.key]) for one in definition.properties),
        )

    def _field(self, property_: Property, name: str) -> FieldFacts:
        metadata = self._constraints(property_.constraints)
        if to_camel(name) != property_.name:
            metadata.append(Code(f"{self._module.rt.JsonName}({string(property_.name)})"))
        return FieldFacts(
            identifier(name),
            annotated(self._module, self._annotation(property_.type), metadata),
            self._default(property_.default),
            property_.description or "",
        )

    def _default(self, node: ast.expr | None) -> Code | None:
        if node is None:
            return None
        value = self._expression(node)
        is_shared = isinstance(node, ast.List)
        return Code(f"{self._module.rt.Default}({value})") if is_shared else value

    def _constraints(
        self, arguments: Iterable[ast.keyword], *, compiled: bool = False
    ) -> list[Code]:
        """The metadata of constraints; `compiled` has patterns read by Python's expressions."""
        found: list[str] = []
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
                shown = Code(f"{self._module.std.compile}({shown})")
            found.append(f"{argument.arg}={shown}")
        return [Code(f"{self._module.lib.Field}({', '.join(found)})")] if found else []

    def _alias(self, definition: AliasDefinition) -> JsonAliasFacts:
        return JsonAliasFacts(
            identifier(definition.name),
            self._annotation(definition.type),
            bool(_names(definition.type) & self._later),
            tuple(self._constraints(definition.constraints, compiled=True)),
        )

    def _annotation(self, node: ast.expr) -> Code:
        return either(self._expression(one) for one in alternatives(node))

    def _expression(self, node: ast.expr) -> Code:
        match node:
            case ast.Name(name):
                return self._name(name)
            case ast.Constant(value):
                return literal(value)
            case ast.UnaryOp(ast.USub(), ast.Constant(value)):
                return Code(f"-{literal(value)}")
            case ast.BinOp():
                return self._annotation(node)
            case ast.Subscript(ast.Name(name), inner):
                items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return subscript(self._name(name), *map(self._expression, items))
            case ast.Call(ast.Name("Field" | "StringConstraints"), [], arguments):
                (found,) = self._constraints(arguments, compiled=True)
                return found
            case ast.List(items):
                return Code(f"[{', '.join(map(self._expression, items))}]")
            case _:
                raise SchemaError(f"JSON Schemas cannot be types of {ast.unparse(node)}")

    def _name(self, name: str) -> Code:
        """A name as it is called here."""
        source = self._definitions.imported.get(name)
        if source == _MISSING:
            return self._module.rt.MISSING
        if source is None:
            return identifier(name)
        module, imported = source
        return self._module.imports.name(module, imported, name)


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
