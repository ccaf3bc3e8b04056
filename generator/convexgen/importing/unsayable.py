"""What a schema has that no spec can give, by its place in the schema."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.importing.exported import (
    ExportedSchema,
    Validator,
    members,
    record_values,
)
from convexgen.reserved import CHUNKS_TABLE, UNFINISHED_TABLE

_OF_ALL_INDEXES = "_creationTime"
OWN_FIELDS = {
    CHUNKS_TABLE: frozenset({"text"}),
    UNFINISHED_TABLE: frozenset({"task", "table", "work", "done", "steps", "watchdog"}),
    "countChanges": frozenset({"index", "group", "changes"}),
    "countNodes": frozenset({"index", "group", "level", "first", "count", "size", "keys"}),
    "countStates": frozenset({"index", "isDone", "isRead", "isDiscarding", "cursor"}),
}
"""The fields of the tables that the tool adds by itself."""


def unsayable(schema: ExportedSchema) -> Iterator[str]:
    """A line for each of it."""
    for table in schema.tables:
        own = OWN_FIELDS.get(table.name)
        if own is not None and not all(_is_mostly(own, one) for one in table.variants):
            yield (
                f"{table.name}: convexgen has a table of its own that is called so, and this one "
                "has other fields: give it another name"
            )
        for place in _of_nothing(table.document, table.name):
            yield f"{place}: v.union() takes no value, and the language has no type for that"
        for index in table.indexes:
            if _OF_ALL_INDEXES in index.fields:
                yield (
                    f"{table.name}: the index {index.name} names {_OF_ALL_INDEXES}, in which every "
                    "index ends already: Convex refuses that"
                )


def _is_mostly(names: frozenset[str], document: Validator) -> bool:
    """Whether a document has these fields, more or less: versions of the tool differ in some."""
    fields = set[str](document["value"]) if document["type"] == "object" else set[str]()
    return len(fields & names) > len(fields | names) / 2


def _of_nothing(validator: Validator, place: str) -> Iterator[str]:
    """The places where nothing is taken."""
    parts = list(members(validator))
    if not parts:
        yield place
    for one in parts:
        match one["type"]:
            case "object":
                for name, field in one["value"].items():
                    yield from _of_nothing(field["fieldType"], f"{place}.{name}")
            case "array":
                yield from _of_nothing(one["value"], f"{place}[]")
            case "record":
                yield from _of_nothing(one["keys"], f"{place}, a key")
                yield from _of_nothing(record_values(one), f"{place}, a value")
            case _:
                pass
