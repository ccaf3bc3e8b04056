"""What has changed in a schema since a spec was imported, put into that spec.

Only what gives another schema is touched: a `number` that somebody made a `timestamp`, names,
constraints, keys, comments and order stay.
"""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass

from convexgen.importing.editing import Edits, entry_of, mapping_at
from convexgen.importing.exported import (
    ExportedIndex,
    ExportedSchema,
    ExportedTable,
    Validator,
    canonical,
)
from convexgen.importing.names import Known
from convexgen.importing.project import OWN_TABLES, Drafted
from convexgen.importing.types import Said, shape_key
from convexgen.source.nodes import Mapping, Node, Scalar

_KEPT = ("description", "deprecated", "sensitive", "python")
"""What stays of a field that has another type."""
_INDEXES = ("indexes", "searchIndexes", "vectorIndexes")
_DOCUMENTS = ("fields", "union", "tag")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A spec as it was, and the schema that it gives."""

    text: str
    root: Mapping
    entities: AbstractMapping[str, str]
    """The names of its entities, by their tables; those of other files too."""
    schema: ExportedSchema


def known_names(earlier: Earlier) -> Known:
    """The names that a spec has, with the validators of its objects and enums as far as told."""
    names = {*earlier.entities.values()}
    declared: set[str] = set()
    for section in ("enums", "objects"):
        found = mapping_at(earlier.root, section)
        declared.update(found.entries if found is not None else ())
    shapes: dict[str, str] = {}
    for table in earlier.schema.tables:
        name = earlier.entities.get(table.name)
        fields = None if name is None else mapping_at(earlier.root, "entities", name, "fields")
        if fields is None or len(table.variants) != 1:
            continue
        for field, entry in fields.entries.items():
            word = _type_word(entry.value)
            exported = table.variants[0]["value"].get(field)
            if word in declared and exported is not None:
                shapes[shape_key(exported["fieldType"])] = word
    return Known(dict(earlier.entities), shapes, frozenset(names | declared))


def _type_word(node: Node) -> str:
    """The name that a field has for its type alone."""
    if isinstance(node, Mapping):
        entry = entry_of(node, "type")
        node = node if entry is None else entry.value
    text = node.text if isinstance(node, Scalar) else ""
    return text.rstrip("?").removesuffix(" | null").strip()


def merge(earlier: Earlier, schema: ExportedSchema, drafted: Drafted) -> str:
    """The text of a spec that gives a schema."""
    edits = Edits(earlier.text)
    was = {table.name: table for table in earlier.schema.tables if table.name not in OWN_TABLES}
    now = {table.name: table for table in schema.tables if table.name not in OWN_TABLES}
    entities = mapping_at(earlier.root, "entities")
    if entities is None:
        return earlier.text
    said = drafted.entities
    for table in was.keys() - now.keys():
        name = earlier.entities.get(table, "")
        if name in entities.entries:
            edits.remove(entities, name)
    added = {drafted.names[table]: said[drafted.names[table]] for table in now if table not in was}
    edits.add(entities, dict(added), ("entities",), dict(drafted.notes), apart=True)
    for table in sorted(was.keys() & now.keys()):
        name = drafted.names[table]
        entity = mapping_at(entities, name)
        content = said[name]
        if entity is not None:
            _merge_entity(edits, entity, name, content, was[table], now[table])
    for section, shapes in (("enums", drafted.enums), ("objects", drafted.objects)):
        if shapes:
            found = mapping_at(earlier.root, section)
            if found is None:
                edits.add(earlier.root, {section: dict(shapes)}, (), apart=True)
            else:
                edits.add(found, dict(shapes), (section,))
    return edits.apply()


def _merge_entity(
    edits: Edits,
    entity: Mapping,
    name: str,
    content: AbstractMapping[str, Said],
    was: ExportedTable,
    now: ExportedTable,
) -> None:
    path = ("entities", name)
    fields = mapping_at(entity, "fields")
    shapes = {len(was.variants), len(now.variants)}
    kinds = {one["type"] for one in (*was.variants, *now.variants)}
    if shapes == {1} and kinds == {"object"} and fields is not None:
        said = content["fields"]
        assert isinstance(said, dict)
        _merge_fields(edits, entity, fields, path, said, was.variants[0], now.variants[0])
    elif not _is_same(was.document, now.document):
        for key in _DOCUMENTS:
            if key in content:
                edits.set(entity, (*path, key), content[key])
            elif key in entity.entries:
                edits.remove(entity, key)
    for key, old, new in zip(
        _INDEXES,
        (was.indexes, was.search_indexes, was.vector_indexes),
        (now.indexes, now.search_indexes, now.vector_indexes),
        strict=True,
    ):
        said = content.get(key, {})
        assert isinstance(said, dict)
        _merge_indexes(edits, entity, (*path, key), said, _by_name(old), _by_name(new))


def _merge_fields(
    edits: Edits,
    entity: Mapping,
    fields: Mapping,
    path: tuple[str, ...],
    said: AbstractMapping[str, Said],
    was: Validator,
    now: Validator,
) -> None:
    old: AbstractMapping[str, Validator] = was["value"]
    new: AbstractMapping[str, Validator] = now["value"]
    here = (*path, "fields")
    if not new:
        edits.set(entity, here, {})
        return
    for name in old.keys() - new.keys():
        if name in fields.entries:
            edits.remove(fields, name)
    edits.add(fields, {one: said[one] for one in new if one not in old and one in said}, here)
    for name in sorted(old.keys() & new.keys()):
        entry = fields.entries.get(name)
        is_same = old[name]["optional"] == new[name]["optional"] and _is_same(
            old[name]["fieldType"], new[name]["fieldType"]
        )
        if entry is None or is_same or name not in said:
            continue
        kept = _options(entry.value)
        given = said[name]
        if kept:
            given = {**(given if isinstance(given, dict) else {"type": given}), **kept}
        edits.set(fields, (*here, name), given)


def _is_same(one: Validator, other: Validator) -> bool:
    return canonical(one) == canonical(other)


def _options(node: Node) -> dict[str, Said]:
    """The options of a field that say nothing of its type."""
    kept: dict[str, Said] = {}
    for name in _KEPT:
        entry = entry_of(node, name)
        if entry is not None and isinstance(entry.value, Scalar) and entry.value.value is not None:
            kept[name] = entry.value.value
    return kept


def _by_name(indexes: tuple[ExportedIndex, ...]) -> dict[str, ExportedIndex]:
    return {one.name: one for one in indexes}


def _merge_indexes(
    edits: Edits,
    entity: Mapping,
    path: tuple[str, ...],
    said: AbstractMapping[str, Said],
    was: AbstractMapping[str, ExportedIndex],
    now: AbstractMapping[str, ExportedIndex],
) -> None:
    declared = mapping_at(entity, path[-1])
    if declared is None:
        new = {name: one for name, one in said.items() if name not in was}
        if new:
            edits.set(entity, path, new)
        return
    gone = [name for name in declared.entries if name in was and name not in now]
    if len(gone) == len(declared.entries) and not now.keys() - was.keys():
        edits.remove(entity, path[-1])
        return
    for name in gone:
        edits.remove(declared, name)
    new = {name: said[name] for name in now if name not in was}
    if new:
        edits.add(declared, new, path)
    for name in declared.entries:
        if name in was and name in now and was[name] != now[name]:
            kept = declared.entries[name].value
            given = said[name]
            if isinstance(kept, Mapping) and isinstance(given, list) and not was[name].staged:
                edits.set(kept, (*path, name, "fields"), given)
            else:
                edits.set(declared, (*path, name), given)
