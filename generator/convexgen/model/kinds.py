"""What the functions can tell of a value, which knows nothing of the type it was written as."""

from __future__ import annotations

from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    UNCONSTRAINED,
    BooleanLiteralType,
    BooleanType,
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


def kind(type_: Type) -> str:
    """What a value of the type is to Convex: a string, an int64, an array and so on."""
    match bare(type_):
        case StringType() | LiteralType() | EnumType():
            return "string"
        case IdType() | TableIdType() | FunctionHandleType():
            return "string"
        case NumberType() | IntegerType() | TimestampType() | NumberLiteralType():
            return "number"
        case Int64Type() | Int64LiteralType():
            return "int64"
        case BooleanType() | BooleanLiteralType():
            return "boolean"
        case ListType() | VectorType():
            return "list"
        case ObjectType() | InlineObjectType() | RecordType() | DocumentType() | InputType():
            return "object"
        case UnionType(_, tag) if tag is not None:
            return "object"
        case other:
            return type(other).__name__


def is_checked(type_: Type, system: System) -> bool:
    """Whether there is more to a value of the type than Convex's validator of it can say."""
    objects = {shape.name: shape.fields for shape in system.objects}
    waiting = [Field("", type_)]
    while waiting:
        field = waiting.pop()
        if field.constraints != UNCONSTRAINED:
            return True
        for part in parts(field.type):
            match part:
                case IntegerType() | TimestampType() | VectorType() | ConstrainedType():
                    return True
                case InputType():
                    # What is written of an entity has a form of its own.
                    return True
                case RefType(_, target):
                    waiting.append(Field("", target))
                case InlineObjectType(fields):
                    waiting.extend(fields)
                case ObjectType(name):
                    # Once: objects that hold one another are a problem of another rule.
                    waiting.extend(objects.pop(name, ()))
                case _:
                    pass
    return False


def holds_json(field: Field, system: System) -> bool:
    """Whether there is JSON in a value, which is stored in a form of its own."""
    objects = {shape.name: shape.fields for shape in system.objects}
    waiting = [field]
    while waiting:
        for part in parts(waiting.pop().type):
            match part:
                case JsonType():
                    return True
                case InlineObjectType(fields):
                    waiting.extend(fields)
                case ObjectType(name):
                    waiting.extend(objects.pop(name, ()))
                case _:
                    pass
    return False
