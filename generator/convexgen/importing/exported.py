"""What a schema exports, in JSON, as Convex's own tools push it.

The format is that of `SchemaDefinition.export` of the package `convex`.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Validator: TypeAlias = Mapping[str, Any]
"""A validator in JSON, `ValidatorJSON` of the package `convex`."""


@dataclass(frozen=True, slots=True)
class ExportedIndex:
    """An index of one of the three kinds."""

    name: str
    fields: tuple[str, ...]
    """Of a search its field alone."""
    filters: tuple[str, ...] = ()
    dimensions: int | None = None
    staged: bool = False


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table of a schema."""

    name: str
    document: Validator
    staged_document: Validator | None
    """What is to take the place of `document`, where that is said."""
    indexes: tuple[ExportedIndex, ...]
    search_indexes: tuple[ExportedIndex, ...]
    vector_indexes: tuple[ExportedIndex, ...]

    @property
    def variants(self) -> tuple[Validator, ...]:
        """The shapes of its documents, each once."""
        return tuple(members(self.document))


@dataclass(frozen=True, slots=True)
class ExportedSchema:
    """The tables of a schema, in their order."""

    tables: tuple[ExportedTable, ...]
    validates: bool
    """Whether Convex checks documents."""


def read_exported(content: Mapping[str, Any]) -> ExportedSchema:
    """A schema that is in JSON."""
    return ExportedSchema(
        tuple(_table(table) for table in content["tables"]),
        content.get("schemaValidation", True) is not False,
    )


def _table(table: Mapping[str, Any]) -> ExportedTable:
    def both(key: str, staged_key: str) -> Iterator[tuple[Mapping[str, Any], bool]]:
        yield from ((one, False) for one in table.get(key) or ())
        yield from ((one, True) for one in table.get(staged_key) or ())

    return ExportedTable(
        table["tableName"],
        table["documentType"] or {"type": "any"},
        table.get("stagedDocumentType"),
        tuple(
            ExportedIndex(one["indexDescriptor"], tuple(one["fields"]), staged=staged)
            for one, staged in both("indexes", "stagedDbIndexes")
        ),
        tuple(
            ExportedIndex(
                one["indexDescriptor"],
                (one["searchField"],),
                tuple(one.get("filterFields") or ()),
                staged=staged,
            )
            for one, staged in both("searchIndexes", "stagedSearchIndexes")
        ),
        tuple(
            ExportedIndex(
                one["indexDescriptor"],
                (one["vectorField"],),
                tuple(one.get("filterFields") or ()),
                one["dimensions"],
                staged,
            )
            for one, staged in both("vectorIndexes", "stagedVectorIndexes")
        ),
    )


def members(validator: Validator) -> Iterator[Validator]:
    """The members of a union, of which unions in it are a part; each once. Of others, itself."""
    if validator["type"] == "union":
        yield from _by_text(validator).values()
    else:
        yield validator


def _by_text(union: Validator) -> dict[str, Validator]:
    """The members of a union by their canonical texts.

    Each text is made once: unions in objects in unions would be compared again at each of them.
    """
    found: dict[str, Validator] = {}
    waiting = [union]
    while waiting:
        one = waiting.pop(0)
        if one["type"] == "union":
            waiting = [*one["value"], *waiting]
        else:
            found.setdefault(canonical(one), one)
    return found


def canonical(validator: Validator) -> str:
    """Text that is the same of validators that take the same values, and are written alike.

    The order of the members of a union and of the fields of an object says nothing, a union in a
    union is a part of it, and a union of one member is that.
    """
    kind = validator["type"]
    match kind:
        case "union":
            parts = sorted(_by_text(validator))
            return parts[0] if len(parts) == 1 else f"union({', '.join(parts)})"
        case "object":
            fields = (
                f"{name}{'?' if field['optional'] else ''}: {canonical(field['fieldType'])}"
                for name, field in sorted(validator["value"].items())
            )
            return f"{{{', '.join(fields)}}}"
        case "array":
            return f"array({canonical(validator['value'])})"
        case "record":
            values = canonical(record_values(validator))
            return f"record({canonical(validator['keys'])}, {values})"
        case "id":
            return f'id("{validator["tableName"]}")'
        case "literal":
            return f"literal({literal_text(validator['value'])})"
        case "function":
            return f"function({validator.get('fnType', '')})"
        case _:
            return str(kind)


def record_values(validator: Validator) -> Validator:
    """The validator of the values of a record, which some versions of `convex` wrap in a field."""
    values: Validator = validator["values"]
    inner: Validator | None = values.get("fieldType")
    return values if inner is None else inner


def literal_text(value: object) -> str:
    """A literal as expressions have it: text in quotes, `5n`, `2.5`, `true`."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if '"' not in value else f"'{value}'"
        case {"$integer": str() as encoded}:
            whole = int.from_bytes(base64.b64decode(encoded), "little", signed=True)
            return f"{whole}n"
        case {"$float": str() as encoded}:
            (number,) = struct.unpack("<d", base64.b64decode(encoded))
            return repr(number)
        case int() | float() if abs(value) >= 2**53 or not float(value).is_integer():
            return repr(float(value))
        case int() | float():
            return str(int(value))
        case _:
            return str(value)


def objects_in(validator: Validator) -> Iterator[Validator]:
    """The objects that a validator has anywhere in it, itself included, from the outside in."""
    return (one for one in _all_in(validator) if one["type"] == "object")


def ids_in(validator: Validator) -> Iterator[str]:
    """The tables of whose documents a validator has IDs."""
    return (one["tableName"] for one in _all_in(validator) if one["type"] == "id")


def _all_in(validator: Validator) -> Iterator[Validator]:
    """A validator, and all that it is made of."""
    yield validator
    match validator["type"]:
        case "object":
            inner = [field["fieldType"] for field in validator["value"].values()]
        case "union":
            inner = validator["value"]
        case "array":
            inner = [validator["value"]]
        case "record":
            inner = [validator["keys"], record_values(validator)]
        case _:
            inner = []
    for one in inner:
        yield from _all_in(one)


def field_at(document: Validator, path: str) -> Sequence[tuple[Validator, bool]]:
    """The types that a path has in the shapes of documents, each with whether it may be absent."""
    found: list[tuple[Validator, bool]] = [(document, False)]
    for name in path.split("."):
        following: list[tuple[Validator, bool]] = []
        for validator, optional in found:
            for member in members(validator):
                field = member["value"].get(name) if member["type"] == "object" else None
                if field is not None:
                    following.append((field["fieldType"], optional or field["optional"]))
        found = following
    return found
