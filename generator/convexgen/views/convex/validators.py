"""The validator, the TypeScript type and the check of each type of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.tags import tag_values
from convexgen.model.traversal import bare
from convexgen.model.types import (
    AnyLiteralType,
    AnyType,
    BooleanLiteralType,
    BooleanType,
    BytesType,
    ConstrainedType,
    Constraints,
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
    array,
    call,
    entry,
    number,
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


@dataclass(frozen=True, slots=True)
class Check:
    """An expression that makes a check, and what it imports from `lib/checks.ts`."""

    expression: Document
    imports: frozenset[str]


def check(type_: Type, system: System) -> Check | None:
    """The check of what the validator of a type cannot say, if there is anything."""
    match type_:
        case IntegerType():
            return Check("integer", frozenset({"integer"}))
        case TimestampType():
            return Check("timestamp", frozenset({"timestamp"}))
        case VectorType(dimensions):
            limits = _limits(dimensions, dimensions)
            return Check(("items(", object_literal(limits), ")"), frozenset({"items"}))
        case ConstrainedType(inner, constraints):
            return _constrained(inner, constraints, system)
        case ListType(element):
            return _wrapped("elements", check(element, system))
        case RecordType(key, value):
            return _all_checks(
                [
                    *_some(_wrapped("keys", check(key, system))),
                    *_some(_wrapped("entries", check(value, system))),
                ]
            )
        case ObjectType(name):
            shape = next(shape for shape in system.objects if shape.name == name)
            return fields_check(shape.fields, system)
        case InlineObjectType(fields):
            return fields_check(fields, system)
        case RefType(_, target):
            return check(target, system)
        case UnionType(members, tag):
            if tag is not None:
                return _tagged_check(members, tag, system)
            return _union_check(members, system)
        case _:
            return None


def fields_check(fields: Iterable[Field], system: System) -> Check | None:
    """The check of an object with these fields, if there is anything to check."""
    found = [(field.name, field_check(field, system)) for field in fields]
    checks = [(name, inner) for name, inner in found if inner is not None]
    if not checks:
        return None
    properties: list[Document] = [
        inner.expression if name == inner.expression else entry(name, inner.expression)
        for name, inner in checks
    ]
    return Check(
        ("fields(", object_literal(properties), ")"),
        frozenset({"fields"}).union(*(inner.imports for _, inner in checks)),
    )


def entity_check(entity: Entity, system: System) -> Check | None:
    """The check of a document of an entity, if there is anything to check."""
    shared = fields_check(entity.shared_fields, system)
    return _all_checks(
        [
            *_some(shared),
            *(
                _variant(entity.tag, variant.values, own)
                for variant in entity.variants
                for own in _some(fields_check(variant.fields, system))
                if entity.tag is not None
            ),
        ]
    )


def field_check(field: Field, system: System) -> Check | None:
    """The check of a field, if there is anything to check."""
    return _constrained(field.type, field.constraints, system)


def _constrained(type_: Type, constraints: Constraints, system: System) -> Check | None:
    """The check of a type, then of constraints."""
    checks = [*_some(check(type_, system)), *_constraint_checks(constraints, type_)]
    return _all_checks(checks)


def _some(found: Check | None) -> list[Check]:
    return [] if found is None else [found]


def _constraint_checks(constraints: Constraints, type_: Type) -> list[Check]:
    suffix = "n" if isinstance(bare(type_), Int64Type) else ""
    groups: dict[str, list[Document]] = {
        "length": _limits(constraints.min_length, constraints.max_length),
        "matching": [string(constraints.pattern.javascript)] if constraints.pattern else [],
        "range": _limits(constraints.minimum, constraints.maximum, suffix),
        "size" if isinstance(bare(type_), RecordType) else "items": _limits(
            constraints.min_items, constraints.max_items
        ),
    }
    return [
        Check(
            call(name, arguments)
            if name == "matching"
            else (f"{name}(", object_literal(arguments), ")"),
            frozenset({name}),
        )
        for name, arguments in groups.items()
        if arguments
    ]


def _limits(least: float | None, most: float | None, suffix: str = "") -> list[Document]:
    limits: list[Document] = []
    if least is not None:
        limits.append(f"min: {number(least)}{suffix}")
    if most is not None:
        limits.append(f"max: {number(most)}{suffix}")
    return limits


def _wrapped(function: str, inner: Check | None) -> Check | None:
    if inner is None:
        return None
    expression = inner.expression
    # prettier does not break a call whose only argument is a short name.
    made = (
        f"{function}({expression})" if isinstance(expression, str) else call(function, [expression])
    )
    return Check(made, inner.imports | {function})


def _union_check(members: Sequence[Type], system: System) -> Check | None:
    """A check leaves values of other kinds alone, and a rule sees to it that kinds differ."""
    return _all_checks([inner for one in members for inner in _some(check(one, system))])


def _tagged_check(members: Sequence[Type], tag: str, system: System) -> Check | None:
    checks: list[Check] = []
    for member in members:
        inner = check(member, system)
        if inner is not None:
            checks.append(_variant(tag, tag_values(member, tag, system), inner))
    return _all_checks(checks)


def _variant(tag: str, values: Sequence[str], inner: Check) -> Check:
    listed = array([string(value) for value in values])
    expression = call("variant", [string(tag), listed, inner.expression])
    return Check(expression, inner.imports | {"variant"})


def _all_checks(checks: Sequence[Check]) -> Check | None:
    if not checks:
        return None
    if len(checks) == 1:
        return checks[0]
    return Check(
        call("each", [inner.expression for inner in checks]),
        frozenset({"each"}).union(*(inner.imports for inner in checks)),
    )
