"""Facts of the functions for users: what the rules of an entity ask, and what its queries read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.fields import FieldFacts, compared_fields, field_of, names_of
from convexgen.facts.convex.modules import generated_folder, model_alias
from convexgen.facts.convex.queries import QueryFacts, query_facts
from convexgen.facts.convex.validators import shapes_in_all
from convexgen.facts.convex.writing import update_facts
from convexgen.facts.typescript_text import literal
from convexgen.model.access import AccessRules, Alternative, Policy
from convexgen.model.arguments import search_arguments
from convexgen.model.entities import Entity, Query, SearchIndex, Variant
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import Int64Type
from convexgen.model.visible import (
    counted_apart,
    derives_when_created,
    has_list,
    may_be_given,
    needed_when_created,
    restricted_fields,
    visible_counts,
    visible_queries,
    visible_searches,
)
from convexgen.naming import camel_case


@dataclass(frozen=True, slots=True)
class AlternativeFacts:
    """What has to hold together."""

    is_signed_in: bool
    owner: Code | None
    """The field that has to be the subject."""
    tenant: Code | None
    roles: tuple[str, ...]
    where: tuple[tuple[Code, Code], ...]
    """Fields with the literals that they have to be."""

    @property
    def is_free(self) -> bool:
        """Whether nothing has to hold."""
        return not (self.is_signed_in or self.owner or self.tenant or self.roles or self.where)


@dataclass(frozen=True, slots=True)
class RestrictedFacts:
    """A field that not everybody sees who sees the document."""

    name: Code
    policy: tuple[AlternativeFacts, ...]


@dataclass(frozen=True, slots=True)
class ShapeFacts:
    """One of the shapes that documents have."""

    restricted: tuple[Code, ...]
    """Those of its fields that not everybody sees."""


@dataclass(frozen=True, slots=True)
class FilledFacts:
    """A field that the identity fills."""

    name: Code
    is_tenant: bool


@dataclass(frozen=True, slots=True)
class BoundFacts:
    """A field that a query compares, as the function for users gets it."""

    field: FieldFacts
    filled: FilledFacts | None
    """None where the caller says what it is."""
    is_given: bool
    """Whether the caller says, or may say, what it is."""
    is_judged: bool
    """Whether the rules of reading compare it."""


@dataclass(frozen=True, slots=True)
class VisibleQueryFacts:
    """A query for users."""

    query: QueryFacts
    bound: tuple[BoundFacts, ...]
    counted: tuple[BoundFacts, ...] | None
    """The same for its counts, which are asked for what is counted apart; None without any."""


@dataclass(frozen=True, slots=True)
class VisibleSearchFacts:
    """A search of text for users."""

    function: Code
    index: Code
    field: Code
    bound: tuple[BoundFacts, ...]


@dataclass(frozen=True, slots=True)
class ViewerFacts:
    """What the template of the functions for users loops over and asks."""

    name: str
    table: Code
    argument: Code
    generated_below: str
    file: Code
    model: Code
    has_key: bool
    given_key: tuple[FieldFacts, ...]
    """The fields of the key that a caller gives."""
    key: tuple[Code, ...]
    filled: tuple[FilledFacts, ...]
    filled_key: tuple[FilledFacts, ...]
    """Those in the key."""
    filled_changes: tuple[Code, ...]
    """Those that an update could change if the caller were not a user."""
    defaults: tuple[tuple[Code, Code], ...]
    """What the rules compare, or what follows from it, of one that is to be, if left out."""
    derives: bool
    """Whether they compare what follows from that."""
    read: tuple[AlternativeFacts, ...]
    create: tuple[AlternativeFacts, ...]
    update: tuple[AlternativeFacts, ...]
    delete: tuple[AlternativeFacts, ...]
    restricted: tuple[RestrictedFacts, ...]
    shapes_of_documents: tuple[ShapeFacts, ...]
    """None where all documents have one."""
    is_large: bool
    """Whether values may lie outside of the document."""
    has_rows: bool
    """Whether entries of records are documents of a table of their own."""
    counts: bool
    """Whether the system counts what mutations write."""
    has_update: bool
    removes: bool
    """Whether an update may make fields absent."""
    increments: bool
    expects_absent: bool
    cascades: bool
    has_list: bool
    queries: tuple[VisibleQueryFacts, ...]
    searches: tuple[VisibleSearchFacts, ...]
    shapes: tuple[Code, ...]
    """The validators of `schema.ts` that the module names."""


@dataclass(frozen=True, slots=True)
class MembersFacts:
    """The table that says what users are members of."""

    table: Code
    index: Code
    field: Code
    tenant: Code | None
    roles: Code | None


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What `lib/viewer.ts` says."""

    generated: str
    subject: str
    tenant: str | None
    """A claim; None where there is none, or members have it."""
    roles: str | None
    members: MembersFacts | None
    has_tenant: bool
    """Whether an entity has documents of tenants."""
    has_shapes: bool
    """Whether documents of an entity have several shapes."""


def identity_facts(system: System) -> IdentityFacts | None:
    """The facts of where it stands who calls; None where no entity has rules."""
    ruled = [entity for entity in system.entities if entity.has_user_functions]
    if not ruled:
        return None
    identity = system.identity
    members = identity.members
    return IdentityFacts(
        generated_folder(system.convex, below=1),
        identity.subject,
        identity.tenant if members is None else None,
        identity.roles if members is None else None,
        None if members is None else _members(system),
        has_tenant=any(one.rules is not None and one.rules.tenant is not None for one in ruled),
        has_shapes=any(one.variants for one in ruled),
    )


