"""The validator, the TypeScript type and the check of each type of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convexgen.model.system import System
from convexgen.model.types import (
    AnyLiteralType,
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    ConstrainedType,
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
from convexgen.naming import camel_case
from convexgen.views.convex.typescript import (
    call,
    entry,
    object_literal,
    plain_value,
    string,
)
from convexgen.views.layout import Document

_SCALARS: dict[type, str] = {
    StringType: "v.string()",
    BooleanType: "v.boolean()",
    NullType: "v.null()",
    BytesType: "v.bytes()",
    NumberType: "v.number()",
    IntegerType: "v.number()",
    TimestampType: "v.number()",
    Int64Type: "v.int64()",
    JsonType: "v.any()",
    AnyType: "v.any()",
}


def shape_constant(name: str) -> str:
    """The constant of `schema.ts` that validates a named enum or object."""
    return f"{camel_case(name)}Validator"


def validator(type_: Type, system: System) -> Document:
    """The validator of a type."""
    match type_:
        case LiteralType() | BooleanLiteralType() | NumberLiteralType() | Int64LiteralType():
            return _one_of(_literal_members(type_))
        case VectorType():
            return "v.array(v.float64())"
        case ConstrainedType(inner):
            return validator(inner, system)
        case EnumType(name) | ObjectType(name):
            return shape_constant(name)
        case InlineObjectType(fields):
            return object_validator(fields, system)
        case ListType(element):
            return call("v.array", [validator(element, system)])
        case RecordType(key, value):
            return call("v.record", [validator(key, system), validator(value, system)])
        case IdType() | FunctionHandleType():
            return _identifier(type_, system)
        case RefType(_, target):
            return validator(target, system)
        case UnionType():
            return call("v.union", _flat(type_, system))
        case _:
            return _SCALARS[type(type_)]


def _identifier(type_: IdType | FunctionHandleType, system: System) -> Document:
    match type_:
        case IdType(entity):
            return call("v.id", [string(system.entity(entity).table)])
        case FunctionHandleType(str() as kind):
            return call("v.function", [object_literal([entry("fnType", string(kind))])])
        case FunctionHandleType():
            return "v.function()"


def literals(values: Sequence[str], *, is_open: bool = False) -> Document:
    """The validator of one of some strings, or of any."""
    return _one_of(_literal_members(LiteralType(tuple(values), is_open)))


def _literal_members(type_: AnyLiteralType) -> list[Document]:
    if isinstance(type_, LiteralType) and type_.is_open:
        return [_SCALARS[StringType]]
    is_int64 = isinstance(type_, Int64LiteralType)
    return [call("v.literal", [plain_value(one, bigint=is_int64)]) for one in type_.values]


def _one_of(members: Sequence[Document]) -> Document:
    return members[0] if len(members) == 1 else call("v.union", members)


def _flat(type_: Type, system: System) -> list[Document]:
    """The validators of a type within a union, of which constants and unions are a part."""
    if isinstance(type_, AnyLiteralType):
        return _literal_members(type_)
    if isinstance(type_, UnionType):
        return [part for member in type_.members for part in _flat(member, system)]
    return [validator(type_, system)]


def present(field: Field, system: System) -> Document:
    """The validator of a field that is there: null only where it is nullable."""
    content = validator(field.type, system)
    return call("v.nullable", [content]) if field.nullable else content


def field_validator(field: Field, system: System) -> Document:
    """The validator of a field."""
    content = present(field, system)
    return call("v.optional", [content]) if field.optional else content


def object_validator(fields: Iterable[Field], system: System) -> Document:
    """The validator of an object of these fields."""
    properties: list[Document] = [
        entry(field.name, field_validator(field, system)) for field in fields
    ]
    return ("v.object(", object_literal(properties), ")")


def _shapes_in(type_: Type) -> frozenset[str]:
    match type_:
        case EnumType(name) | ObjectType(name):
            return frozenset({shape_constant(name)})
        case InlineObjectType(fields):
            return shapes_in_all(field.type for field in fields)
        case ListType(inner) | ConstrainedType(inner):
            return _shapes_in(inner)
        case RecordType(_, value):
            return _shapes_in(value)
        case RefType(_, target):
            return _shapes_in(target)
        case UnionType(members):
            return shapes_in_all(members)
        case _:
            return frozenset()


def shapes_in_all(types: Iterable[Type]) -> frozenset[str]:
    """The constants of `schema.ts` that the validators of some types name."""
    return frozenset(constant for type_ in types for constant in _shapes_in(type_))


def key_type(type_: Type, system: System) -> str:
    """The TypeScript type of a key."""
    match type_:
        case RefType(_, target):
            return key_type(target, system)
        case Int64Type():
            return "bigint"
        case NumberType() | IntegerType() | TimestampType():
            return "number"
        case BooleanType():
            return "boolean"
        case IdType(entity):
            return f"Id<{string(system.entity(entity).table)}>"
        case EnumType(name):
            return f"Infer<typeof {shape_constant(name)}>"
        case _:
            return "string"
