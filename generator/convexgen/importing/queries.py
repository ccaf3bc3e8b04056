"""Queries of indexes that would be called as others of their table, with names of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convexgen.importing.exported import ExportedIndex, ExportedTable, field_at, members
from convexgen.importing.types import Said
from convexgen.naming import (
    index_function,
    nearest_function,
    python_method,
    query_method,
    unique_function,
)
from convexgen.reserved import free_function

_NUMBERS = frozenset({"bigint", "number"})


@dataclass(frozen=True, slots=True)
class OwnQueries:
    """Queries with names of their own."""

    declared: Mapping[str, Said]
    """Those in place of what database indexes give."""
    searches: Mapping[str, str]
    """What those of search and vector indexes are called, by these."""


def queries_of(
    table: ExportedTable,
    key: tuple[str, ...],
    unique: Sequence[tuple[str, ...]],
    last: Mapping[str, str],
) -> OwnQueries:
    """The queries whose names are taken where they follow from those of their indexes.

    What is unique has no other name, so that these come first, and searches have a name of their
    own rather than a query that is declared in place of them.
    """
    names = _Names()
    for fields in unique:
        name = unique_function(fields)
        names.claim(name, python_method(name))
    searches: list[tuple[str, ExportedIndex]] = []
    for function_of, indexes in (
        (index_function, table.search_indexes),
        (nearest_function, table.vector_indexes),
    ):
        for index in indexes:
            name = free_function(function_of(index.name))
            if not index.staged and not names.claim(name, python_method(name)):
                searches.append((name, index))
    nameless: list[tuple[str, ExportedIndex]] = []
    for index in table.indexes:
        name = free_function(index_function(index.name))
        is_queried = not index.staged and index.fields != key
        if is_queried and not names.claim(name, query_method(name)):
            nameless.append((name, index))
    return OwnQueries(
        {names.numbered(name): _query(table, index, last) for name, index in nameless},
        {index.name: names.numbered(name) for name, index in searches},
    )


class _Names:
    """What the functions of a table and the methods of its store are called."""

    def __init__(self) -> None:
        self._functions: set[str] = set()
        self._methods: set[str] = set()

    def claim(self, function: str, method: str) -> bool:
        """Whether both names were free; now they are taken."""
        if function in self._functions or method in self._methods:
            return False
        self._functions.add(function)
        self._methods.add(method)
        return True

    def numbered(self, function: str) -> str:
        """The name with the first number that makes it free."""
        number = 2
        while not self.claim(f"{function}{number}", query_method(f"{function}{number}")):
            number += 1
        return f"{function}{number}"


def _query(table: ExportedTable, index: ExportedIndex, last: Mapping[str, str]) -> Said:
    """What the query of an index compares: its last field with bounds, where that is a number."""
    fields = [last.get(name, name) for name in index.fields]
    is_ranged = _is_number(table, fields[-1])
    compared: list[Said] = [*(fields[:-1] if is_ranged else fields)]
    query: dict[str, Said] = {}
    if compared:
        query["by"] = compared[0] if len(compared) == 1 else compared
    if is_ranged:
        query["order"] = fields[-1]
    return query


def _is_number(table: ExportedTable, name: str) -> bool:
    kinds = {
        member["type"]
        for validator, _ in field_at(table.document, name)
        for member in members(validator)
    } - {"null"}
    return len(kinds) == 1 and kinds <= _NUMBERS
