"""The check of each type of the model, of the functions of `checks.ts`: what no validator says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from convexgen.facts.code import Code
from convexgen.facts.expressions import (
    Expression,
    all_of,
    around,
    by_field,
    by_tag,
    called,
    named,
)
from convexgen.facts.typescript_text import literal, object_literal, string
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.tags import tag_values
from convexgen.model.traversal import bare
from convexgen.model.types import (
    ConstrainedType,
    Constraints,
    Field,
    InlineObjectType,
    InputType,
    Int64Type,
    IntegerType,
    ListType,
    ObjectType,
    RecordType,
    RefType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)


def type_check(type_: Type, system: System) -> Expression | None:
    """The check of what the validator of a type cannot say, if there is anything."""
    match type_:
        case IntegerType():
            return named("integer")
        case TimestampType():
            return named("timestamp")
        case VectorType(dimensions):
            return called("searchable", Code(str(dimensions)))
        case ConstrainedType(inner, constraints):
            return _constrained(inner, constraints, system)
        case ListType(element):
            return around("elements", type_check(element, system))
        case RecordType(key, value):
            keys = around("keys", type_check(key, system))
            return all_of("each", [keys, around("entries", type_check(value, system))])
        case ObjectType(name):
            shape = next(shape for shape in system.objects if shape.name == name)
            return fields_check(shape.fields, system)
        case InlineObjectType(fields):
            return fields_check(fields, system)
        case InputType(entity):
            return entity_check(system.entity(entity), system)
        case RefType(_, target):
            return type_check(target, system)
        case UnionType(members, tag):
            return all_of("each", _member_checks(members, tag, system))
        case _:
            return None


def fields_check(fields: Iterable[Field], system: System) -> Expression | None:
    """The check of an object with these fields, if there is anything to check."""
    return by_field("fields", [(field.name, field_check(field, system)) for field in fields])


def entity_check(entity: Entity, system: System) -> Expression | None:
    """The check of a document of an entity, if there is anything to check."""
    shared = fields_check(entity.shared_fields, system)
    if entity.tag is None:
        return all_of("each", [shared, fields_check(entity.untagged_vectors, system)])
    own = [
        by_tag("variant", entity.tag, one.values, fields_check(one.fields, system))
        for one in entity.variants
    ]
    return all_of("each", [shared, *own])


def field_check(field: Field, system: System) -> Expression | None:
    """The check of the value of a field, if there is anything to check."""
    return _constrained(field.type, field.constraints, system)


def _constrained(type_: Type, constraints: Constraints, system: System) -> Expression | None:
    """The check of a type, then of constraints."""
    return all_of("each", [type_check(type_, system), *_constraints(constraints, type_)])


def _constraints(constraints: Constraints, type_: Type) -> Iterator[Expression | None]:
    yield _limits("length", constraints.min_length, constraints.max_length)
    if constraints.pattern is not None:
        yield called("matching", string(constraints.pattern.javascript))
    is_bigint = isinstance(bare(type_), Int64Type)
    yield _limits("range", constraints.minimum, constraints.maximum, bigint=is_bigint)
    counted = "size" if isinstance(bare(type_), RecordType) else "items"
    yield _limits(counted, constraints.min_items, constraints.max_items)


def _limits(
    function: str, least: float | None, most: float | None, *, bigint: bool = False
) -> Expression | None:
    limits: list[tuple[str, Code]] = [
        (name, literal(limit, bigint=bigint))
        for name, limit in (("min", least), ("max", most))
        if limit is not None
    ]
    return called(function, object_literal(limits)) if limits else None


def _member_checks(
    members: Sequence[Type], tag: str | None, system: System
) -> Iterator[Expression | None]:
    """A check leaves values of other kinds alone, and a rule sees to it that kinds differ."""
    for member in members:
        check = type_check(member, system)
        if tag is None or check is None:
            yield check
        else:
            yield by_tag("variant", tag, tag_values(member, tag, system), check)
