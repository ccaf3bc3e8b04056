"""Tables as entities of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convexgen.importing.attributes import given_attributes
from convexgen.importing.comments import Comments
from convexgen.importing.exported import (
    ExportedIndex,
    ExportedTable,
    Validator,
    canonical,
    field_at,
    members,
)
from convexgen.importing.keys import Reading
from convexgen.importing.queries import queries_of
from convexgen.importing.types import Said, Types, as_mapping, is_text, tag_of
from convexgen.naming import unique_function
from convexgen.reserved import CHUNKS_TABLE
from convexgen.rules.limits import IDENTIFIER_LENGTH

_OF_KEYS = frozenset({"bigint", "id", "string"})
_CHUNKS = f'{{jsonChunks: {{bytes: number, ids: array(id("{CHUNKS_TABLE}"))}}}}'
_NUMBERS = "list<number>"
_ANY_FIELDS = "any"
OR_LAST = "OrLast"
"""The ending of the column of an index that has documents without a field last."""
_EMPTY: Validator = {"type": "array", "value": {"type": "null"}}


@dataclass(frozen=True, slots=True)
class SaidEntity:
    """An entity, and what is to be asked of its author."""

    content: dict[str, Said]
    advice: tuple[str, ...]
    """Lines of a comment."""


def entity_of(
    table: ExportedTable,
    module: str,
    types: Types,
    comments: Comments,
    readings: Sequence[Reading],
    *,
    is_written: bool,
) -> SaidEntity:
    """The entity of a table, with the key that the code of the project proves.

    Its functions read alone, unless generated ones write already, and know its fields: what a
    project's own functions do at a write, such as counters and copies, no others would do.
    """
    content: dict[str, Said] = {"table": table.name}
    if module != table.name:
        content["module"] = module
    description = comments.of(table.name)
    if description:
        content["description"] = description
    unique, advice = _read_alone(table, readings)
    key = next((fields for fields in unique if _is_key(table, fields)), ())
    if key:
        content["key"] = _names(key)
    last = _columns_of_last(table)
    content |= _documents(table, types, comments, last)
    others: list[tuple[str, ...]] = []
    for fields in unique:
        if fields == key:
            continue
        if len(unique_function(fields)) > IDENTIFIER_LENGTH:
            advice.append(
                f"Read by .unique() of an index over {', '.join(fields)}: as unique:, they would "
                "have a query with a longer name than Convex allows."
            )
        else:
            others.append(fields)
    own = queries_of(table, key, others, last)
    content |= _indexes(table, last, own.searches)
    if own.declared:
        content["queries"] = dict(own.declared)
    if others:
        content["unique"] = [_names(fields) for fields in others]
    if not is_written:
        content["access"] = "internal"
    if not is_written or content.get("fields") == _ANY_FIELDS:
        content["functions"] = ["list", "queries"]
    return SaidEntity(content, tuple(advice))


def _names(fields: Sequence[str]) -> Said:
    return fields[0] if len(fields) == 1 else list(fields)


def _columns_of_last(table: ExportedTable) -> dict[str, str]:
    """The fields of which indexes have the documents without it last, by the columns for that.

    This tool has put these beside them: an empty array comes after all plain values.
    """
    found: dict[str, str] = {}
    for variant in table.variants:
        fields: Mapping[str, Validator] = variant["value"] if variant["type"] == "object" else {}
        for name, field in fields.items():
            source = name.removesuffix(OR_LAST)
            of = fields.get(source)
            if source == name or of is None or not (of["optional"] and field["optional"]):
                continue
            both = {"type": "union", "value": [of["fieldType"], _EMPTY]}
            if canonical(field["fieldType"]) == canonical(both):
                found[name] = source
    return found


def _documents(
    table: ExportedTable, types: Types, comments: Comments, last: Mapping[str, str]
) -> dict[str, Said]:
    variants = table.variants
    if any(one["type"] != "object" for one in variants):
        return {"fields": _ANY_FIELDS}
    dimensions = _dimensions(table)
    names = dict.fromkeys(name for one in variants for name in one["value"] if name not in last)
    attributes = given_attributes(names, of_entity=True)

    def said(fields: Mapping[str, Validator]) -> dict[str, Said]:
        own = {name: field for name, field in fields.items() if name not in last}
        found = _fields(own, types, comments, table.name, dimensions, attributes)
        for name in last.values():
            if name in found:
                found[name] = {**as_mapping(found[name]), "absent": "last"}
        return found

    if len(variants) == 1:
        return {"fields": said(variants[0]["value"])}
    shared = {
        name: field
        for name, field in variants[0]["value"].items()
        if all(_is_same(field, one["value"].get(name)) for one in variants[1:])
    }
    tag = tag_of(variants)
    content: dict[str, Said] = {
        "fields": said(shared),
        "union": [{"object": said(_without(one, shared))} for one in variants],
    }
    return content if tag is None else {**content, "tag": tag}


def _without(variant: Validator, shared: Mapping[str, Validator]) -> dict[str, Validator]:
    return {name: field for name, field in variant["value"].items() if name not in shared}


def _is_same(field: Validator, other: Validator | None) -> bool:
    return (
        other is not None
        and field["optional"] == other["optional"]
        and canonical(field["fieldType"]) == canonical(other["fieldType"])
    )


def _fields(
    fields: Mapping[str, Validator],
    types: Types,
    comments: Comments,
    table: str,
    dimensions: Mapping[str, int],
    attributes: Mapping[str, str],
) -> dict[str, Said]:
    said: dict[str, Said] = {}
    described = comments.of_object(fields)
    for name, field in fields.items():
        content, is_large = _without_chunks(field["fieldType"])
        one = types.field(content, optional=field["optional"])
        if isinstance(one, str) and name in dimensions:
            one = one.replace(_NUMBERS, f"vector<{dimensions[name]}>", 1)
        description = comments.of(table, name) or described.get(name)
        options: dict[str, Said] = {"large": True} if is_large else {}
        if name in attributes:
            options["python"] = attributes[name]
        if description:
            options["description"] = description
        said[name] = {**as_mapping(one), **options} if options else one
    return said


def _dimensions(table: ExportedTable) -> dict[str, int]:
    """The fields with vectors alone, of one size, which their types say."""
    found: dict[str, set[int]] = {}
    for index in table.vector_indexes:
        if index.dimensions is not None:
            found.setdefault(index.fields[0], set()).add(index.dimensions)
    return {
        name: next(iter(sizes))
        for name, sizes in found.items()
        if len(sizes) == 1 and "." not in name and _holds_vectors(table, name)
    }


def _holds_vectors(table: ExportedTable, name: str) -> bool:
    types = [one for found, _ in field_at(table.document, name) for one in members(found)]
    return bool(types) and all(canonical(one) in {"array(number)", "null"} for one in types)


def _without_chunks(validator: Validator) -> tuple[Validator, bool]:
    """The type of a field without the place of its chunks, which this tool has put beside it."""
    parts = list(members(validator))
    others = [one for one in parts if canonical(one) != _CHUNKS]
    if len(others) in {0, len(parts)}:
        return validator, False
    return {"type": "union", "value": others}, True


def _indexes(
    table: ExportedTable, last: Mapping[str, str], queries: Mapping[str, str]
) -> dict[str, Said]:
    content: dict[str, Said] = {}
    if table.indexes:
        content["indexes"] = {one.name: _index(one, last) for one in table.indexes}
    if table.search_indexes:
        content["searchIndexes"] = {
            one.name: _search_index("search", one, queries) for one in table.search_indexes
        }
    if table.vector_indexes:
        dimensions = _dimensions(table)
        content["vectorIndexes"] = {
            one.name: _search_index(
                "vector", one, queries, says_size=one.fields[0] not in dimensions
            )
            for one in table.vector_indexes
        }
    return content


def _index(index: ExportedIndex, last: Mapping[str, str]) -> Said:
    fields: list[Said] = [last.get(name, name) for name in index.fields]
    return {"fields": fields, "staged": True} if index.staged else fields


def _search_index(
    key: str, index: ExportedIndex, queries: Mapping[str, str], *, says_size: bool = False
) -> Said:
    said: dict[str, Said] = {key: index.fields[0]}
    if says_size and index.dimensions is not None:
        said["dimensions"] = index.dimensions
    if index.filters:
        said["filter"] = _names(index.filters)
    if index.name in queries:
        said["query"] = queries[index.name]
    if index.staged:
        said["staged"] = True
    return said


def _read_alone(
    table: ExportedTable, readings: Sequence[Reading]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """What the code takes for unique, and what it may: the latter as lines of a comment.

    Where some fields are unique, more of them are so too.
    """
    indexes = {one.name: one.fields for one in table.indexes}
    unique: list[tuple[str, ...]] = []
    maybe: list[tuple[str, ...]] = []
    for one in readings:
        fields = indexes.get(one.index)
        if one.table != table.name or fields is None or set(fields) != set(one.fields):
            continue
        if "_creationTime" in fields or any("." in name for name in fields):
            continue
        found = unique if one.is_unique else maybe
        if fields not in found:
            found.append(fields)
    unique = [
        fields
        for position, fields in enumerate(unique)
        if not any(set(one) < set(fields) for one in unique)
        and not any(set(one) == set(fields) for one in unique[:position])
    ]
    suggested = [fields for fields in maybe if fields not in unique and _is_key(table, fields)]
    advice = [
        f"Read by .first() of an index over it: key: {_flow(fields)}, if no two have the same."
        for fields in suggested
        if not any(_is_key(table, one) for one in unique)
    ]
    return unique, advice


def _flow(fields: Sequence[str]) -> str:
    return fields[0] if len(fields) == 1 else f"[{', '.join(fields)}]"


def _is_key(table: ExportedTable, fields: Sequence[str]) -> bool:
    """Whether fields are always there, and of types that tell entities apart."""
    for name in fields:
        found = field_at(table.document, name)
        if len(found) < len(table.variants):
            return False
        for validator, optional in found:
            parts = list(members(validator))
            if optional or not all(one["type"] in _OF_KEYS or is_text(one) for one in parts):
                return False
            if len(parts) > 1 and not all(map(is_text, parts)):
                return False
    return len(table.variants) == 1 or not set(fields) & {tag_of(table.variants)}
