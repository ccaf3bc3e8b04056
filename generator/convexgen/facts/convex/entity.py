"""The facts of the module of an entity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.facts.checks import entity_check
from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.derived import DerivedFacts, derived_facts
from convexgen.facts.convex.fields import (
    FieldFacts,
    defaulted,
    fields_of,
    names_of,
    own_fields,
    set_by,
)
from convexgen.facts.convex.modules import api_module, generated_folder, model_alias, registrar
from convexgen.facts.convex.queries import (
    NearestFacts,
    QueryFacts,
    SearchFacts,
    nearest_facts,
    query_facts,
    search_facts,
)
from convexgen.facts.convex.references import (
    ChildFacts,
    ModelFacts,
    ParentFacts,
    TargetFacts,
    TouchFacts,
    checked,
    child_facts,
    child_models,
    depending,
    key_index,
    parent_facts,
    target_facts,
    touch_facts,
    touching,
    value_types,
)
from convexgen.facts.convex.relations import RelationFacts, related_models, relation_facts
from convexgen.facts.convex.rows import EntriesFacts, entries_facts
from convexgen.facts.convex.validators import is_chunked, key_type, shapes_in_all
from convexgen.facts.convex.writing import (
    UniqueFacts,
    UpdateFacts,
    VariantFacts,
    WritingFacts,
    unique_facts,
    update_facts,
    variant_facts,
    writing_facts,
)
from convexgen.facts.expressions import Expression
from convexgen.model.entities import Entity, Visibility
from convexgen.model.fields import Merge, Setter
from convexgen.model.system import System
from convexgen.naming import camel_case


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What the template of the module of an entity loops over and asks."""

    name: Code
    table: Code
    argument: Code
    """What its functions call a document that they are given."""
    generated: str
    """The folder `_generated/`, as the module finds it."""
    generated_below: str
    """The same folder, as the module in `model/` finds it."""
    file: Code
    """What the module and the one in `model/` are called."""
    model: Code
    """What the module calls the one in `model/`."""
    module: Code
    """The module in the types of the API."""
    query: Code
    mutation: Code
    action: Code
    reads_publicly: bool
    writes_publicly: bool
    is_large: bool
    """Whether values may lie in chunks: what is read is made whole, what is written is split."""
    key: tuple[FieldFacts, ...]
    has_key: bool
    """Whether fields tell documents apart, not their IDs alone."""
    key_index: Code | None
    fields: tuple[FieldFacts, ...]
    optional_fields: tuple[Code, ...]
    removable_fields: tuple[Code, ...]
    """Those that an update may make absent."""
    derived: tuple[DerivedFacts, ...]
    rows: tuple[EntriesFacts, ...]
    """The records whose entries are documents of tables of their own."""
    check: Expression | None
    queries: tuple[QueryFacts, ...]
    searches: tuple[SearchFacts, ...]
    vectors: tuple[NearestFacts, ...]
    writing: WritingFacts
    update: UpdateFacts | None
    unique: tuple[UniqueFacts, ...]
    tag: Code | None
    variants: tuple[VariantFacts, ...]
    children: tuple[ChildFacts, ...]
    child_models: tuple[ModelFacts, ...]
    parents: tuple[ParentFacts, ...]
    targets: tuple[TargetFacts, ...]
    touches: tuple[TouchFacts, ...]
    set_anew: tuple[Code, ...]
    """What each write sets, and a copy has not of what it is of."""
    relations: tuple[RelationFacts, ...]
    related_models: tuple[ModelFacts, ...]
    """The modules of others that its documents may come with."""
    shapes: tuple[Code, ...]
    """The validators of `schema.ts` that the module names."""
    model_shapes: tuple[Code, ...]
    """Those that the module in `model/` names."""
    handles_any_field: bool
    """Whether there are variants, and functions that handle fields of all of them."""
    names_any_field: bool
    """Whether something has fields of all variants for its type."""
    names_ids: bool
    compares_last: bool
    """Whether a query does so where indexes have documents without the field last."""
    compares_absent: bool
    """Whether a query or a search of text finds documents by fields that some lack."""
    seeks_absent: bool
    """As `compares_absent`, or whether a search of vectors does."""
    counts: bool
    """Whether the system counts what mutations write."""
    is_counted: bool
    """Whether documents of the table are counted."""


