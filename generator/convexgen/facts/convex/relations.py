"""Facts of what documents may come with."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import model_alias
from convexgen.facts.convex.references import ModelFacts
from convexgen.model.entities import Entity
from convexgen.model.relations import Relation
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """The documents of a table that those of another one may come with."""

    name: Code
    description: str | None
    table: Code
    model: Code
    """The module in `model/` of that table."""
    index: Code | None
    """None where they are found by their IDs."""
    by: tuple[tuple[Code, Code], ...]
    """The columns of the index, each with the field that has its value."""
    is_list: bool
    limit: int | None
    is_descending: bool


def relation_facts(relation: Relation, system: System) -> RelationFacts:
    """The facts of what documents may come with."""
    other = system.entity(relation.entity)
    return RelationFacts(
        identifier(relation.name),
        relation.description,
        identifier(other.table),
        model_alias(other.module),
        None if relation.index is None else identifier(relation.index),
        tuple(
            (identifier(column), identifier(field))
            for column, field in zip(relation.columns, relation.own, strict=True)
        ),
        relation.is_list,
        relation.limit,
        relation.is_descending,
    )


def related_models(entity: Entity, system: System) -> tuple[ModelFacts, ...]:
    """The modules of others that documents may come with, each once."""
    modules = {system.entity(relation.entity).module for relation in entity.relations}
    others = sorted(modules - {entity.module})
    return tuple(ModelFacts(identifier(module), model_alias(module)) for module in others)