def _members(system: System) -> MembersFacts:
    identity = system.identity
    assert identity.members is not None
    entity = system.entity(identity.members.entity)
    field = identity.members.field
    index = next(one for one in entity.indexes if one.fields[0] == field)
    return MembersFacts(
        identifier(entity.table),
        identifier(index.name),
        identifier(entity.field(field).index_column),
        None if identity.tenant is None else identifier(identity.tenant),
        None if identity.roles is None else identifier(identity.roles),
    )


def viewer_facts(entity: Entity, system: System) -> ViewerFacts:
    """The facts of the functions for users of an entity that has rules."""
    rules = entity.rules
    assert rules is not None
    filled = {name: FilledFacts(identifier(name), name == rules.tenant) for name in rules.filled}
    update = update_facts(entity, (), system)
    counted = visible_counts(entity)
    queries = tuple(
        _query(query, entity, filled, system, has_counts=query in counted)
        for query in visible_queries(entity)
    )
    searches = tuple(_search(index, entity, filled, system) for index in visible_searches(entity))
    given_key = [name for name in entity.key if name not in filled]
    given = [
        *given_key,
        *(name for one in visible_queries(entity) for name in one.compared),
        *(name for one in visible_searches(entity) for name in one.filters),
    ]
    needed = needed_when_created(entity)
    return ViewerFacts(
        name=entity.name,
        table=identifier(entity.table),
        argument=identifier(camel_case(entity.name)),
        generated_below=generated_folder(system.convex, below=1),
        file=identifier(entity.module),
        model=model_alias(entity.module),
        has_key=entity.has_key,
        given_key=tuple(field_of(name, entity, system) for name in given_key),
        key=names_of(entity.key),
        filled=tuple(filled.values()),
        filled_key=tuple(one for name, one in filled.items() if name in entity.key),
        filled_changes=()
        if update is None
        else names_of(name for name in filled if name not in update.fixed),
        defaults=tuple(
            (identifier(field.name), _literal(entity, field.name, field.default.value))
            for field in entity.fields
            if field.name in needed and field.default is not None
        ),
        derives=derives_when_created(entity),
        read=_policy(rules.read, entity),
        create=_policy(rules.create, entity),
        update=_policy(rules.update, entity),
        delete=_policy(rules.delete, entity),
        restricted=_restricted(entity),
        shapes_of_documents=tuple(_shape(one, entity) for one in entity.variants),
        is_large=bool(entity.large_fields),
        has_rows=bool(entity.row_fields),
        counts=system.counted,
        has_update=update is not None,
        removes=any(one.optional for one in entity.changeable_fields),
        increments=update is not None and bool(update.increments),
        expects_absent=any(one.optional for one in entity.fields),
        cascades=system.has_cascade(entity),
        has_list=has_list(entity),
        queries=queries,
        searches=searches,
        shapes=tuple(sorted(shapes_in_all(entity.field(name).type for name in given))),
    )


def _restricted(entity: Entity) -> tuple[RestrictedFacts, ...]:
    return tuple(
        RestrictedFacts(identifier(field.name), _policy(field.access or (), entity))
        for field in restricted_fields(entity)
    )


def _shape(variant: Variant, entity: Entity) -> ShapeFacts:
    fields = (*entity.shared_fields, *variant.fields)
    return ShapeFacts(names_of(field.name for field in fields if field.access is not None))


def _query(
    query: Query,
    entity: Entity,
    filled: dict[str, FilledFacts],
    system: System,
    *,
    has_counts: bool,
) -> VisibleQueryFacts:
    assert entity.rules is not None
    facts = query_facts(query, entity, system)
    bound = _bound(facts.equal, query.equal, filled, entity.rules)
    if not has_counts:
        return VisibleQueryFacts(facts, bound, None)
    apart = counted_apart(query, entity)
    counted = tuple(
        replace(one, is_judged=one.is_judged and name in apart)
        for one, name in zip(bound, query.equal, strict=True)
    )
    return VisibleQueryFacts(facts, bound, counted)


def _search(
    index: SearchIndex, entity: Entity, filled: dict[str, FilledFacts], system: System
) -> VisibleSearchFacts:
    assert entity.rules is not None
    fields = compared_fields(search_arguments(index, entity), index.filters, entity, system)
    return VisibleSearchFacts(
        identifier(index.function),
        identifier(index.name),
        column(index.field),
        _bound(fields, index.filters, filled, entity.rules),
    )


def _bound(
    fields: Iterable[FieldFacts],
    names: Collection[str],
    filled: dict[str, FilledFacts],
    rules: AccessRules,
) -> tuple[BoundFacts, ...]:
    judged = {name for one in rules.read for name in rules.compared(one)}
    return tuple(
        BoundFacts(
            field,
            filled.get(name),
            is_given=may_be_given(name, names, rules),
            is_judged=name in judged,
        )
        for field, name in zip(fields, names, strict=True)
    )


def _policy(policy: Policy, entity: Entity) -> tuple[AlternativeFacts, ...]:
    return tuple(_alternative(one, entity) for one in policy)


def _alternative(one: Alternative, entity: Entity) -> AlternativeFacts:
    rules = entity.rules
    owner = rules.owner if rules is not None and one.is_owner else None
    tenant = rules.tenant if rules is not None and one.is_member else None
    return AlternativeFacts(
        is_signed_in=one.is_signed_in,
        owner=None if owner is None else identifier(owner),
        tenant=None if tenant is None else identifier(tenant),
        roles=one.roles,
        where=tuple((identifier(name), _literal(entity, name, value)) for name, value in one.where),
    )


def _literal(entity: Entity, name: str, value: object) -> Code:
    return literal(value, bigint=isinstance(bare(entity.field(name).type), Int64Type))
