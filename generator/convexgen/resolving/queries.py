"""Indexes and queries of an entity: those declared, those implied, and which serves which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Direction, Entity, Index, Query, Unique, Windows
from convexgen.model.fields import EntityField, Link
from convexgen.model.filters import Condition
from convexgen.model.types import Int64Type, IntegerType, NumberType, TimestampType
from convexgen.naming import index_function, index_name, unique_function
from convexgen.reserved import free_function
from convexgen.resolving.filters import BY_CREATION, resolve_conditions, resolve_filter
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean, meant_or_listed
from convexgen.spec.surface.entities import EntitySpec, QuerySpec

_RANGE_TYPES = (TimestampType, NumberType, IntegerType, Int64Type)


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes of an entity, the one of its key and those of what is unique."""

    all: tuple[Index, ...]
    key_index: str | None
    """None where there is no key."""
    unique: tuple[Unique, ...]


def resolve_indexes(spec: EntitySpec, links: Sequence[Link]) -> Indexes:
    """The declared indexes, then what the key, unique fields and deletions need besides."""
    indexes = [
        Index(name, tuple(one.fields), counted=bool(one.counted), renamed_from=one.renamed_from)
        for name, one in spec.indexes.items()
        if not one.staged
    ]
    key_index = _serving_index(tuple(spec.key), indexes) if spec.key else None
    unique = tuple(
        Unique(tuple(names), _serving_index(tuple(names), indexes), _getter(names, spec))
        for names in spec.unique or ()
    )
    for link in links:
        if link.reference.on_delete is not None and not any(
            set(index.fields[: len(link.fields)]) == set(link.fields) for index in indexes
        ):
            indexes.append(Index(index_name(link.fields), link.fields, implicit=True))
    return Indexes(tuple(indexes), key_index, unique)


def resolve_staged_indexes(spec: EntitySpec) -> tuple[Index, ...]:
    """The declared indexes that serve nothing yet."""
    return tuple(
        Index(name, tuple(one.fields), renamed_from=one.renamed_from)
        for name, one in spec.indexes.items()
        if one.staged
    )


def _getter(names: Sequence[str], spec: EntitySpec) -> str | None:
    """The query of the one with some values: `getByEmail`, unless a declared one is called so."""
    name = free_function(unique_function(names))
    return None if name in spec.queries else name


def _serving_index(fields: tuple[str, ...], indexes: list[Index]) -> str:
    """The index that starts with the fields; where there is none it is added.

    One of just these fields beside a longer one would be redundant: @convex-dev/eslint-plugin,
    `no-duplicate-indexes`.
    """
    serving = [index for index in indexes if index.fields[: len(fields)] == fields]
    if serving:
        return min(serving, key=lambda index: len(index.fields)).name
    name = index_name(fields)
    indexes.append(Index(name, fields, implicit=True))
    return name


def resolve_queries(
    entity: str,
    spec: EntitySpec,
    fields: Sequence[EntityField],
    indexes: Indexes,
    report: Report,
) -> tuple[Query, ...]:
    """One query for each index that has one, but for those that declared ones replace, and these.

    A declared query replaces the one of its index where it compares the same fields.
    """
    types = {field.name: field.type for field in fields}
    declared: list[Query] = []
    for name, query in spec.queries.items():
        path: Path = ("entities", entity, "queries", name)
        resolved = _Declared(entity, query, path, tuple(types), report).resolve(name, indexes.all)
        if resolved is not None:
            declared.append(resolved)
    compared = {
        (query.index, query.equal, query.range) for query in declared if query.where is None
    }
    implicit = [
        _query_of(index, ranged=isinstance(types.get(index.fields[-1]), _RANGE_TYPES))
        for index in _queried(indexes, spec)
    ]
    return (
        *(one for one in implicit if (one.index, one.equal, one.range) not in compared),
        *declared,
    )


def resolve_query(
    entity: Entity, name: str, spec: QuerySpec, path: Path, report: Report
) -> Query | None:
    """One more query of an entity whose indexes are known; None if there is a problem."""
    fields = tuple(field.name for field in entity.comparable_fields)
    return _Declared(entity.name, spec, path, fields, report).resolve(name, entity.indexes)


def _queried(indexes: Indexes, spec: EntitySpec) -> Iterator[Index]:
    """Those with a query: declared ones and those of what is unique.

    `getById` serves the key; where that is left out, the index of the key has a query, too.
    """
    key = tuple(spec.key)
    is_got = spec.functions is None or "get" in spec.functions
    named = {one.index for one in indexes.unique}
    if not is_got and indexes.key_index is not None:
        named.add(indexes.key_index)
    for index in indexes.all:
        is_wanted = index.counted or index.fields != key or not is_got
        if is_wanted and (not index.implicit or index.name in named):
            yield index


def _is_counted(index: Index, equal: tuple[str, ...]) -> bool:
    """Whether there are counts: of an index of several fields, for a value of the first one."""
    return index.counted and (bool(equal) or len(index.fields) == 1)


def _query_of(index: Index, *, ranged: bool) -> Query:
    """The query that an index gives: its last field is compared with bounds, or for equality."""
    equal = index.fields[:-1] if ranged else index.fields
    return Query(
        free_function(index_function(index.name)),
        index.name,
        equal=equal,
        range=index.fields[-1] if ranged else None,
        implicit=True,
        counted=_is_counted(index, equal),
    )


