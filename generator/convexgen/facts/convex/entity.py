"""The facts of the module of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import System
from convexgen.model.visible import derives_when_created
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
    functions: StandardFunctions
    is_written: bool
    """Whether the module in `model/` has functions that write."""
    is_for_users: bool
    """Whether there are functions for users, asked about before a document is made whole."""
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
    derives_for_rules: bool
    """Whether the functions for users derive them first, for rules that compare them."""
    rows: tuple[EntriesFacts, ...]
    """The records whose entries are documents of tables of their own."""
    check: Expression | None
    queries: tuple[QueryFacts, ...]
    searches: tuple[SearchFacts, ...]
    vectors: tuple[NearestFacts, ...]
    writing: WritingFacts
    update: UpdateFacts | None
    unique: tuple[UniqueFacts, ...]
    getters: tuple[UniqueFacts, ...]
    """Those of which the module has a query of the one that has some values."""
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
    names_values: bool
    """Whether the module names `v`."""
    model_names_values: bool
    """Whether the one in `model/` does."""
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
    is_written = entity.is_written
    parents = depending(entity) if is_written else []
    touched = touching(entity) if is_written else []
    targets = checked(entity) if is_written else []
    children = tuple(
        child_facts(child, by, entity)
        for child, by in system.concerned_by_deletion(entity)
        if is_written
    )
    queries = tuple(query_facts(query, entity, system) for query in entity.query_functions)
    searches = tuple(search_facts(index, entity, system) for index in entity.search_functions)
    vectors = tuple(nearest_facts(index, entity, system) for index in entity.vector_functions)
    equal = [field for query in queries if query.where is None for field in query.equal]
    compared = [field for field in equal if not field.is_last]
    compared += [field for search in searches for field in search.filters]
    compares_absent = any(field.may_lack for field in compared)
    unique = tuple(
        unique_facts(one, entity, system)
        for one in entity.unique
        if is_written or one.function is not None
    )
    writing = writing_facts(entity, system)
    variants = tuple(variant_facts(variant, entity, system) for variant in entity.variants)
    rows = entries_facts(entity, system)
    relations = entity.relations if entity.functions.read else ()
    handles_any_field = (
        is_written
        and bool(entity.variants)
        and bool(
            entity.changeable_fields or unique or touched or targets or writing.completes_by_variant
        )
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
        functions=entity.functions,
        is_written=is_written,
        is_for_users=entity.has_user_functions,
        is_large=bool(entity.large_fields),
        key=fields_of(entity.key, entity, system),
        has_key=entity.has_key,
        key_index=key_index(entity),
        fields=fields_of((field.name for field in entity.fields), entity, system),
        optional_fields=names_of(field.name for field in entity.fields if field.optional),
        removable_fields=names_of(one.name for one in entity.changeable_fields if one.optional),
        derived=derived_facts(entity, system) if is_written else (),
        derives_for_rules=derives_when_created(entity),
        rows=rows,
        check=entity_check(entity, system) if is_written else None,
        queries=queries,
        searches=searches,
        vectors=vectors,
        writing=writing,
        update=update_facts(entity, unique, system) if is_written else None,
        unique=unique,
        getters=tuple(one for one in unique if one.getter and entity.functions.queries),
        tag=identifier(entity.tag) if entity.tag is not None else None,
        variants=variants,
        children=children,
        child_models=child_models(children),
        parents=tuple(parent_facts(link, entity, system) for link in parents),
        targets=tuple(target_facts(link, entity, system) for link in targets),
        touches=tuple(touch_facts(link, entity, system) for link in touched),
        set_anew=names_of((*entity.set_by_backend, *_times_of_writes(entity))),
        relations=tuple(relation_facts(one, system) for one in relations),
        related_models=related_models(entity, system) if relations else (),
        shapes=tuple(sorted(_shapes(entity))),
        model_shapes=tuple(sorted(_model_shapes(entity, system, all_fields=handles_any_field))),
        handles_any_field=handles_any_field,
        names_any_field=handles_any_field and _names_any_field(entity),
        names_ids=entity.has_key
        or (is_written and bool(unique))
        or (is_written and any(name.startswith("Id<") for name in value_types(entity, system))),
        names_values=_names_values(entity, queries, is_related=bool(relations)),
        model_names_values=is_written
        or any(map(_is_made, _read_validators(entity, unique, writing, variants, rows, system))),
        compares_last=any(field.is_last for field in equal),
        compares_absent=compares_absent,
        seeks_absent=compares_absent
        or any(field.may_lack for query in queries for field in query.equal)
        or any(field.may_lack for nearest in vectors for field in nearest.filters),
        counts=system.counted,
        is_counted=bool(entity.counted_indexes) and is_written,
    )


def _names_values(entity: Entity, queries: Sequence[QueryFacts], *, is_related: bool) -> bool:
    """Whether the module makes validators, besides those that others have made."""
    has = entity.functions
    creates_many = has.create and not entity.has_key
    if has.get or has.save or has.delete or creates_many or is_related:
        return True
    if has.update and (entity.changeable_fields or entity.row_fields):
        return True
    if has.queries and any(one.function is not None for one in entity.unique):
        return True
    if entity.search_functions or entity.vector_functions:
        return True
    return any(
        query.where is not None
        or query.windows is not None
        or query.counts is not None
        or any(map(_is_made, (one.validator for one in query.equal)))
        or (query.range is not None and _is_made(query.range.validator))
        for query in queries
    )


def _read_validators(
    entity: Entity,
    unique: Sequence[UniqueFacts],
    writing: WritingFacts,
    variants: Sequence[VariantFacts],
    rows: Sequence[EntriesFacts],
    system: System,
) -> Iterator[Code]:
    """The validators that the module in `model/` names where it reads alone."""
    yield from (one.validator for one in fields_of(entity.key, entity, system))
    for one in unique:
        if one.getter is not None:
            yield from (made for _, made in one.getter.validators)
    # The input of an entity of variants is a union.
    inputs = [one.input for one in variants] if variants else [writing.input]
    if variants and writing.differs:
        yield Code("v.union")
    yield from (made for one in inputs for _, made in one.properties)
    yield from (one.record for one in rows)


def _is_made(validator: Code) -> bool:
    """Whether a validator is made in place, as opposed to one of `schema.ts`."""
    return validator.startswith("v.")


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
    filters = [index.filters for index in entity.search_functions]
    filters += [index.filters for index in entity.vector_functions]
    names = [
        *(name for query in entity.query_functions for name in query.equal),
        *(query.range for query in entity.query_functions if query.range is not None),
        *(
            condition.field
            for query in entity.query_functions
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
        if (field.derived is not None and entity.is_written) or field.rows or is_chunked(field)
    ]
    if not entity.is_written:
        return shapes_in_all(types)
    # The keys of others that are enums are named by their validators.
    types += [
        entity.field(name).type
        for link in (*depending(entity), *touching(entity))
        for name in link.fields
        if "typeof" in key_type(entity.field(name).type, system)
    ]
    return shapes_in_all(types)
