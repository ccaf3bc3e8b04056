"""The facts of `lib/`, what the modules of the entities share, and of `_generated/`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import api_module, generated_folder
from convexgen.facts.convex.queries import counts_name
from convexgen.facts.convex.rows import value_type
from convexgen.facts.typescript_text import property_name
from convexgen.model.counting import documents_per_transaction
from convexgen.model.entities import Visibility
from convexgen.model.fields import OnDelete
from convexgen.model.system import System
from convexgen.model.types import JsonType, StringType, Type
from convexgen.naming import FILES_TABLE, JAVASCRIPT_WORDS

_DELETIONS = 1000
"""How many documents a transaction deletes where nothing is counted."""

_API_NAMES = JAVASCRIPT_WORDS | {
    *("api", "components", "fullApi", "internal"),
    *("ApiFromModules", "FilterApi", "FunctionReference"),
}
"""What no module is called in `_generated/api.d.ts`, which declares and imports these names itself;
Convex's own has the same ending for words of the language."""


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What modules of `lib/` ask of a system."""

    generated: str
    """The folder `_generated/`, as they find it."""
    system: Code
    """The module `system` in the types of the API."""
    has_large_fields: bool
    has_rows: bool
    """Whether entries of records are documents of tables of their own."""
    frees_references: bool
    """Whether a deletion lets others refer to nothing."""
    deletes_trees: bool
    """Whether what a deletion deletes with an entity has others below it again."""
    deletions: int
    """How many documents a transaction deletes."""
    removals: int
    """How many of those that a query finds."""
    updates: int
    """How many of those it changes."""
    counted: bool
    """Whether there are counted indexes: then a deletion reads what it deletes once more."""
    has_keyless: bool
    """Whether there are documents that their IDs alone tell apart."""
    has_partial: bool
    """Whether there are tables that some operations alone write."""
    has_retention: bool
    """Whether documents are deleted by themselves."""


@dataclass(frozen=True, slots=True)
class CountedIndexFacts:
    """An index whose documents are counted."""

    name: str
    table: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountsFacts:
    """What the modules of `lib/counts/` ask."""

    generated: str
    tables: tuple[str, ...]
    """Those with counted indexes."""
    indexes: tuple[CountedIndexFacts, ...]


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may read and write a table that has public functions."""

    table: Code
    read: str
    write: str


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What `lib/access.ts` says."""

    rules: tuple[AccessRule, ...]


@dataclass(frozen=True, slots=True)
class LargeFacts:
    """What `lib/large.ts` says: the fields whose values may be larger than a document."""

    generated: str
    tables: tuple[tuple[Code, tuple[tuple[Code, str], ...]], ...]
    """With the forms in which chunks hold the values of the fields."""
    counted: bool
    """Whether there are counted indexes: then a write reads what it replaces once more."""


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module in the types of the API."""

    path: str
    name: Code
    property: Code


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """What `_generated/api.d.ts` says."""

    modules: tuple[ModuleFacts, ...]


def library_facts(system: System) -> LibraryFacts:
    """The facts of a system that modules of `lib/` ask."""
    links = [link for entity in system.entities for link in entity.links]
    indexes = max((len(entity.counted_indexes) for entity in system.entities), default=0)
    deletions = documents_per_transaction(indexes) if indexes else _DELETIONS
    return LibraryFacts(
        generated_folder(system.convex, below=1),
        api_module(system.convex, "system"),
        system.has_large_fields,
        system.has_rows,
        frees_references=any(link.reference.on_delete is OnDelete.SET_NULL for link in links),
        deletes_trees=any(
            system.concerned_by_deletion(child)
            for entity in system.entities
            for child, field in system.concerned_by_deletion(entity)
            if field.reference.on_delete is OnDelete.CASCADE
        ),
        counted=system.counted,
        has_keyless=not all(entity.has_key for entity in system.entities),
        has_partial=any(
            entity.functions.write and not (entity.functions.save and entity.functions.delete)
            for entity in system.entities
        ),
        has_retention=system.has_retention,
        deletions=deletions,
        removals=min(deletions, 500),
        updates=min(deletions // 2, 200),
    )


def counts_facts(system: System) -> CountsFacts | None:
    """The facts of counted indexes; None where there are none."""
    if not system.counted:
        return None
    return CountsFacts(
        generated_folder(system.convex, below=2),
        tuple(entity.table for entity in system.entities if entity.counted_indexes),
        tuple(
            CountedIndexFacts(
                counts_name(entity, index.name),
                entity.table,
                tuple(entity.field(name).index_column for name in index.fields),
            )
            for entity in system.entities
            for index in entity.counted_indexes
        ),
    )


def access_facts(system: System) -> AccessFacts | None:
    """The rules of the tables that have public functions; None where none has."""
    tables = [(entity.table, entity.access) for entity in system.entities]
    if system.files is not None:
        tables.append((FILES_TABLE, system.files))
    rules = [
        AccessRule(identifier(table), access.read.value, access.write.value)
        for table, access in tables
        if Visibility.PUBLIC in (access.read, access.write)
    ]
    return AccessFacts(tuple(rules)) if rules else None


def large_facts(system: System) -> LargeFacts | None:
    """The fields whose values may be larger than a document; None where none may."""
    if not system.has_large_fields:
        return None
    tables = [
        (
            identifier(entity.table),
            tuple(
                (identifier(one.name), _form(one.type))
                for one in entity.fields
                if one.name in entity.large_fields
            ),
        )
        for entity in system.entities
        if entity.large_fields
    ]
    tables += [
        (identifier(entity.rows_table(one)), ((Code("value"), _form(value_type(one))),))
        for entity in system.entities
        for one in entity.row_fields
        if one.large
    ]
    return LargeFacts(generated_folder(system.convex, below=1), tuple(tables), system.counted)


def _form(type_: Type) -> str:
    match type_:
        case JsonType():
            return "json"
        case StringType():
            return "text"
        case _:
            return "values"


def api_facts(modules: Collection[str]) -> ApiFacts:
    """The facts of the API of modules, each a path below the functions without its ending."""
    taken = set(_API_NAMES)
    facts: list[ModuleFacts] = []
    for module in sorted(modules):
        name = "_".join(PurePosixPath(module).parts)
        while name in taken:
            name += "_"
        taken.add(name)
        facts.append(ModuleFacts(module, identifier(name), property_name(module)))
    return ApiFacts(tuple(facts))
