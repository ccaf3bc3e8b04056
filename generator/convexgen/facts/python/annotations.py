"""The annotation of each type of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.imports import Module
from convexgen.facts.python_text import literal, string
from convexgen.model.classes import table_id_class
from convexgen.model.fields import EntityField
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    CommitTimeType,
    ConstrainedType,
    Constraints,
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
from convexgen.naming import enum_members, python_module

NONE = Code("None")

_BUILT_IN: dict[type[Type], Code] = {
    StringType: Code("str"),
    BooleanType: Code("bool"),
    NullType: NONE,
}

_OF_RUNTIME: dict[type[Type], str] = {
    BytesType: "Bytes",
    FunctionHandleType: "FunctionHandle",
    NumberType: "Number",
    IntegerType: "Integer",
    Int64Type: "Int64",
    CommitTimeType: "Int64",
    TimestampType: "Timestamp",
    JsonType: "Json",
    AnyType: "ConvexValue",
}

_ENCODERS: dict[type[Type], str] = {
    BooleanType: "boolean_to_wire",
    BytesType: "bytes_to_wire",
    NumberType: "number_to_wire",
    IntegerType: "integer_to_wire",
    Int64Type: "int64_to_wire",
    CommitTimeType: "int64_to_wire",
    Int64LiteralType: "int64_to_wire",
    NumberLiteralType: "number_to_wire",
    TimestampType: "timestamp_to_wire",
}

_CODECS: dict[type[Type], str] = {
    BooleanLiteralType: "BooleanLiteral",
    NumberLiteralType: "NumberLiteral",
    Int64LiteralType: "Int64Literal",
}

# mypy takes it for an expression.
_NO_LITERAL = -(2**63)

_WIDEST = 100
"""The types in a row of `|`, each of which pyright takes for a level of nesting. It has 256:
`maxChildNodeDepth` in packages/pyright-internal/src/parser/parser.ts."""


def document_id(entity: str) -> Code:
    """The type of the document IDs of an entity."""
    return identifier(f"{entity}DocId")


def either(alternatives: Iterable[Code]) -> Code:
    """One of some types; None comes last (ruff's RUF036)."""
    ordered = sorted(dict.fromkeys(alternatives), key=NONE.__eq__)
    groups = [" | ".join(ordered[i : i + _WIDEST]) for i in range(0, len(ordered), _WIDEST)]
    return Code(groups[0] if len(groups) == 1 else " | ".join(f"({group})" for group in groups))


def subscript(generic: Code, *arguments: Code) -> Code:
    """A generic type with its arguments."""
    return Code(f"{generic}[{', '.join(arguments)}]")


def annotated(module: Module, content: Code, metadata: Sequence[Code]) -> Code:
    """An annotation with what else is said of its values, if anything is."""
    return subscript(module.std.Annotated, content, *metadata) if metadata else content


def alternatives(type_: Type, module: Module) -> list[Code]:
    """The types of which a value has one."""
    if not isinstance(type_, UnionType):
        return [_single(type_, module)]
    found = _either(_members(type_, module), module)
    if type_.tag is None:
        return found
    return [annotated(module, either(found), [tagged(module, type_.tag_attribute)])]


def annotation(type_: Type, module: Module) -> Code:
    """The annotation of a type."""
    return either(alternatives(type_, module))


def tagged(module: Module, attribute: str) -> Code:
    """What tells the members of a union apart."""
    return Code(f"{module.rt.Tagged}({string(attribute)})")


def _members(type_: Type, module: Module) -> list[tuple[Type, Code]]:
    """The members of a union, or a type alone, each with its annotation."""
    members = type_.members if isinstance(type_, UnionType) else (type_,)
    return [(member, _single(member, module)) for member in members]


def _either(members: Sequence[tuple[Type, Code]], module: Module) -> list[Code]:
    """Alternatives in which strings and members of enums are together."""
    listed = [one for type_, _ in members for one in _listed(type_)]
    together = _literal(dict.fromkeys(listed), module) if listed else NONE
    ordered = sorted(members, key=lambda one: _rank(one[0]))
    return list(dict.fromkeys(together if _listed(type_) else shown for type_, shown in ordered))


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


def _single(type_: Type, module: Module) -> Code:
    """The annotation of a type that is one alternative."""
    match type_:
        case UnionType():
            return annotation(type_, module)
        case JsonType(str() as definition):
            schemas = module.imports.name(".", "json_schemas", "_json_schemas")
            return subscript(module.rt.TypedJson, Code(f"{schemas}.{identifier(definition)}"))
        case EnumType(name, listed):
            known = module.imports.name("._enums", name)
            if type_.is_open:
                return subscript(module.rt.OpenEnum, known)
            return _literal(_listed(type_), module) if listed else known
        case ObjectType(name):
            return module.imports.name("._objects", name)
        case InlineObjectType(_, name):
            return identifier(name)
        case ConstrainedType(inner, constraints):
            content = annotation(inner, module)
            return annotated(module, content, constraint_metadata(constraints, module))
        case ListType(element):
            return subscript(Code("list"), annotation(element, module))
        case RecordType(key, value):
            content = annotation(value, module)
            return subscript(Code("dict"), _record_key(key, module), content)
        case RefType(_, target):
            return _single(target, module)
        case _:
            return _leaf(type_, module)


def _leaf(type_: Type, module: Module) -> Code:
    """The annotation of a type that is made of no others."""
    match type_:
        case LiteralType(values, is_open=True):
            return subscript(module.rt.OpenEnum, _literal(map(string, values), module))
        case LiteralType():
            return _literal(_listed(type_), module)
        case BooleanLiteralType() | NumberLiteralType() | Int64LiteralType():
            return _coded_literal(type_, module)
        case DocumentType(entity, path) | InputType(entity, path):
            return module.imports.name(f".{python_module(path)}", entity)
        case VectorType(dimensions):
            of_size = Code(f"{module.rt.Vector}({dimensions})")
            return annotated(module, Code("list[float]"), [of_size])
        case IdType(entity):
            return module.imports.name("._ids", document_id(entity))
        case TableIdType(table):
            return module.imports.name("._ids", identifier(table_id_class(table)))
        case _:
            kind = type(type_)
            return _BUILT_IN.get(kind) or getattr(module.rt, _OF_RUNTIME[kind])


def _coded_literal(
    type_: BooleanLiteralType | NumberLiteralType | Int64LiteralType, module: Module
) -> Code:
    values = constants(type_)
    listed = ", ".join(map(literal, values))
    codec = Code(f"{getattr(module.rt, _CODECS[type(type_)])}({listed})")
    if any(isinstance(value, float) for value in values):
        return annotated(module, Code("float"), [codec])
    if _NO_LITERAL in values:
        return annotated(module, Code("int"), [codec])
    return annotated(module, _literal(map(literal, values), module), [codec])


def _literal(shown: Iterable[Code], module: Module) -> Code:
    return subscript(module.std.Literal, *shown)


def _listed(type_: Type) -> list[Code]:
    """What a `Literal` lists of a type: strings, or the members of an enum that is a tag.

    pydantic takes the values of a discriminator from a `Literal`.
    """
    match type_:
        case LiteralType(values, is_open=False):
            return [string(value) for value in values]
        case EnumType(name, listed):
            return [Code(f"{identifier(name)}.{member}") for member in enum_members(listed)]
        case _:
            return []


def constants(
    type_: BooleanLiteralType | NumberLiteralType | Int64LiteralType,
) -> tuple[bool | int | float, ...]:
    """The values of a literal in Python; doubles are ints, which `Literal` takes, if all can be."""
    values = type_.values
    if isinstance(type_, NumberLiteralType) and all(
        # No int is the zero with a minus.
        float(value).is_integer() and abs(value) <= 2**53 and str(value) != "-0.0"
        for value in values
    ):
        return tuple(int(value) for value in values)
    return values


def _record_key(key: Type, module: Module) -> Code:
    match key:
        case StringType():
            return module.rt.RecordKey
        case RefType(_, target):
            return _record_key(target, module)
        case ConstrainedType(inner, constraints):
            metadata = constraint_metadata(constraints, module)
            return annotated(module, _record_key(inner, module), metadata)
        case UnionType(members):
            return either(_record_key(member, module) for member in members)
        case _:
            return _single(key, module)


def constraint_metadata(constraints: Constraints, module: Module) -> list[Code]:
    """The metadata of the runtime that checks the constraints of a field."""
    found: list[Code] = []
    for name, least, most in (
        ("Length", constraints.min_length, constraints.max_length),
        ("Within", constraints.minimum, constraints.maximum),
        ("Items", constraints.min_items, constraints.max_items),
    ):
        limits = {"least": least, "most": most}
        given = [
            f"{limit}={literal(value)}" for limit, value in limits.items() if value is not None
        ]
        if given:
            found.append(Code(f"{getattr(module.rt, name)}({', '.join(given)})"))
    if constraints.pattern is not None:
        found.append(Code(f"{module.rt.Matching}({string(constraints.pattern.python)})"))
    return found


def present(field: Field, module: Module) -> list[Code]:
    """The types of a field that is there: None only where it is nullable."""
    content = _content(field, module)
    return [*content, NONE] if field.nullable else content


def field_annotation(field: Field, module: Module, absent: str) -> Code:
    """The annotation of a field, with the sentinel that stands where it is absent."""
    found = present(field, module)
    return either([*found, getattr(module.rt, absent)] if field.optional else found)


def joined_annotation(
    field: EntityField, declared: Sequence[Field], module: Module, *more: Code, absent: str
) -> Code:
    """The annotation of a field that several classes declare.

    It takes more types than the values of the field have.
    """
    found = [*_joined([_content(one, module) for one in declared], field.types, module), *more]
    if field.optional:
        found.append(getattr(module.rt, absent))
    return either([*found, NONE] if field.nullable else found)


def entries_annotation(field: EntityField, module: Module) -> Code:
    """The annotation of changes of a record whose entries are written one by one.

    Raises ValueError where the field is no record.
    """
    if not isinstance(field.type, RecordType):
        raise ValueError(f"{field.name} is no record")
    value = _entry(field, field.type, module)
    names = _record_key(field.type.key, module)
    return subscript(module.std.Mapping, names, either([*value, module.rt.UNSET]))


def _entry(field: EntityField, record: RecordType, module: Module) -> list[Code]:
    """The types of the entries of a record."""
    if field.large and record.value == JsonType():
        return [module.rt.LargeJson]
    return alternatives(record.value, module)


def compared(types: Sequence[Type], module: Module) -> list[Code]:
    """The types of a value to compare with a field that is declared with some types."""
    return _joined([alternatives(one, module) for one in types], types, module)


def _joined(
    contents: Sequence[Sequence[Code]], types: Sequence[Type], module: Module
) -> list[Code]:
    """What some types are together, each of which comes with its alternatives."""
    differing = list(dict.fromkeys(map(tuple, contents)))
    if len(differing) == 1:
        return list(differing[0])
    return _either([member for type_ in types for member in _members(type_, module)], module)


def _content(field: Field, module: Module) -> list[Code]:
    if isinstance(field, EntityField) and field.large and field.type == JsonType():
        return [module.rt.LargeJson]
    if isinstance(field, EntityField) and field.rows and isinstance(field.type, RecordType):
        value = either(_entry(field, field.type, module))
        return [subscript(Code("dict"), _record_key(field.type.key, module), value)]
    return alternatives(field.type, module)


def encoder(type_: Type, module: Module) -> Code | None:
    """The function of the runtime that encodes an argument; None where there is none."""
    name = _ENCODERS.get(type(bare(type_)))
    return None if name is None else getattr(module.rt, name)


def needs_encoder(type_: Type) -> bool:
    """Whether only an `Encoder` can tell how a value is sent, or whether it is of the type."""
    target = bare(type_)
    match target:
        case UnionType():
            return any(
                needs_encoder(part) or type(bare(part)) in _ENCODERS
                for part in parts(target)
                if part is not target
            )
        case LiteralType() | EnumType():
            return not target.is_open
        case AnyType() | ListType() | VectorType() | RecordType():
            return True
        case _:
            literals = BooleanLiteralType | Int64LiteralType
            return isinstance(target, literals | ObjectType | InlineObjectType)
