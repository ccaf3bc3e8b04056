"""The facts of the types of JSON Schemas: the same definitions as the classes of Python have.

Objects are aliases of object types, not interfaces: those fit the types of objects of any keys.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.interfaces import Property
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript.types import NULL, UNDEFINED, array_of, either
from convexgen.facts.typescript_text import literal, property_name
from convexgen.json_schemas import definitions as schemas
from convexgen.json_schemas.definitions import (
    Definitions,
    ObjectDefinition,
    alternatives,
    annotated,
)
from convexgen.json_schemas.files import SchemaError

_SCALARS: dict[str, Code] = {
    "AwareDatetime": Code("string"),
    "bool": Code("boolean"),
    "date": Code("string"),
    "float": Code("number"),
    "int": Code("number"),
    "str": Code("string"),
}
_EXPLAINED = {
    "AwareDatetime": "A moment with a time zone, such as `2026-05-31T12:00:00Z`.",
    "date": "A date, such as `2026-05-31`.",
}
_UNKNOWN = Code("unknown")


@dataclass(frozen=True, slots=True)
class JsonType:
    """A type: of an object, or any other."""

    name: Code
    type: Code | None
    """None for an object."""
    description: str | None = None
    properties: Sequence[Property] = ()
    others: Code | None = None
    """The type of whatever a name has, where an object may have others."""


@dataclass(frozen=True, slots=True)
class JsonSchemasFacts:
    """What the template of the types asks."""

    names: Names
    definitions: Sequence[JsonType]


def json_schemas_facts(definitions: Definitions) -> JsonSchemasFacts:
    """The facts of the module of the types."""
    names = Names("./", frozenset(one.name for one in definitions.all))
    module = _Module(definitions, names)
    return JsonSchemasFacts(
        names,
        [
            module.object(one)
            if isinstance(one, ObjectDefinition)
            else JsonType(identifier(one.name), either(module.members(one.type)))
            for one in definitions.all
        ],
    )


class _Module:
    def __init__(self, definitions: Definitions, names: Names) -> None:
        self._definitions = definitions
        self._names = names
        self._objects = {
            one.name: one for one in definitions.all if isinstance(one, ObjectDefinition)
        }

    def object(self, definition: ObjectDefinition) -> JsonType:
        """The facts of an object."""
        properties = self._properties(definition).values()
        others = self._others(definition)
        return JsonType(
            identifier(definition.name),
            None,
            definition.description,
            [self._property(one) for one in properties],
            None if others is None else self._index(others, properties),
        )

    def _properties(self, definition: ObjectDefinition) -> dict[str, schemas.Property]:
        """The properties by name, with those of the bases."""
        found: dict[str, schemas.Property] = {}
        for base in definition.bases:
            found |= self._properties(self._objects[base])
        return found | {one.name: one for one in definition.properties}

    def _others(self, definition: ObjectDefinition) -> ast.expr | None:
        if definition.others is not None:
            return definition.others
        found = [self._others(self._objects[base]) for base in definition.bases]
        return next((one for one in found if one is not None), None)

    def _index(self, others: ast.expr, properties: Iterable[schemas.Property]) -> Code:
        """The type of whatever a name has, which is that of any property too."""
        if self._is_any(others):
            return _UNKNOWN
        members = list(self.members(others))
        for one in properties:
            members += self.members(one.type)
            if one.default is not None:
                members.append(UNDEFINED)
        return either(dict.fromkeys(members))

    def _property(self, property_: schemas.Property) -> Property:
        return Property(
            property_name(property_.name),
            self._text(property_),
            either(self.members(property_.type)),
            property_.default is not None,
        )

    def _text(self, property_: schemas.Property) -> str | None:
        parts = [property_.description] if property_.description else []
        for one in alternatives(property_.type):
            if isinstance(one, ast.Name) and self._source(one) in _EXPLAINED:
                parts.append(_EXPLAINED[self._source(one)])
        if property_.deprecated:
            parts.append("@deprecated")
        return "\n".join(parts) or None

    def _source(self, name: ast.Name) -> str:
        """What an imported name is called where it comes from."""
        return self._definitions.imported.get(name.id, ("", name.id))[1]

    def _is_any(self, type_: ast.expr) -> bool:
        return isinstance(type_, ast.Name) and self._source(type_) == "Any"

    def members(self, type_: ast.expr) -> tuple[Code, ...]:
        """The members of a type as a union; as everywhere, null stands last."""
        members = [part for one in alternatives(type_) for part in self._single(one)]
        members.sort(key=lambda one: one == NULL)
        return tuple(dict.fromkeys(members))

    def _single(self, type_: ast.expr) -> tuple[Code, ...]:
        match type_:
            case ast.Constant(None):
                return (NULL,)
            case ast.Name():
                return self._named(type_)
            case ast.Subscript(ast.Name("Annotated")):
                return self.members(annotated(type_)[0])
            case ast.Subscript(ast.Name("Literal"), values):
                literals = values.elts if isinstance(values, ast.Tuple) else [values]
                return tuple(literal(ast.literal_eval(one)) for one in literals)
            case ast.Subscript(ast.Name("list"), element):
                return (array_of(self.members(element)),)
            case ast.Subscript(ast.Name("tuple"), ast.Tuple(elements)):
                items = ", ".join(either(self.members(one)) for one in elements)
                return (Code(f"[{items}]"),)
            case ast.Subscript(ast.Name("dict"), ast.Tuple([key, value])):
                return (self._record(key, value),)
            case _:
                raise SchemaError(f"JSON Schemas cannot be types of {ast.unparse(type_)}")

    def _named(self, type_: ast.Name) -> tuple[Code, ...]:
        source = self._source(type_)
        if source == "MISSING":
            return ()
        if source == "Any":
            return (self._names.types.JsonValue,)
        if type_.id not in self._objects and source in _SCALARS:
            return (_SCALARS[source],)
        return (identifier(type_.id),)

    def _record(self, key: ast.expr, value: ast.expr) -> Code:
        """An object of any keys; not a `Record`, which cannot be of its own type."""
        keys, inner = either(self.members(key)), either(self.members(value))
        if keys == _SCALARS["str"]:
            return Code(f"{{ [key: string]: {inner} }}")
        return Code(f"{{ [key in {keys}]?: {inner} }}")
