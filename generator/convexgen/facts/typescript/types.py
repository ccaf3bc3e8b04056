"""The TypeScript type of each type of the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript_text import literal, string
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    CommitTimeType,
    ConstrainedType,
    DocumentType,
    EnumType,
    Field,
    FunctionHandleType,
    IdType,
    InlineObjectType,
    InputType,
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
    TableIdType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)

_SCALARS: dict[type, Code] = {
    StringType: Code("string"),
    BooleanType: Code("boolean"),
    NullType: Code("null"),
    NumberType: Code("number"),
    IntegerType: Code("number"),
    TimestampType: Code("number"),
    Int64Type: Code("bigint"),
    CommitTimeType: Code("bigint"),
    BytesType: Code("ArrayBuffer"),
    VectorType: Code("number[]"),
}

# `string` alone would take in the strings beside it, and editors would offer none of them.
_ANY_OTHER = Code("(string & {})")

NULL = Code("null")
UNDEFINED = Code("undefined")


@dataclass(frozen=True, slots=True)
class Types:
    """The types of a module, which import what they name."""

    names: Names
    system: System

    def of(self, type_: Type) -> Code:
        """A type."""
        return either(self.members(type_))

    def of_field(self, field: Field) -> Code:
        """The type of a field that is there: null only where it is nullable."""
        members = self.members(field.type)
        return either((*members, NULL) if field.nullable else members)

    def compared(self, name: str, entity: Entity) -> Code:
        """The type of what a field is compared with: `UNSET` where it may be absent."""
        type_ = self.of_field(entity.field(name))
        return either((type_, self.names.types.Unset)) if entity.may_lack(name) else type_

    def members(self, type_: Type) -> tuple[Code, ...]:
        """The members of a type as a union."""
        match type_:
            case UnionType(members):
                # Each once: an int64 and the time of a commit are one type here.
                return tuple(
                    dict.fromkeys(part for member in members for part in self.members(member))
                )
            case ConstrainedType(inner) | RefType(_, inner):
                return self.members(inner)
            case LiteralType(values, is_open=True):
                return (*map(string, values), _ANY_OTHER)
            case LiteralType(values) | BooleanLiteralType(values) | NumberLiteralType(values):
                return tuple(literal(value) for value in values)
            case Int64LiteralType(values):
                return tuple(literal(value, bigint=True) for value in values)
            case _:
                return (self._single(type_),)

    def _single(self, type_: Type) -> Code:
        match type_:
            case EnumType(name):
                return self.names.type_of("enums", name)
            case ObjectType(name):
                return self.names.type_of("objects", name)
            case DocumentType(entity, module) | InputType(entity, module):
                name = f"{entity}Input" if isinstance(type_, InputType) else entity
                return self.names.type_of(f"entities/{module}", name)
            case InlineObjectType(_, name):
                return identifier(name)
            case ListType(element):
                return array_of(self.members(element))
            case RecordType(key, value):
                return Code(f"Record<{self.of(key)}, {self.of(value)}>")
            case IdType() | TableIdType():
                return Code(f"{self.names.types.Id}<{string(self._table(type_))}>")
            case FunctionHandleType(kind):
                handle = self.names.types.FunctionHandle
                return handle if kind is None else Code(f"{handle}<{string(kind)}>")
            case JsonType(str() as definition):
                return Code(f"{self.names.namespace('jsonSchemas')}.{identifier(definition)}")
            case JsonType():
                return self.names.types.JsonValue
            case AnyType():
                return self.names.types.ConvexValue
            case _:
                return _SCALARS[type(type_)]

    def _table(self, type_: IdType | TableIdType) -> str:
        if isinstance(type_, TableIdType):
            return type_.table
        return self.system.entity(type_.entity).table


def either(members: Iterable[Code]) -> Code:
    """The type of one of some types."""
    return Code(" | ".join(members))


def array_of(members: tuple[Code, ...]) -> Code:
    """The type of an array whose elements are of one of some types."""
    return Code(f"{members[0]}[]" if len(members) == 1 else f"({either(members)})[]")
