"""How two schemas differ: tables, documents, and names and fields of indexes.

The order of tables, of indexes and of members of unions says nothing, nor do unions in unions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from convexgen.importing.exported import (
    ExportedIndex,
    ExportedSchema,
    ExportedTable,
    Validator,
    canonical,
    members,
)
from convexgen.importing.project import OWN_TABLES


def added_tables(wanted: ExportedSchema, given: ExportedSchema) -> Iterator[str]:
    """The tables that the tool adds for itself and that were not wanted, a line each."""
    there = {table.name for table in wanted.tables}
    for table in given.tables:
        if table.name in OWN_TABLES - there:
            yield f"{table.name}: the table is new"


def differences(wanted: ExportedSchema, given: ExportedSchema) -> Iterator[str]:
    """What is given and was not wanted, and what is wanted and not given, a line each.

    The tables that the tool adds for itself are no difference.
    """
    ours, theirs = _by_name(given), _by_name(wanted)
    for name in sorted({*ours, *theirs}):
        if name not in ours:
            yield f"{name}: the table is not there"
        elif name not in theirs:
            yield f"{name}: the table is new"
        else:
            yield from (f"{name}: {one}" for one in table_differences(theirs[name], ours[name]))
    if wanted.validates != given.validates:
        yield f"schemaValidation is {str(given.validates).lower()}"


def _by_name(schema: ExportedSchema) -> dict[str, ExportedTable]:
    return {table.name: table for table in schema.tables if table.name not in OWN_TABLES}


def table_differences(wanted: ExportedTable, given: ExportedTable) -> Iterator[str]:
    """How a table is not as wanted."""
    yield from _document_differences(wanted.document, given.document)
    if _canonical(wanted.staged_document) != _canonical(given.staged_document):
        yield "the staged documents are others"
    for kind, theirs, ours in (
        ("index", wanted.indexes, given.indexes),
        ("search index", wanted.search_indexes, given.search_indexes),
        ("vector index", wanted.vector_indexes, given.vector_indexes),
    ):
        yield from _index_differences(kind, theirs, ours)


def _document_differences(wanted: Validator, given: Validator) -> Iterator[str]:
    if canonical(wanted) == canonical(given):
        return
    theirs, ours = list(members(wanted)), list(members(given))
    if len(theirs) != 1 or len(ours) != 1 or {theirs[0]["type"], ours[0]["type"]} != {"object"}:
        yield f"documents are {canonical(given)}, not {canonical(wanted)}"
        return
    old: Mapping[str, Validator] = theirs[0]["value"]
    new: Mapping[str, Validator] = ours[0]["value"]
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"the field {name} is not there"
        elif name not in old:
            yield f"the field {name} is new"
        elif _field(old[name]) != _field(new[name]):
            yield f"the field {name} is {_field(new[name])}, not {_field(old[name])}"


def _field(field: Validator) -> str:
    return f"{canonical(field['fieldType'])}{', or absent' if field['optional'] else ''}"


def _canonical(validator: Validator | None) -> str | None:
    return None if validator is None else canonical(validator)


def _index_differences(
    kind: str, wanted: Sequence[ExportedIndex], given: Sequence[ExportedIndex]
) -> Iterator[str]:
    old, new = _indexes(wanted), _indexes(given)
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"the {kind} {name} is not there"
        elif name not in old:
            yield f"the {kind} {name} is new"
        elif old[name] != new[name]:
            yield f"the {kind} {name} is over {_shown(new[name])}, not {_shown(old[name])}"


def _indexes(indexes: Sequence[ExportedIndex]) -> dict[str, ExportedIndex]:
    return {
        one.name: ExportedIndex(
            one.name, one.fields, tuple(sorted(one.filters)), one.dimensions, one.staged
        )
        for one in indexes
    }


def _shown(index: ExportedIndex) -> str:
    parts = [", ".join(index.fields)]
    if index.dimensions is not None:
        parts.append(f"of {index.dimensions} dimensions")
    if index.filters:
        parts.append(f"filtered by {', '.join(index.filters)}")
    if index.staged:
        parts.append("staged")
    return " ".join(parts)