def entity_facts(entity: Entity, system: System) -> EntityFacts:
    """The facts of the module of an entity."""
    access = entity.access
    parents, touched = depending(entity), touching(entity)
    children = tuple(
        child_facts(child, by, entity) for child, by in system.concerned_by_deletion(entity)
    )
    queries = tuple(query_facts(query, entity, system) for query in entity.queries)
    searches = tuple(search_facts(index, entity, system) for index in entity.search_indexes)
    vectors = tuple(nearest_facts(index, entity, system) for index in entity.vector_indexes)
    equal = [field for query in queries if query.where is None for field in query.equal]
    compared = [field for field in equal if not field.is_last]
    compared += [field for search in searches for field in search.filters]
    compares_absent = any(field.may_lack for field in compared)
    unique = tuple(unique_facts(one, entity, system) for one in entity.unique)
    writing = writing_facts(entity, system)
    handles_any_field = bool(entity.variants) and bool(
        entity.changeable_fields
        or unique
        or touched
        or checked(entity)
        or writing.completes_by_variant
    )
    return EntityFacts(
        name=identifier(entity.name),
        table=identifier(entity.table),
        argument=identifier(camel_case(entity.name)),
        generated=generated_folder(system.convex),
        generated_below=generated_folder(system.convex, below=1),
        file=identifier(entity.module),
        model=model_alias(entity.module),
        module=api_module(system.convex, entity.module),
        query=registrar("query", access.read),
        mutation=registrar("mutation", access.write),
        action=registrar("action", access.read),
        reads_publicly=access.read is Visibility.PUBLIC,
        writes_publicly=access.write is Visibility.PUBLIC,
        is_large=bool(entity.large_fields),
        key=fields_of(entity.key, entity, system),
        has_key=entity.has_key,
        key_index=key_index(entity),
        fields=fields_of((field.name for field in entity.fields), entity, system),
        optional_fields=names_of(field.name for field in entity.fields if field.optional),
        removable_fields=names_of(one.name for one in entity.changeable_fields if one.optional),
        derived=derived_facts(entity, system),
        rows=entries_facts(entity, system),
        check=entity_check(entity, system),
        queries=queries,
        searches=searches,
        vectors=vectors,
        writing=writing,
        update=update_facts(entity, unique, system),
        unique=unique,
        tag=identifier(entity.tag) if entity.tag is not None else None,
        variants=tuple(variant_facts(variant, entity, system) for variant in entity.variants),
        children=children,
        child_models=child_models(children),
        parents=tuple(parent_facts(link, entity, system) for link in parents),
        targets=tuple(target_facts(link, entity, system) for link in checked(entity)),
        touches=tuple(touch_facts(link, entity, system) for link in touched),
        set_anew=names_of((*entity.set_by_backend, *_times_of_writes(entity))),
        relations=tuple(relation_facts(one, system) for one in entity.relations),
        related_models=related_models(entity, system),
        shapes=tuple(sorted(_shapes(entity))),
        model_shapes=tuple(sorted(_model_shapes(entity, system, all_fields=handles_any_field))),
        handles_any_field=handles_any_field,
        names_any_field=handles_any_field and _names_any_field(entity),
        names_ids=entity.has_key
        or bool(unique)
        or any(name.startswith("Id<") for name in value_types(entity, system)),
        compares_last=any(field.is_last for field in equal),
        compares_absent=compares_absent,
        seeks_absent=compares_absent
        or any(field.may_lack for query in queries for field in query.equal)
        or any(field.may_lack for nearest in vectors for field in nearest.filters),
        counts=system.counted,
        is_counted=bool(entity.counted_indexes),
    )


def _times_of_writes(entity: Entity) -> Iterable[str]:
    """Those that a caller may give."""
    given = Setter.ON_WRITE_UNLESS_GIVEN
    return (field.name for field in entity.fields if field.setter is given)


def _names_any_field(entity: Entity) -> bool:
    return bool(
        entity.unique
        or touching(entity)
        or checked(entity)
        or any(field.merge is not Merge.REPLACE for field in entity.changeable_fields)
        or set_by(own_fields(entity), *Setter)
    )


def _shapes(entity: Entity) -> Iterable[Code]:
    filters = [index.filters for index in entity.search_indexes]
    filters += [index.filters for index in entity.vector_indexes]
    names = [
        *(name for query in entity.queries for name in query.equal),
        *(query.range for query in entity.queries if query.range is not None),
        *(
            condition.field
            for query in entity.queries
            if query.where is not None
            for condition in query.where.conditions
            if not condition.paths
        ),
        *(name for fields in filters for name in fields),
    ]
    return shapes_in_all(entity.field(name).type for name in names)


def _model_shapes(entity: Entity, system: System, *, all_fields: bool) -> Iterable[Code]:
    names = entity.key if not all_fields else (field.name for field in entity.fields)
    types = [entity.field(name).type for name in names]
    types += [
        entity.field(name).type
        for one in entity.unique
        if one.function is not None
        for name in one.fields
    ]
    fields = (*entity.shared_fields, *own_fields(entity))
    types += [field.type for field in defaulted(fields)]
    types += [
        field.type
        for field in fields
        if field.derived is not None or field.rows or is_chunked(field)
    ]
    # The keys of others that are enums are named by their validators.
    types += [
        entity.field(name).type
        for link in (*depending(entity), *touching(entity))
        for name in link.fields
        if "typeof" in key_type(entity.field(name).type, system)
    ]
    return shapes_in_all(types)
