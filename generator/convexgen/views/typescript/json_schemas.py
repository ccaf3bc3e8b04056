"""The view of the types of JSON Schemas: the same definitions as the classes of Python have.

Objects are aliases of object types, not interfaces: those fit the types of objects of any keys.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from convexgen.json_schemas.definitions import (
    Definitions,
    ObjectDefinition,
    Property,
    alternatives,
    annotated,
)
from convexgen.json_schemas.files import SchemaError
from convexgen.views.convex.typescript import comment, plain_value, property_name, statement
from convexgen.views.layout import Document, bracketed
from convexgen.views.typescript.imports import Imports
from convexgen.views.typescript.models import ShapesView
from convexgen.views.typescript.source import object_type
from convexgen.views.typescript.types import Member, TypeText, left_out

_SCALARS = {
    "AwareDatetime": "string",
    "bool": "boolean",
    "date": "string",
    "float": "number",
    "int": "number",
    "str": "string",
}
_EXPLAINED = {
    "AwareDatetime": "A moment with a time zone, such as `2026-05-31T12:00:00Z`.",
    "date": "A date, such as `2026-05-31`.",
}


def view_json_schemas(definitions: Definitions) -> ShapesView:
    """The view of the module of the types."""
    return _Module(definitions).view()


class _Module:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._objects = {
            one.name: one for one in definitions.all if isinstance(one, ObjectDefinition)
        }
        self._imports = Imports("./", frozenset(one.name for one in definitions.all))

    def view(self) -> ShapesView:
        shapes: list[str] = []
        for one in self._definitions.all:
            if isinstance(one, ObjectDefinition):
                shapes.append(self._object(one))
            else:
                text = self._text(one.type)
                shapes.append(statement(0, text.after(f"export type {one.name} ="), ";"))
        return ShapesView(self._imports.lines(), tuple(shapes))

    def _object(self, definition: ObjectDefinition) -> str:
        properties = self._properties(definition)
        lines = [self._property(one) for one in properties.values()]
        others = self._others(definition)
        if others is not None:
            index = self._index(others, properties.values())
            lines.append(statement(1, index.after("[name: string]:"), ";"))
        elif not lines:
            lines.append("  [name: string]: never;")
        head = f"{comment(definition.description)}export type {definition.name} = "
        return head + "{\n" + "\n".join(lines) + "\n};"

    def _properties(self, definition: ObjectDefinition) -> dict[str, Property]:
        """The properties by name, with those of the bases."""
        found: dict[str, Property] = {}
        for base in definition.bases:
            found |= self._properties(self._objects[base])
        return found | {one.name: one for one in definition.properties}

    def _others(self, definition: ObjectDefinition) -> ast.expr | None:
        if definition.others is not None:
            return definition.others
        found = [self._others(self._objects[base]) for base in definition.bases]
        return next((one for one in found if one is not None), None)

    def _index(self, others: ast.expr, properties: Iterable[Property]) -> TypeText:
        """The type of whatever a name has, which is that of any property too."""
        if self._is_any(others):
            return TypeText((Member("unknown"),))
        members = list(self._text(others).members)
        for one in properties:
            members += self._text(one.type).members
            if one.default is not None:
                members.append(Member("undefined"))
        return TypeText(tuple(dict.fromkeys(members)))

    def _property(self, property_: Property) -> str:
        is_optional = property_.default is not None
        name = f"{property_name(property_.name)}{'?' if is_optional else ''}:"
        type_ = self._text(property_.type)
        text = comment(self._comment(property_), 1)
        return text + statement(1, (left_out(type_) if is_optional else type_).after(name), ";")

    def _comment(self, property_: Property) -> str | None:
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

    def _text(self, type_: ast.expr) -> TypeText:
        members: list[Member] = []
        for one in alternatives(type_):
            members += self._members(one)
        # As everywhere, null stands last.
        members.sort(key=lambda one: one.document == "null")
        return TypeText(tuple(dict.fromkeys(members)))

    def _members(self, type_: ast.expr) -> tuple[Member, ...]:
        match type_:
            case ast.Constant(None):
                return (Member("null"),)
            case ast.Name():
                return self._named(type_)
            case ast.Subscript(ast.Name("Annotated")):
                return self._text(annotated(type_)[0]).members
            case ast.Subscript(ast.Name("Literal"), values):
                literals = values.elts if isinstance(values, ast.Tuple) else [values]
                return tuple(Member(plain_value(ast.literal_eval(one))) for one in literals)
            case ast.Subscript(ast.Name("list"), element):
                return (Member(self._text(element).element),)
            case ast.Subscript(ast.Name("tuple"), ast.Tuple(elements)):
                items = [self._text(one).argument for one in elements]
                return (Member(bracketed("[", items, "]")),)
            case ast.Subscript(ast.Name("dict"), ast.Tuple([key, value])):
                return (Member(self._record(key, value), is_reference=True),)
            case _:
                raise SchemaError(f"JSON Schemas cannot be types of {ast.unparse(type_)}")

    def _named(self, type_: ast.Name) -> tuple[Member, ...]:
        source = self._source(type_)
        if source == "MISSING":
            return ()
        if source == "Any":
            return (Member(self._imports.runtime("JsonValue"), is_reference=True),)
        if type_.id not in self._objects and source in _SCALARS:
            return (Member(_SCALARS[source]),)
        return (Member(type_.id, is_reference=True),)

    def _record(self, key: ast.expr, value: ast.expr) -> Document:
        """An object of any keys; not a `Record`, which cannot be of its own type."""
        keys = self._text(key)
        inner = self._text(value)
        if keys.members == (Member("string"),):
            return object_type([inner.after("[key: string]:")])
        return object_type([("[key in ", keys.argument, "]", inner.after("?:"))])
