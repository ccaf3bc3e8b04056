"""Types in words of the spec language, for messages."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.traversal import bare
from convexgen.model.types import (
    AnyLiteralType,
    BooleanLiteralType,
    DocumentType,
    EnumType,
    FunctionHandleType,
    IdType,
    InlineObjectType,
    InputType,
    Int64LiteralType,
    JsonType,
    ListType,
    LiteralType,
    NumberLiteralType,
    ObjectType,
    RecordType,
    TableIdType,
    Type,
    UnionType,
    VectorType,
)

_MOST = 4
_NAMES = {
    "CommitTimeType": "commitTs",
    "FunctionHandleType": "function",
    "Int64Type": "int64",
}


def type_text(type_: Type) -> str:
    """The type, as an expression has it as far as there is one."""
    plain = bare(type_)
    if isinstance(plain, AnyLiteralType):
        return _listed(list(_constants(plain)))
    match plain:
        case EnumType(name) | ObjectType(name):
            return name
        case InlineObjectType():
            return "an object"
        case ListType(element):
            return f"list<{type_text(element)}>"
        case RecordType(key, value):
            return f"record<{type_text(key)}, {type_text(value)}>"
        case VectorType(size):
            return f"vector<{size}>"
        case UnionType(members):
            return _listed([type_text(member) for member in members])
        case other:
            return _plain_text(other)


def _plain_text(type_: Type) -> str:
    match type_:
        case IdType(name) | TableIdType(name):
            return f"id<{name}>"
        case FunctionHandleType(str() as kind):
            return f"function<{kind}>"
        case DocumentType(name):
            return name
        case InputType(name):
            return f"new<{name}>"
        case JsonType(str() as definition):
            return f"json of {definition}"
        case _:
            name = type(type_).__name__
            return _NAMES.get(name, name.removesuffix("Type").lower())


def _constants(type_: AnyLiteralType) -> Iterator[str]:
    match type_:
        case LiteralType(values):
            yield from map(quoted, values)
        case BooleanLiteralType(values):
            yield from ("true" if value else "false" for value in values)
        case NumberLiteralType(values):
            yield from map(str, values)
        case Int64LiteralType(values):
            yield from (f"{value}n" for value in values)


def _listed(parts: list[str]) -> str:
    more = [f"… {len(parts) - _MOST} more"] if len(parts) > _MOST + 1 else []
    return " | ".join([*(parts[:_MOST] if more else parts), *more])