class _Declared:
    """A declared query, on its way to an index."""

    def __init__(
        self, entity: str, spec: QuerySpec, path: Path, fields: tuple[str, ...], report: Report
    ) -> None:
        self._entity = entity
        self._spec = spec
        self._path = path
        self._fields = fields
        self._report = report

    def resolve(self, name: str, indexes: Sequence[Index]) -> Query | None:
        """The query with the index that serves it; None if there is a problem."""
        by = tuple(self._spec.by or ())
        order = self._order()
        known = self._check_fields(by)
        if order is None or not known or not self._check_repeats(by, order[0]):
            return None
        field, direction = order
        conditions = self._conditions(by)
        if conditions is None:
            return None
        index = BY_CREATION if not by and field is None else self._choose(by, field, indexes)
        if index is None:
            return None
        equal = index.fields[: len(by)]
        is_filtered = self._spec.where is not None
        return Query(
            name,
            index.name,
            equal=equal,
            range=None if is_filtered else field,
            order=direction,
            description=self._spec.description,
            counted=not is_filtered and _is_counted(index, equal),
            where=resolve_filter(conditions, equal, field, index, indexes) if is_filtered else None,
            windows=self._windows(by, index),
        )

    def _windows(self, by: tuple[str, ...], index: Index) -> Windows | None:
        spec = self._spec.windows
        if spec is None:
            return None
        path: Path = (*self._path, "windows")
        if self._spec.where is not None:
            self._report.error(
                "contradiction",
                "windows are of all that an index has, and conditions leave some of it out",
                path,
                part=Part.KEY,
                advice='remove "windows", or declare a query for them without "where"',
            )
        for place, field in enumerate(spec.across or ()):
            if field not in by:
                self._report.error(
                    "unknown-field",
                    f"the query does not compare {quoted(field)}",
                    (*path, "across", place),
                    advice=did_you_mean(field, by),
                )
        return Windows(tuple(spec.across or ()), index.fields[len(by) :])

    def _conditions(self, by: tuple[str, ...]) -> tuple[Condition, ...] | None:
        """Those of `where`, none where there is none; None if there is a problem."""
        path = (*self._path, "where")
        where = self._spec.where or ()
        return resolve_conditions(self._entity, where, by, self._fields, path, self._report)

    def _order(self) -> tuple[str | None, Direction] | None:
        """The field to order by, if one is named, and the direction."""
        path = (*self._path, "order")
        if self._spec.order is None:
            return None, Direction.ASCENDING
        words = self._spec.order.split()
        directions = {direction.value: direction for direction in Direction}
        match words:
            case [word] if word in directions:
                if self._spec.by is not None or self._spec.where is not None:
                    return None, directions[word]
                self._report.error(
                    "order-without-field",
                    "the query names no field",
                    path,
                    advice="name the field to order by, such as order: createdAt desc",
                )
                return None
            case [field]:
                direction = Direction.ASCENDING
            case [field, word] if word in directions:
                direction = directions[word]
            case [_, word]:
                self._report.word_error(
                    "unknown-value",
                    f"a direction cannot be {quoted(word)}",
                    path,
                    offset=self._spec.order.rindex(word),
                    length=len(word),
                    advice=meant_or_listed(word, directions),
                )
                return None
            case _:
                self._report.error(
                    "wrong-shape",
                    f"{quoted(self._spec.order)} is not an order",
                    path,
                    advice="write a field, a direction (asc, desc), or a field and a direction",
                )
                return None
        if field in self._fields:
            return field, direction
        self._report.word_error(
            "unknown-field",
            f"{self._entity} has no field {quoted(field)}",
            path,
            offset=self._spec.order.index(field),
            length=len(field),
            advice=did_you_mean(field, self._fields),
        )
        return None

    def _check_fields(self, by: tuple[str, ...]) -> bool:
        unknown = [(place, field) for place, field in enumerate(by) if field not in self._fields]
        for place, field in unknown:
            self._report.error(
                "unknown-field",
                f"{self._entity} has no field {quoted(field)}",
                (*self._path, "by", place),
                advice=did_you_mean(field, self._fields),
            )
        return not unknown

    def _check_repeats(self, by: tuple[str, ...], ordered: str | None) -> bool:
        for place, field in enumerate(by):
            if field in by[:place]:
                self._report.error(
                    "duplicate-field",
                    f"the field {quoted(field)} is there twice",
                    (*self._path, "by", place),
                    advice="remove it here",
                )
                return False
        if ordered is not None and ordered in by:
            self._report.error(
                "order-by-fixed-field",
                f"all results have the same {quoted(ordered)}, so they have no order by it",
                (*self._path, "order"),
                advice='remove it from "by" or from "order"',
            )
            return False
        return True

    def _choose(
        self, by: tuple[str, ...], ordered: str | None, indexes: Sequence[Index]
    ) -> Index | None:
        """The shortest index that serves the query.

        Of equals, it is one whose fields come in the order of the query, or else the first.
        """
        wanted = () if ordered is None else (ordered,)
        serving = [
            index
            for index in indexes
            if set(index.fields[: len(by)]) == set(by)
            and index.fields[len(by) : len(by) + len(wanted)] == wanted
        ]
        if serving:
            return min(serving, key=lambda one: (len(one.fields), one.fields[: len(by)] != by))
        if not self._report.has_unresolved((*self._path[:2], "indexes")):
            fields = (*by, *wanted)
            self._report.error(
                "no-index-for-query",
                f"no index of {self._entity} serves the query: it needs one that starts with "
                f"{', '.join(fields)}",
                self._path,
                part=Part.KEY,
                advice=f"add an index: {index_name(fields)}: [{', '.join(fields)}]",
            )
        return None
