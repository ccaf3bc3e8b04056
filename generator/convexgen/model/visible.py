"""What users may call of an entity that has rules: what no function could keep apart is left out.

A query for users compares the fields of an index alone, so that rules are asked before anything is
read. Its answer is empty unless all that it could find may be read by who calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from convexgen.model.access import AccessRules, Alternative
from convexgen.model.entities import Entity, Query, SearchIndex
from convexgen.model.fields import EntityField


def restricted_fields(entity: Entity) -> tuple[EntityField, ...]:
    """The fields that not everybody sees who sees the document."""
    return tuple(field for field in entity.fields if field.access is not None)


def compared_when_created(entity: Entity) -> frozenset[str]:
    """The fields of one that is to be which rules compare: of creation, and of what it may have."""
    rules = entity.rules
    if rules is None or not rules.create:
        return frozenset()
    policies = (rules.create, *(one.access or () for one in restricted_fields(entity)))
    return frozenset(name for policy in policies for one in policy for name, _ in one.where)


def derives_when_created(entity: Entity) -> bool:
    """Whether some of these follow from others."""
    compared = compared_when_created(entity)
    return any(one.name in compared and one.derived is not None for one in entity.fields)


def needed_when_created(entity: Entity) -> frozenset[str]:
    """The fields that these are known by: with what derived ones follow from, of which all do."""
    compared = compared_when_created(entity)
    if not derives_when_created(entity):
        return compared
    return compared | {one.derived.field for one in entity.fields if one.derived is not None}


def visible_queries(entity: Entity) -> tuple[Query, ...]:
    """The queries that users may call.

    Not those with conditions, which compare after reading, and none whose index has a field that
    not everybody sees: what is found, and in which order, would tell its values.
    """
    if entity.rules is None or not entity.rules.read:
        return ()
    indexes = {index.name: index.fields for index in entity.indexes}
    return tuple(
        query
        for query in entity.queries
        if query.where is None and _is_open(indexes.get(query.index, ()), entity)
    )


def counted_apart(query: Query, entity: Entity) -> tuple[str, ...]:
    """The fields that a query compares and whose values have counts of their own.

    To count what has one of them takes as long as there are many of it, and no longer for others.
    """
    index = next(one for one in entity.indexes if one.name == query.index)
    return index.fields[:1] if query.equal and len(index.fields) > 1 else ()


def visible_counts(entity: Entity) -> tuple[Query, ...]:
    """The queries whose counts users may have: those of what a rule lets them read all of."""
    rules = entity.rules
    return tuple(
        query
        for query in visible_queries(entity)
        if query.counted
        and rules is not None
        and any(serves(counted_apart(query, entity), one, rules) for one in rules.read)
    )


def _is_open(names: Iterable[str], entity: Entity) -> bool:
    """Whether everybody sees the fields of some names, or those that paths begin with."""
    hidden = {field.name for field in restricted_fields(entity)}
    return hidden.isdisjoint(name.partition(".")[0] for name in names)


def visible_searches(entity: Entity) -> tuple[SearchIndex, ...]:
    """The searches of text that users may call: those that can be narrowed to what they may read.

    None searches a field that not everybody sees, or filters by one.
    """
    rules = entity.rules
    if rules is None:
        return ()
    return tuple(
        index
        for index in entity.search_indexes
        if _is_open((index.field, *index.filters), entity)
        and any(set(rules.compared(one)) <= set(index.filters) for one in rules.read)
    )


def has_open_index(entity: Entity, fields: Collection[str]) -> bool:
    """Whether an index that users' queries may be over starts with some fields, in any order."""
    return any(
        set(index.fields[: len(fields)]) == set(fields) and _is_open(index.fields, entity)
        for index in entity.indexes
    )


def has_list(entity: Entity) -> bool:
    """Whether some users may read all documents, so that there is a list of them."""
    rules = entity.rules
    return rules is not None and any(not rules.compared(one) for one in rules.read)


def serves(equal: Iterable[str], alternative: Alternative, rules: AccessRules) -> bool:
    """Whether what is read for some values of fields can be just what an alternative allows."""
    return set(rules.compared(alternative)) <= set(equal)


def may_be_given(name: str, equal: Iterable[str], rules: AccessRules) -> bool:
    """Whether a caller says which value of a field is compared, beside those of other fields.

    Not of one that the identity fills, unless a rule lets somebody read those of others.
    """
    if name not in rules.filled:
        return True
    others = [one for one in equal if one != name]
    return any(serves(others, one, rules) for one in rules.read)
