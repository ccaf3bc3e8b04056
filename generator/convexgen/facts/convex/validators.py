"""The validator of each type of the model, and the TypeScript type of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript_text import literal, object_literal, string
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.types import (
    AnyLiteralType,
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    CommitTimeType,
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
    TableIdType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)
from convexgen.naming import camel_case

_SCALARS: Mapping[type, Code] = {
    StringType: Code("v.string()"),
    BooleanType: Code("v.boolean()"),
    NullType: Code("v.null()"),
    BytesType: Code("v.bytes()"),
    NumberType: Code("v.number()"),
    IntegerType: Code("v.number()"),
    TimestampType: Code("v.number()"),
    Int64Type: Code("v.int64()"),
    CommitTimeType: Code("v.commitTs()"),
    JsonType: Code("v.any()"),
    AnyType: Code("v.any()"),
}


def shape_constant(name: str) -> Code:
    """The constant of `schema.ts` that validates a named enum or object."""
    return identifier(f"{camel_case(name)}Validator")


def validator(type_: Type, system: System) -> Code:
    """The validator of a type."""
    match type_:
        case LiteralType() | BooleanLiteralType() | NumberLiteralType() | Int64LiteralType():
            return _one_of(_literal_members(type_))
        case VectorType():
            return Code("v.array(v.float64())")
        case ConstrainedType(inner):
            return validator(inner, system)
        case EnumType(name) | ObjectType(name):
            return shape_constant(name)
        case InlineObjectType(fields):
            return object_validator(fields, system)
        case ListType(element):
            return Code(f"v.array({validator(element, system)})")
        case RecordType(key, value):
            return Code(f"v.record({validator(key, system)}, {validator(value, system)})")
        case IdType() | TableIdType() | FunctionHandleType():
            return _identifier(type_, system)
        case RefType(_, target):
            return validator(target, system)
        case UnionType() | AnyType((_, *_)):
            return _union(_flat(type_, system))
        case _:
            return _SCALARS[type(type_)]


def _identifier(type_: IdType | TableIdType | FunctionHandleType, system: System) -> Code:
    match type_:
        case IdType(entity):
            return Code(f"v.id({string(system.entity(entity).table)})")
        case TableIdType(table):
            return Code(f"v.id({string(table)})")
        case FunctionHandleType(str() as kind):
            return Code(f"v.function({{ fnType: {string(kind)} }})")
        case FunctionHandleType():
            return Code("v.function()")


def literals(values: Sequence[str], *, is_open: bool = False) -> Code:
    """The validator of one of some strings, or of any."""
    return _one_of(_literal_members(LiteralType(tuple(values), is_open)))


def _literal_members(type_: AnyLiteralType) -> list[Code]:
    if isinstance(type_, LiteralType) and type_.is_open:
        return [_SCALARS[StringType]]
    is_int64 = isinstance(type_, Int64LiteralType)
    return [Code(f"v.literal({literal(one, bigint=is_int64)})") for one in type_.values]


def _one_of(members: Sequence[Code]) -> Code:
    return members[0] if len(members) == 1 else _union(members)


def _union(members: Iterable[Code]) -> Code:
    return Code(f"v.union({', '.join(members)})")


def _flat(type_: Type, system: System) -> list[Code]:
    """The validators of a type within a union, of which constants and unions are a part."""
    if isinstance(type_, AnyLiteralType):
        return _literal_members(type_)
    if isinstance(type_, UnionType):
        return [part for member in type_.members for part in _flat(member, system)]
    if isinstance(type_, AnyType):
        others = [part for member in type_.beside for part in _flat(member, system)]
        return [_SCALARS[AnyType], *others]
    return [validator(type_, system)]


def present(field: Field, system: System) -> Code:
    """The validator of a field that is there: null only where it is nullable."""
    content = validator(field.type, system)
    return Code(f"v.nullable({content})") if field.nullable else content


def field_validator(field: Field, system: System) -> Code:
    """The validator of a field."""
    content = present(field, system)
    return Code(f"v.optional({content})") if field.optional else content


def stored_validator(field: Field, system: System) -> Code:
    """The validator of a field as documents have it: large values may lie in chunks."""
    if not is_chunked(field):
        return field_validator(field, system)
    content = Code(f"v.union({present(field, system)}, chunksValidator)")
    return Code(f"v.optional({content})") if field.optional else content


def is_chunked(field: Field) -> bool:
    """Whether documents may have chunks in place of a value; those of JSON are any values."""
    if not isinstance(field, EntityField) or not field.large or field.rows:
        return False
    return not isinstance(field.type, JsonType)


def object_validator(fields: Iterable[Field], system: System) -> Code:
    """The validator of an object of these fields."""
    properties = object_literal((field.name, field_validator(field, system)) for field in fields)
    return Code(f"v.object({properties})")


def _shapes_in(type_: Type) -> frozenset[Code]:
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
        case UnionType(members) | AnyType(members):
            return shapes_in_all(members)
        case _:
            return frozenset()


def shapes_in_all(types: Iterable[Type]) -> frozenset[Code]:
    """The constants of `schema.ts` that the validators of some types name."""
    return frozenset(constant for type_ in types for constant in _shapes_in(type_))


def key_type(type_: Type, system: System) -> Code:
    """The TypeScript type of a key."""
    match type_:
        case RefType(_, target):
            return key_type(target, system)
        case Int64Type():
            return Code("bigint")
        case NumberType() | IntegerType() | TimestampType():
            return Code("number")
        case BooleanType():
            return Code("boolean")
        case IdType(entity):
            return Code(f"Id<{string(system.entity(entity).table)}>")
        case TableIdType(table):
            return Code(f"Id<{string(table)}>")
        case EnumType(name):
            return Code(f"Infer<typeof {shape_constant(name)}>")
        case _:
            return Code("string")
