"""The TypeScript type of each type of the model, and what it imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.model.classes import member_owners, nested_class
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    ConstrainedType,
    DocumentType,
    EnumType,
    Field,
    FunctionHandleType,
    IdType,
    InlineObjectType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)
from convexgen.views.convex.typescript import plain_value, string
from convexgen.views.layout import (
    SOFT_LINE,
    Document,
    Group,
    IfBroken,
    Indent,
    Line,
    join,
)
from convexgen.views.typescript.imports import Imports

_SCALARS: dict[type, str] = {
    StringType: "string",
    BooleanType: "boolean",
    NullType: "null",
    NumberType: "number",
    IntegerType: "number",
    TimestampType: "number",
    Int64Type: "bigint",
    VectorType: "number[]",
}


# `string` alone would take in the strings beside it, and editors would offer none of them.
_ANY_OTHER = "(string & {})"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a union."""

    document: Document
    is_reference: bool = False
    """Whether prettier keeps it on the line with a null after it."""


@dataclass(frozen=True, slots=True)
class TypeText:
    """A type as the members of a union, which break differently in different places."""

    members: tuple[Member, ...]

    @property
    def _hugs(self) -> bool:
        """One member alone, or a reference or null, which prettier does not break between."""
        if len(self.members) == 1:
            return True
        kinds = [member.is_reference for member in self.members]
        nulls = [member.document == "null" for member in self.members]
        return len(self.members) == 2 and any(kinds) and any(nulls)

    @property
    def _flat(self) -> Document:
        return join(" | ", [member.document for member in self.members])

    @property
    def _broken(self) -> Document:
        return either([Indent(member.document) for member in self.members])

    def after(self, name: str) -> Document:
        """The type of a property, a parameter or an alias, behind its name and `:` or `=`."""
        if self._hugs:
            return (f"{name} ", self._flat)
        return Group((name, Indent((Line(), self._broken))))

    @property
    def argument(self) -> Document:
        """The type as an argument of another."""
        return self._flat if self._hugs else self._broken

    @property
    def element(self) -> Document:
        """The type of the elements of an array."""
        if len(self.members) == 1:
            return (self.members[0].document, "[]")
        if self._hugs:
            return ("(", self._flat, ")[]")
        return Group(("(", Indent((SOFT_LINE, self._broken)), SOFT_LINE, ")[]"))


def type_text(type_: Type, owner: str, imports: Imports, system: System) -> TypeText:
    """The text of a type; `owner` is the name for an object declared in place."""
    match type_:
        case UnionType(members):
            texts = [
                type_text(member, name, imports, system)
                for member, name in zip(members, member_owners(type_, owner), strict=True)
            ]
            return TypeText(tuple(member for text in texts for member in text.members))
        case ConstrainedType(inner) | RefType(_, inner):
            return type_text(inner, owner, imports, system)
        case LiteralType(values, is_open=True):
            return TypeText((*map(Member, map(plain_value, values)), Member(_ANY_OTHER)))
        case LiteralType(values) | BooleanLiteralType(values) | NumberLiteralType(values):
            return TypeText(tuple(Member(plain_value(value)) for value in values))
        case Int64LiteralType(values):
            return TypeText(tuple(Member(plain_value(value, bigint=True)) for value in values))
        case _:
            return TypeText((_single(type_, owner, imports, system),))


def _single(type_: Type, owner: str, imports: Imports, system: System) -> Member:
    match type_:
        case EnumType(name):
            return Member(imports.named("enums", name), is_reference=True)
        case ObjectType(name):
            return Member(imports.named("objects", name), is_reference=True)
        case DocumentType(entity, table):
            return Member(imports.named(f"entities/{table}", entity), is_reference=True)
        case InlineObjectType():
            return Member(owner, is_reference=True)
        case ListType(element):
            return Member(type_text(element, owner, imports, system).element)
        case RecordType(key, value):
            inner = type_text(value, owner, imports, system).argument
            key_text = type_text(key, owner, imports, system).argument
            return Member(bracketed_type("Record", [key_text, inner]), is_reference=True)
        case IdType() | FunctionHandleType():
            return Member(_identifier(type_, imports, system), is_reference=True)
        case BytesType():
            return Member("ArrayBuffer", is_reference=True)
        case JsonType(str() as definition):
            return Member(f"{imports.namespace('jsonSchemas')}.{definition}", is_reference=True)
        case JsonType():
            return Member(imports.runtime("JsonValue"), is_reference=True)
        case AnyType():
            return Member(imports.runtime("ConvexValue"), is_reference=True)
        case _:
            return Member(_SCALARS[type(type_)])


def _identifier(type_: IdType | FunctionHandleType, imports: Imports, system: System) -> Document:
    match type_:
        case IdType(entity):
            return f"{imports.runtime('Id')}<{string(system.entity(entity).table)}>"
        case FunctionHandleType(str() as kind):
            return f"{imports.runtime('FunctionHandle')}<{string(kind)}>"
        case FunctionHandleType():
            return imports.runtime("FunctionHandle")


def either(members: Sequence[Document]) -> Document:
    """The type of one of some types, each on a line of its own where they do not fit on one."""
    joined = join((Line(), "| "), members)
    return Group((IfBroken("| "), joined)) if len(members) > 1 else joined


def bracketed_type(name: str, arguments: Sequence[Document]) -> Document:
    """A generic type with its arguments, which has no comma after the last."""
    edges = (Indent((SOFT_LINE, join((",", Line()), arguments))), SOFT_LINE)
    return Group((f"{name}<", *edges, ">"))


def left_out(text: TypeText) -> TypeText:
    """The type of a property that may be left out, by `undefined` too.

    Under `exactOptionalPropertyTypes`, the question mark alone would not allow that.
    """
    return TypeText((*text.members, Member("undefined")))


def present(field: Field, owner: str, imports: Imports, system: System) -> TypeText:
    """The type of a field that is there: null only where it is nullable."""
    text = type_text(field.type, nested_class(owner, field.name), imports, system)
    return TypeText((*text.members, Member("null"))) if field.nullable else text


def compared(name: str, entity: Entity, imports: Imports, system: System) -> TypeText:
    """The type of what a field is compared with: `UNSET` where it may be absent."""
    text = present(entity.field(name), entity.name, imports, system)
    if not entity.may_lack(name):
        return text
    return TypeText((*text.members, Member(imports.runtime("Unset"), is_reference=True)))
