"""What a schema has that no spec can give, by its place in the schema."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.importing.exported import (
    ExportedSchema,
    Validator,
    members,
    record_values,
)

_OF_ALL_INDEXES = "_creationTime"


def unsayable(schema: ExportedSchema) -> Iterator[str]:
    """A line for each of it."""
    for table in schema.tables:
        for place in _of_nothing(table.document, table.name):
            yield f"{place}: v.union() takes no value, and the language has no type for that"
        for index in table.indexes:
            if _OF_ALL_INDEXES in index.fields:
                yield (
                    f"{table.name}: the index {index.name} names {_OF_ALL_INDEXES}, in which every "
                    "index ends already: Convex refuses that"
                )


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
