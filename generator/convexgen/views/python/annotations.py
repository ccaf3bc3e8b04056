"""The annotation of each type of the model, and what it imports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from convexgen.model.classes import member_owners, nested_class
from convexgen.model.fields import EntityField
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    ConstrainedType,
    Constraints,
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
from convexgen.naming import enum_members, python_attribute, python_module
from convexgen.views.layout import Document, bracketed
from convexgen.views.python.source import Annotation, plain_value, string, subscript

_WORD = re.compile(r"[A-Za-z]\w*")


@dataclass(slots=True)
class Imports:
    """The names that a module imports, by module."""

    taken: frozenset[str]
    """The classes of the package: what is imported gives way to them."""
    names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, module: str, *names: str) -> None:
        """Import some names from a module."""
        self.names[module].update(names)

    def called(self, text: str) -> str:
        """Imported names in Python as this module calls them.

        Those that are taken have an underscore at the end, which no class of the package has:
        `Page[` → `Page_[`.
        """
        return _called(text, self.taken)


@lru_cache(maxsize=1_000)
def _called(text: str, taken: frozenset[str]) -> str:
    return _WORD.sub(lambda word: local_name(word.group(), taken), text)


def local_name(name: str, taken: frozenset[str]) -> str:
    """What an imported name is called beside the classes of the package."""
    return f"{name}_" if name in taken else name


@dataclass(frozen=True, slots=True)
class _Scalar:
    annotation: str
    runtime: bool


_SCALARS: dict[type, _Scalar] = {
    StringType: _Scalar("str", False),
    BooleanType: _Scalar("bool", False),
    NullType: _Scalar("None", False),
    BytesType: _Scalar("Bytes", True),
    FunctionHandleType: _Scalar("FunctionHandle", True),
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
    Int64LiteralType: "int64_to_wire",
    TimestampType: "timestamp_to_wire",
}


def document_id(entity: str) -> str:
    """The type of the document IDs of an entity."""
    return f"{entity}DocId"


def annotation(type_: Type, owner: str, imports: Imports) -> Annotation:
    """The annotation of a type; `owner` is the name for an object declared in place."""
    if not isinstance(type_, UnionType):
        return Annotation((_single(type_, owner, imports),))
    alternatives = _either(_members(type_, owner, imports), imports)
    if type_.tag is None:
        return alternatives
    imports.add("typing", "Annotated")
    imports.add("._runtime", "Tagged")
    metadata = f"{imports.called('Tagged')}({string(python_attribute(type_.tag))})"
    opening = imports.called("Annotated[")
    return Annotation((bracketed(opening, [alternatives.document, metadata], "]"),))


def _members(type_: Type, owner: str, imports: Imports) -> list[tuple[Type, Document]]:
    """The members of a union, or a type alone, each with its annotation."""
    if not isinstance(type_, UnionType):
        return [(type_, _single(type_, owner, imports))]
    return [
        (member, _single(member, name, imports))
        for member, name in zip(type_.members, member_owners(type_, owner), strict=True)
    ]


def _either(members: Sequence[tuple[Type, Document]], imports: Imports) -> Annotation:
    """The annotation of one of some types, in which strings and members of enums are together."""
    listed = [one for type_, _ in members for one in _listed(type_)]
    together = _literal(list(dict.fromkeys(listed)), imports) if listed else None
    ordered = sorted(members, key=lambda one: _rank(one[0]))
    documents = [together if _listed(type_) else document for type_, document in ordered]
    return Annotation(tuple(dict.fromkeys(one for one in documents if one is not None)))


def _rank(type_: Type) -> int:
    """The place in a union: pydantic reads and writes a value with the first member that fits.

    A number takes an int, which would become a double. In JSON, moments and bytes are text: few
    texts are a moment, and many are base64.
    """
    inside = {type(part) for part in parts(type_)}
    if NumberType in inside:
        return 3
    if BytesType in inside:
        return 2
    return 0 if TimestampType in inside else 1


def _single(type_: Type, owner: str, imports: Imports) -> Document:
    """The annotation of a type that is one alternative."""
    match type_:
        case UnionType():
            return annotation(type_, owner, imports).document
        case JsonType(str() as definition):
            imports.add("._runtime", "TypedJson")
            imports.add(".", "json_schemas as _json_schemas")
            return f"{imports.called('TypedJson')}[_json_schemas.{definition}]"
        case EnumType(name, listed):
            imports.add("._enums", name)
            if type_.is_open:
                return _open(name, imports)
            return _literal(_listed(type_), imports) if listed else name
        case ObjectType(name):
            imports.add("._objects", name)
            return name
        case InlineObjectType():
            return owner
        case ConstrainedType(inner, constraints):
            content = annotation(inner, owner, imports).document
            return constrained(content, constraints, imports)
        case ListType(element):
            return subscript("list", annotation(element, owner, imports).document)
        case RecordType(key, value):
            content = annotation(value, owner, imports).document
            return bracketed("dict[", [_record_key(key, imports), content], "]")
        case RefType(_, target):
            return _single(target, owner, imports)
        case _:
            return _leaf(type_, imports)


def _leaf(type_: Type, imports: Imports) -> Document:
    """The annotation of a type that is made of no others."""
    match type_:
        case LiteralType(values, is_open=True):
            return _open(_literal(list(map(plain_value, values)), imports), imports)
        case LiteralType():
            return _literal(_listed(type_), imports)
        case BooleanLiteralType() | NumberLiteralType() | Int64LiteralType():
            return _coded_literal(type_, imports)
        case DocumentType(entity, table):
            imports.add(f".{python_module(table)}", entity)
            return entity
        case VectorType(dimensions):
            imports.add("typing", "Annotated")
            imports.add("._runtime", "Vector")
            return f"{imports.called('Annotated[list[float], Vector')}({dimensions})]"
        case IdType(entity):
            imports.add("._ids", document_id(entity))
            return document_id(entity)
        case _:
            scalar = _SCALARS[type(type_)]
            if scalar.runtime:
                imports.add("._runtime", scalar.annotation)
            return imports.called(scalar.annotation)


_CODECS: dict[type[Type], str] = {
    BooleanLiteralType: "BooleanLiteral",
    NumberLiteralType: "NumberLiteral",
    Int64LiteralType: "Int64Literal",
}


def _coded_literal(
    type_: BooleanLiteralType | NumberLiteralType | Int64LiteralType, imports: Imports
) -> Document:
    codec = _CODECS[type(type_)]
    imports.add("typing", "Annotated")
    imports.add("._runtime", codec)
    values = constants(type_)
    metadata = bracketed(f"{imports.called(codec)}(", [plain_value(value) for value in values], ")")
    opening = imports.called("Annotated[")
    if any(isinstance(value, float) for value in values):
        return bracketed(opening, ["float", metadata], "]")
    if _NO_LITERAL in values:
        return bracketed(opening, ["int", metadata], "]")
    literal = _literal([plain_value(value) for value in values], imports)
    return bracketed(imports.called("Annotated["), [literal, metadata], "]")


# mypy takes it for an expression.
_NO_LITERAL = -(2**63)


def _open(known: Document, imports: Imports) -> Document:
    imports.add("._runtime", "OpenEnum")
    return subscript(imports.called("OpenEnum"), known)


def _literal(shown: Sequence[Document], imports: Imports) -> Document:
    imports.add("typing", "Literal")
    literal = imports.called("Literal")
    return subscript(literal, shown[0]) if len(shown) == 1 else bracketed(f"{literal}[", shown, "]")


def _listed(type_: Type) -> list[str]:
    """What a `Literal` lists of a type: strings, or the members of an enum that is a tag.

    pydantic takes the values of a discriminator from a `Literal`.
    """
    match type_:
        case LiteralType(values, is_open=False):
            return [plain_value(value) for value in values]
        case EnumType(name, listed):
            return [f"{name}.{member}" for member in enum_members(listed)]
        case _:
            return []


def constants(
    type_: BooleanLiteralType | NumberLiteralType | Int64LiteralType,
) -> tuple[bool | int | float, ...]:
    """The values of a literal in Python; doubles are ints, which `Literal` takes, if all can be."""
    values = type_.values
    if isinstance(type_, NumberLiteralType) and all(
        float(value).is_integer() and abs(value) <= 2**53 for value in values
    ):
        return tuple(int(value) for value in values)
    return values


def _record_key(key: Type, imports: Imports) -> Document:
    match key:
        case StringType():
            imports.add("._runtime", "RecordKey")
            return imports.called("RecordKey")
        case RefType(_, target):
            return _record_key(target, imports)
        case ConstrainedType(inner, constraints):
            return constrained(_record_key(inner, imports), constraints, imports)
        case UnionType(members):
            return Annotation(tuple(_record_key(member, imports) for member in members)).document
        case _:
            return _single(key, "", imports)


def constrained(content: Document, constraints: Constraints, imports: Imports) -> Document:
    """An annotation with the constraints of its values."""
    imports.add("typing", "Annotated")
    metadata = constraint_metadata(constraints, imports)
    return bracketed(imports.called("Annotated["), [content, *metadata], "]")


def constraint_metadata(constraints: Constraints, imports: Imports) -> list[Document]:
    """The metadata of the runtime that checks the constraints of a field."""
    found: list[Document] = []
    for name, least, most in (
        ("Length", constraints.min_length, constraints.max_length),
        ("Within", constraints.minimum, constraints.maximum),
        ("Items", constraints.min_items, constraints.max_items),
    ):
        limits = [("least", least), ("most", most)]
        arguments = [
            f"{limit}={plain_value(value)}" for limit, value in limits if value is not None
        ]
        if arguments:
            imports.add("._runtime", name)
            found.append(f"{imports.called(name)}({', '.join(arguments)})")
    if constraints.pattern is not None:
        imports.add("._runtime", "Matching")
        found.append(f"{imports.called('Matching')}({string(constraints.pattern.python)})")
    return found


def present(field_: Field, owner: str, imports: Imports) -> Annotation:
    """The annotation of a field that is there: None only where it is nullable."""
    content = _content(field_, owner, imports)
    return content.or_else("None") if field_.nullable else content


def field_annotation(field_: Field, owner: str, imports: Imports, *, absent: str) -> Annotation:
    """The annotation of a field, with the sentinel that stands where it is absent."""
    if not field_.optional:
        return present(field_, owner, imports)
    imports.add("._runtime", absent)
    content = _content(field_, owner, imports).or_else(absent)
    return content.or_else("None") if field_.nullable else content


def joined_annotation(
    field_: Field, declared: Sequence[tuple[str, Field]], imports: Imports, *, absent: str
) -> Annotation:
    """The annotation of a field that several classes declare, which come with their fields."""
    contents = dict.fromkeys(_content(one, owner, imports) for owner, one in declared)
    content = next(iter(contents))
    if len(contents) > 1:
        members = [
            member
            for owner, one in declared
            for member in _members(one.type, nested_class(owner, one.name), imports)
        ]
        content = _either(members, imports)
    if field_.optional:
        imports.add("._runtime", absent)
        content = content.or_else(absent)
    return content.or_else("None") if field_.nullable else content


def _content(field_: Field, owner: str, imports: Imports) -> Annotation:
    if isinstance(field_, EntityField) and field_.large and field_.type == JsonType():
        imports.add("._runtime", "LargeJson")
        return Annotation((imports.called("LargeJson"),))
    return annotation(field_.type, nested_class(owner, field_.name), imports)


def encoder(type_: Type) -> str | None:
    """The function of the runtime that encodes an argument; None where there is none."""
    return _ENCODERS.get(type(bare(type_)))


def needs_encoder(type_: Type) -> bool:
    """Whether only an `Encoder` can tell how a value is sent: by which member of a union it is."""
    target = bare(type_)
    return isinstance(target, UnionType | Int64LiteralType) and any(
        isinstance(part, Int64LiteralType) or encoder(part) is not None for part in parts(target)
    )
