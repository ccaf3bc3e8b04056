"""Facts of what encodes arguments where no function of the runtime can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import NONE, compared, either, needs_encoder
from convexgen.facts.python.imports import Module
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.traversal import bare
from convexgen.model.types import ListType, Type
from convexgen.naming import snake_case


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What encodes arguments by the member of a union that they are."""

    name: Code
    type: Code


def encoders(entity: Entity, module: Module) -> tuple[EncoderFacts, ...]:
    """The encoders of the fields that functions of an entity compare."""
    filtered = set(_filtered(entity))
    named = {
        *(name for name in filtered if _element(entity.field(name).type) is None),
        *entity.key,
        *(name for one in entity.unique if one.function is not None for name in one.fields),
        *(name for query in entity.queries for name in (*query.equal, query.range)),
        *(name for index in entity.search_indexes for name in index.filters),
        *(name for index in entity.vector_indexes for name in index.filters),
    }
    found: list[EncoderFacts] = []
    for field in entity.comparable_fields:
        if field.name in named and needs_encoder(field.type):
            null = [NONE] if field.nullable else []
            type_ = either([*compared(field.types, module), *null])
            found.append(EncoderFacts(field_encoder(field), type_))
        element = _element(field.type)
        if field.name in filtered and element is not None and needs_encoder(element):
            type_ = either(compared(elements(field), module))
            found.append(EncoderFacts(element_encoder(field), type_))
    return tuple(found)


def elements(field: EntityField) -> list[Type]:
    """The types of the elements of a field, where it is a list."""
    found = map(_element, field.types)
    return [one for one in found if one is not None]


def _element(type_: Type) -> Type | None:
    list_type = bare(type_)
    return list_type.element if isinstance(list_type, ListType) else None


def _filtered(entity: Entity) -> Iterator[str]:
    for query in entity.queries:
        if query.where is not None:
            yield from (one.field for one in query.where.conditions)


def field_encoder(field: EntityField) -> Code:
    """The constant that encodes values of a field."""
    return constant(field.python or field.name, "ENCODER")


def element_encoder(field: EntityField) -> Code:
    """The constant that encodes elements of a field."""
    return constant(field.python or field.name, "ELEMENT_ENCODER")


def constant(name: str, suffix: str) -> Code:
    """A constant of a module for something called so, or at such a path."""
    words = snake_case(name).replace(".", "__")
    return identifier(f"_{words.upper()}_{suffix}")
