"""The annotation of each type of the model, and what it imports."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from convexgen.model.classes import member_owner, nested_class
from convexgen.model.types import (
    AnyType,
    BooleanType,
    BytesType,
    Constraints,
    EnumType,
    Field,
    IdType,
    InlineObjectType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TimestampType,
    Type,
    UnionType,
)
from convexgen.views.layout import Document, bracketed, join
from convexgen.views.python.source import string


@dataclass(slots=True)
class Imports:
    """The names that a module imports, by module."""

    names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, module: str, *names: str) -> None:
        """Import some names from a module."""
        self.names[module].update(names)


@dataclass(frozen=True, slots=True)
class _Scalar:
    annotation: str
    runtime: bool


_SCALARS: dict[type, _Scalar] = {
    StringType: _Scalar("str", False),
    BooleanType: _Scalar("bool", False),
    NullType: _Scalar("None", False),
    BytesType: _Scalar("Bytes", True),
    NumberType: _Scalar("Number", True),
    IntegerType: _Scalar("Integer", True),
    Int64Type: _Scalar("Int64", True),
    TimestampType: _Scalar("Timestamp", True),
    JsonType: _Scalar("Json", True),
    AnyType: _Scalar("ConvexValue", True),
}

_ENCODERS: dict[type, str] = {
    BytesType: "bytes_to_wire",
    NumberType: "number_to_wire",
    IntegerType: "integer_to_wire",
    Int64Type: "int64_to_wire",
    TimestampType: "timestamp_to_wire",
}


def document_id(entity: str) -> str:
    """The type of the document IDs of an entity."""
    return f"{entity}DocId"


def annotation(type_: Type, owner: str, imports: Imports) -> Document:
    """The annotation of a type; `owner` is the name for an object declared in place."""
    match type_:
        case LiteralType(values):
            imports.add("typing", "Literal")
            return bracketed("Literal[", [string(value) for value in values], "]")
        case EnumType(name):
            imports.add("._enums", name)
            return name
        case ObjectType(name):
            imports.add("._objects", name)
            return name
        case InlineObjectType():
            return owner
        case ListType(element):
            return ("list[", annotation(element, owner, imports), "]")
        case RecordType(key, value):
            inner = annotation(value, owner, imports)
            return ("dict[", _record_key(key, imports), ", ", inner, "]")
        case IdType(entity):
            imports.add("._ids", document_id(entity))
            return document_id(entity)
        case RefType(_, target):
            return annotation(target, owner, imports)
        case UnionType(members):
            documents = [
                (annotation(member, member_owner(owner, position), imports), member)
                for position, member in enumerate(members)
            ]
            # pydantic writes a value with the first member that takes it, and a number takes an
            # int: it would become a double.
            documents.sort(key=lambda one: isinstance(one[1], NumberType))
            return join(" | ", [document for document, _ in documents])
        case _:
            scalar = _SCALARS[type(type_)]
            if scalar.runtime:
                imports.add("._runtime", scalar.annotation)
            return scalar.annotation


def _record_key(key: StringType | IdType, imports: Imports) -> str:
    if isinstance(key, IdType):
        imports.add("._ids", document_id(key.entity))
        return document_id(key.entity)
    imports.add("._runtime", "RecordKey")
    return "RecordKey"


def constraint_metadata(constraints: Constraints, imports: Imports) -> list[Document]:
    """The metadata of the runtime that checks the constraints of a field."""
    found: list[Document] = []
    for name, least, most in (
        ("Length", constraints.min_length, constraints.max_length),
        ("Within", constraints.minimum, constraints.maximum),
        ("Items", constraints.min_items, constraints.max_items),
    ):
        limits = [("least", least), ("most", most)]
        arguments = [f"{limit}={value!r}" for limit, value in limits if value is not None]
        if arguments:
            imports.add("._runtime", name)
            found.append(f"{name}({', '.join(arguments)})")
    if constraints.pattern is not None:
        imports.add("._runtime", "Matching")
        found.append(f"Matching({string(constraints.pattern.python)})")
    return found


def present(field_: Field, owner: str, imports: Imports) -> Document:
    """The annotation of a field that is there: None only where it is nullable."""
    content = annotation(field_.type, nested_class(owner, field_.name), imports)
    return (content, " | None") if field_.nullable else content


def field_annotation(field_: Field, owner: str, imports: Imports, *, absent: str) -> Document:
    """The annotation of a field, with the sentinel that stands where it is absent."""
    if not field_.optional:
        return present(field_, owner, imports)
    imports.add("._runtime", absent)
    content = annotation(field_.type, nested_class(owner, field_.name), imports)
    return (content, f" | {absent}", " | None" if field_.nullable else "")


def encoder(type_: Type) -> str | None:
    """The function of the runtime that encodes an argument; None where it is sent as it is."""
    if isinstance(type_, RefType):
        return encoder(type_.target)
    return _ENCODERS.get(type(type_))
