"""Rules on records whose entries are documents of a table of their own."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen import reserved
from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Merge
from convexgen.model.system import System
from convexgen.model.types import RecordType
from convexgen.rules.limits import IDENTIFIER_LENGTH
from convexgen.rules.places import entity_fields
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part


def check_rows(system: System) -> Iterator[Finding]:
    """`rows` of what has no entries, is not always there, or is of some documents only."""
    shared: dict[Path, Entity] = {
        ("entities", entity.name, "fields", field.name): entity
        for entity in system.entities
        for field in entity.shared_fields
    }
    for field, path in entity_fields(system):
        if not field.rows:
            continue
        entity = shared.get(path)
        if not isinstance(field.type, RecordType):
            problem = f"{quoted(field.name)} has no entries: it is no record"
            advice = 'write {record: json, rows: true}, or remove "rows"'
        elif entity is None or entity.variants:
            problem = "documents of several shapes have no tables for entries"
            advice = 'remove "rows", or make the entries an entity of their own'
        elif not entity.has_key:
            problem = "documents without a key have no tables for entries"
            advice = 'give the entity a "key", or remove "rows"'
        elif field.optional or field.nullable:
            problem = f"{quoted(field.name)} is always there: without entries, it is empty"
            advice = "remove what lets it be absent or null"
        else:
            yield from _contradictions(field, path)
            continue
        yield Finding(problem, (*path, "rows"), Part.KEY, advice)


def _contradictions(field: EntityField, path: Path) -> Iterator[Finding]:
    """Options that nobody could hold to who writes one entry."""
    constraints = field.constraints
    given = {
        "merge": field.merge is not Merge.REPLACE or bool(field.merge_within),
        "immutable": field.immutable,
        "minItems": constraints.min_items is not None,
        "maxItems": constraints.max_items is not None,
    }
    for option, is_given in given.items():
        if is_given:
            yield Finding(
                f"entries of {quoted(field.name)} are written one by one, so {quoted(option)} is "
                "not for all of them",
                (*path, option),
                Part.KEY,
                f'remove {quoted(option)}, or "rows"',
            )


def check_derived_from_rows(system: System) -> Iterator[Finding]:
    """Fields that follow from entries, which are written without the document."""
    for entity in system.entities:
        names = {field.name for field in entity.row_fields}
        for field in entity.shared_fields:
            if field.derived is not None and field.derived.field in names:
                yield Finding(
                    f"entries of {quoted(field.derived.field)} are written without the document, "
                    "so nothing can follow from them",
                    ("entities", entity.name, "fields", field.name, "from"),
                    advice="name another field",
                )


def check_tables_of_rows(system: System) -> Iterator[Finding]:
    """Tables of entries that are called as another one, or too long."""
    owners: dict[str, tuple[str, Path]] = {
        entity.table: (entity.name, ("entities", entity.name, "table"))
        for entity in system.entities
    }
    for entity, field, path in _rows(system):
        table = entity.rows_table(field)
        if table == reserved.CHUNKS_TABLE or table in reserved.COUNTS_TABLES:
            yield Finding(
                f"the entries of {quoted(field.name)} are in the table {quoted(table)}, which is "
                "there for something else",
                path,
                Part.KEY,
                "rename the field, or the table",
            )
            continue
        owner, place = owners.setdefault(table, (f"{entity.name}.{field.name}", path))
        if place != path:
            yield Finding(
                f"the entries of {quoted(field.name)} are in the table {quoted(table)}, as {owner}",
                path,
                Part.KEY,
                "rename one of them",
                (("the other is", place),),
            )


def check_lengths_of_rows(system: System) -> Iterator[Finding]:
    """Tables of entries with names that are too long for Convex."""
    for entity, field, path in _rows(system):
        table = entity.rows_table(field)
        if len(table) > IDENTIFIER_LENGTH:
            yield Finding(
                f"the table of the entries of {quoted(field.name)}, {quoted(table)}, has "
                f"{len(table)} characters, and Convex allows {IDENTIFIER_LENGTH}",
                path,
                Part.KEY,
                "shorten the name of the field, or of the table",
            )


def _rows(system: System) -> Iterator[tuple[Entity, EntityField, Path]]:
    for entity in system.entities:
        for field in entity.row_fields:
            yield entity, field, ("entities", entity.name, "fields", field.name)


RULES = (
    Rule("rows-option", check_rows),
    Rule("derived-field", check_derived_from_rows),
    Rule("colliding-name", check_tables_of_rows),
    Rule("name-too-long", check_lengths_of_rows),
)
