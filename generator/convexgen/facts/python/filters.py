"""Facts of the conditions of queries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import (
    NONE,
    compared,
    either,
    encoder,
    needs_encoder,
    subscript,
)
from convexgen.facts.python.encoders import element_encoder, elements, field_encoder
from convexgen.facts.python.imports import Module
from convexgen.facts.python_text import string
from convexgen.model.arguments import condition_arguments, parameter_attribute
from convexgen.model.classes import where_class
from convexgen.model.comparing import Comparison, comparison_of
from convexgen.model.entities import Entity, Query
from convexgen.model.fields import EntityField
from convexgen.model.filters import ANY_PATH, Condition
from convexgen.model.traversal import bare
from convexgen.model.types import (
    BooleanLiteralType,
    BooleanType,
    ConstrainedType,
    EnumType,
    Int64LiteralType,
    Int64Type,
    ListType,
    LiteralType,
    NumberLiteralType,
    NumberType,
    RefType,
    StringType,
    Type,
    UnionType,
)

_TAKES = {
    Comparison.EQUAL: "equal",
    Comparison.ORDERED: "ordered",
    Comparison.TEXT: "text",
    Comparison.LIST: "list",
}


@dataclass(frozen=True, slots=True)
class ConditionFacts:
    """A field that a condition may be about."""

    name: Code
    wire: str
    annotation: Code
    encoder: Code | None
    takes: str | None
    """The conditions that it takes; None for JSON."""
    paths: tuple[str, ...] | None
    """Those into JSON; None where it may be any."""
    may_lack: bool
    may_be_null: bool
    may_hold_null: bool
    """Whether null may be in it, where it is a list."""
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class FilterFacts:
    """The conditions of a query."""

    name: Code
    """The class of what callers give."""
    conditions: tuple[ConditionFacts, ...]
    is_sensitive: bool
    """Whether errors and logs leave the conditions out."""


def filter_facts(query: Query, entity: Entity, module: Module) -> FilterFacts | None:
    """The facts of the conditions of a query; None where it takes none."""
    if query.where is None:
        return None
    arguments = condition_arguments(query, entity)
    conditions = tuple(
        _condition(one, arguments[one.field], entity, module) for one in query.where.conditions
    )
    return FilterFacts(
        identifier(where_class(entity.name, query.name)),
        conditions,
        any(one.is_sensitive for one in conditions),
    )


def _condition(
    condition: Condition, argument: str, entity: Entity, module: Module
) -> ConditionFacts:
    field = entity.field(condition.field)
    comparison = comparison_of(field) or Comparison.EQUAL
    is_json = comparison is Comparison.JSON
    paths = None if ANY_PATH in condition.paths else condition.paths
    return ConditionFacts(
        identifier(parameter_attribute(field, argument)),
        argument,
        _of_paths(paths, module) if is_json else _annotation(field, comparison, entity, module),
        None if is_json else _encoder(field, module),
        None if is_json else _TAKES[comparison],
        paths if is_json else None,
        entity.may_lack(field.name),
        not is_json and entity.may_be_null(field.name),
        entity.may_hold_null(field.name),
        field.sensitive,
    )


def _of_paths(paths: tuple[str, ...] | None, module: Module) -> Code:
    names = Code("str") if paths is None else subscript(module.std.Literal, *map(string, paths))
    return subscript(module.std.Mapping, names, module.rt.JsonComparison)


def _annotation(field: EntityField, comparison: Comparison, entity: Entity, module: Module) -> Code:
    rt = module.rt
    content = compared(field.types, module)
    null = [NONE] if field.nullable else []
    one_of = compared([*map(_widened, field.types)], module)
    found = [*content, *null, subscript(rt.In, either([*one_of, *null]))]
    if entity.may_lack(field.name):
        found.append(rt.UNSET)
    if comparison in (Comparison.ORDERED, Comparison.TEXT):
        found.append(subscript(rt.Range, either(content)))
    if comparison is Comparison.TEXT:
        found.append(subscript(rt.Contains, Code("str")))
    if isinstance(bare(field.type), ListType):
        found.append(subscript(rt.Contains, either(compared(elements(field), module))))
    return either(found)


def _widened(type_: Type) -> Type:
    """A type with text for some texts, and so on.

    In a union, pyright takes the elements of `In(["a"])` for text, whatever type is expected.
    """
    match type_:
        case LiteralType():
            return StringType()
        case BooleanLiteralType():
            return BooleanType()
        case NumberLiteralType():
            return NumberType()
        case Int64LiteralType():
            return Int64Type()
        case EnumType():
            return replace(type_, listed=())
        case ConstrainedType(inner):
            return replace(type_, type=_widened(inner))
        case RefType(_, target):
            return replace(type_, target=_widened(target))
        case ListType(element):
            return ListType(_widened(element))
        case UnionType(members):
            return UnionType(tuple(map(_widened, members)))
        case _:
            return type_


def _encoder(field: EntityField, module: Module) -> Code | None:
    """What encodes a value; of a list, an element."""
    type_ = bare(field.type)
    if isinstance(type_, ListType):
        if needs_encoder(type_.element):
            return Code(f"{element_encoder(field)}.to_wire")
        return encoder(type_.element, module)
    if needs_encoder(field.type):
        return Code(f"{field_encoder(field)}.to_wire")
    return encoder(field.type, module)
