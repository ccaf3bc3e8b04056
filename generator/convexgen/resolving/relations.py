"""What documents may come with, along the references of entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import DOCUMENT_ID, Direction, Entity
from convexgen.model.relations import Relation
from convexgen.model.system import System
from convexgen.model.types import ConstrainedType, IdType, ListType, RefType, Type
from convexgen.resolving.queries import resolve_query
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.spec.suggest import did_you_mean, entity_meant
from convexgen.spec.surface.entities import QuerySpec, RelationSpec
from convexgen.spec.surface.spec import Spec

_LIMIT = 100
"""How many of those that refer to a document come with it, unless said."""


def resolve_relations(spec: Spec, system: System, report: Report) -> System:
    """The system with what its documents may come with; what has a problem is left out."""
    relations = {
        entity.name: tuple(_relations(entity, spec, system, report)) for entity in system.entities
    }
    related = {
        relation.entity
        for name, found in relations.items()
        for relation in found
        if relation.entity != name
    }
    entities = tuple(
        replace(entity, relations=relations[entity.name], is_related=entity.name in related)
        for entity in system.entities
    )
    return replace(system, entities=entities)


def _relations(entity: Entity, spec: Spec, system: System, report: Report) -> Iterator[Relation]:
    for name, one in spec.entities[entity.name].related.items():
        path: Path = ("entities", entity.name, "related", name)
        if one.entity is None:
            relation = _forward(entity, name, one, path, system, report)
        elif one.entity not in spec.entities:
            relation = None
            report.error(
                "unknown-entity",
                f"there is no entity {quoted(one.entity)}",
                (*path, "entity"),
                advice=entity_meant(one.entity, spec.entities),
            )
        else:
            child = system.entity(one.entity)
            relation = _backward(entity, child, name, one, path, report)
        if relation is not None:
            yield replace(relation, description=one.description)


def _forward(
    entity: Entity, name: str, spec: RelationSpec, path: Path, system: System, report: Report
) -> Relation | None:
    """What a document refers to."""
    link = next((one for one in entity.composite_links if one.name == spec.by), None)
    if link is not None:
        target = system.entity(link.reference.entity)
        return Relation(name, target.name, link.fields, target.key_index, target.key)
    type_ = _type_of(spec.by, entity, path, report)
    inner = _bare(type_)
    is_list = isinstance(inner, ListType)
    match _bare(inner.element) if isinstance(inner, ListType) else inner:
        case IdType(other):
            return Relation(name, other, (spec.by,), None, (DOCUMENT_ID,), is_list)
        case RefType(other):
            target = system.entity(other)
            return Relation(name, other, (spec.by,), target.key_index, target.key, is_list)
        case None:
            return None
        case _:
            report.error(
                "related-entity",
                f"{quoted(spec.by)} refers to no entity",
                (*path, "by"),
                advice="name a field of a type ref<…> or id<…>, a list of these, or a reference "
                "under refs",
            )
            return None


def _backward(
    entity: Entity, child: Entity, name: str, spec: RelationSpec, path: Path, report: Report
) -> Relation | None:
    """What refers to a document."""
    link = next((one for one in child.composite_links if one.name == spec.by), None)
    other: str | None
    if link is not None:
        fields, other, own = link.fields, link.reference.entity, entity.key
    else:
        type_ = _bare(_type_of(spec.by, child, path, report))
        if type_ is None:
            return None
        other = type_.entity if isinstance(type_, IdType | RefType) else None
        fields, own = (spec.by,), ((DOCUMENT_ID,) if isinstance(type_, IdType) else entity.key)
    if other != entity.name:
        report.error(
            "related-entity",
            f"{quoted(spec.by)} of {child.name} does not refer to {entity.name}",
            (*path, "by"),
            advice=f"name a field of a type ref<{entity.name}> or id<{entity.name}>, or a "
            "reference under refs",
        )
        return None
    query = resolve_query(child, name, QuerySpec(by=list(fields), order=spec.order), path, report)
    if query is None:
        return None
    values = dict(zip(fields, own, strict=True))
    return Relation(
        name,
        child.name,
        tuple(values[field] for field in query.equal),
        query.index,
        tuple(child.field(field).index_column for field in query.equal),
        limit=spec.limit or _LIMIT,
        is_descending=query.order is Direction.DESCENDING,
    )


def _type_of(field: str, entity: Entity, path: Path, report: Report) -> Type | None:
    """The type of a field; None where there is none, or none that is known."""
    found = {one.name: one.type for one in entity.fields}
    if field not in found:
        known = [*found, *(link.name for link in entity.composite_links if link.name)]
        report.error(
            "unknown-field",
            f"{entity.name} has no field {quoted(field)}",
            (*path, "by"),
            advice=did_you_mean(field, known),
        )
        return None
    if report.has_unresolved(("entities", entity.name, "fields", field)):
        return None
    return found[field]


def _bare(type_: Type | None) -> Type | None:
    while isinstance(type_, ConstrainedType):
        type_ = type_.type
    return type_
