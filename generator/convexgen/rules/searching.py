"""Rules on search indexes, vector indexes and what is unique."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity, SearchIndex, VectorIndex
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import (
    AnyType,
    EnumType,
    ListType,
    LiteralType,
    NumberType,
    StringType,
    Type,
    VectorType,
)
from convexgen.model.unions import alternatives
from convexgen.rules.indexes import unknown_field
from convexgen.rules.limits import FILTER_FIELDS, VECTOR_DIMENSIONS
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part


def check_searched_fields_exist(system: System) -> Iterator[Finding]:
    """Search indexes over a field that the entity does not have."""
    for entity in system.entities:
        names = [field.name for field in entity.comparable_fields]
        for index in _indexes(entity):
            if index.field not in names:
                yield unknown_field(entity, index.field, _field_path(entity, index), system)


def check_searched_types(system: System) -> Iterator[Finding]:
    """Full-text indexes over what need be no text: Convex takes them, and finds text alone."""
    for entity in system.entities:
        fields = {field.name: field for field in entity.comparable_fields}
        for index in entity.all_search_indexes:
            field = fields.get(index.field)
            if field is not None and not _may_be_text(field.type):
                yield Finding(
                    f"{quoted(field.name)} is no text to search, so that nothing is found",
                    _field_path(entity, index),
                    advice="search a field of the type string",
                )


def _may_be_text(type_: Type) -> bool:
    texts = (AnyType, EnumType, LiteralType, StringType)
    return any(isinstance(one, texts) for one in map(bare, alternatives(type_)))


def check_vector_types(system: System) -> Iterator[Finding]:
    """Vector indexes over no vectors."""
    for entity in system.entities:
        fields = {field.name: field for field in entity.comparable_fields}
        for index in entity.all_vector_indexes:
            field = fields.get(index.field)
            problem = None if field is None else _vector_problem(field, index)
            if problem is not None:
                message, advice = problem
                yield Finding(message, _field_path(entity, index), advice=advice)


def _vector_problem(field: EntityField, index: VectorIndex) -> tuple[str, str] | None:
    name = quoted(field.name)
    if field.large or not _may_be_vector(field.type):
        return f"{name} is no vector", "name a field of a type such as vector<1536>"
    if not index.dimensions:
        return (
            f"nothing says how many numbers the vectors of {name} have",
            "add dimensions: 1536 to the index, or give the field a type such as vector<1536>",
        )
    if isinstance(field.type, VectorType) and field.type.dimensions != index.dimensions:
        return (
            f"the vectors of {name} have {field.type.dimensions} numbers, and those of the index "
            f"{index.dimensions}",
            'leave "dimensions" out, or make the field a list<number>',
        )
    if index.dimensions not in VECTOR_DIMENSIONS:
        return (
            f"an index has vectors of {VECTOR_DIMENSIONS[0]} to {VECTOR_DIMENSIONS[-1]} numbers, "
            f"and those of {name} have {index.dimensions}",
            "store a shorter embedding, as most models offer",
        )
    return None


def _may_be_vector(type_: Type) -> bool:
    """Whether Convex takes an index of vectors over the type: a part of it is enough."""
    for one in map(bare, alternatives(type_)):
        match one:
            case AnyType() | VectorType():
                return True
            case ListType(element) if isinstance(bare(element), (AnyType, NumberType)):
                return True
            case _:
                pass
    return False


def check_filter_sizes(system: System) -> Iterator[Finding]:
    """Search indexes with too many filters."""
    for entity in system.entities:
        for index in _indexes(entity):
            if len(index.filters) > FILTER_FIELDS:
                yield Finding(
                    f"the index has {len(index.filters)} filters, and Convex allows "
                    f"{FILTER_FIELDS}",
                    (*_path(entity, index), "filter"),
                    Part.KEY,
                    "leave out those that narrow a search least",
                )


def check_search_indexes_differ(system: System) -> Iterator[Finding]:
    """Search indexes that are the same as another one, or have the name of another index."""
    for entity in system.entities:
        names = {index.name for index in entity.all_indexes}
        owners: dict[tuple[type, str, frozenset[str] | int], SearchIndex | VectorIndex] = {}
        for index in _indexes(entity):
            if index.name in names:
                yield Finding(
                    f"{quoted(index.name)} is the name of another index of the table",
                    _path(entity, index),
                    Part.KEY,
                    "rename one of them",
                )
            names.add(index.name)
            # Convex compares the filters of full-text indexes, and not those of vectors.
            if isinstance(index, SearchIndex):
                others: frozenset[str] | int = frozenset(index.filters)
                alike = "fields"
            else:
                others = index.dimensions
                alike = "vectors"
            owner = owners.setdefault((type(index), index.field, others), index)
            if owner is not index:
                yield Finding(
                    f"the indexes {quoted(index.name)} and {quoted(owner.name)} "
                    f"have the same {alike}",
                    _path(entity, index),
                    Part.KEY,
                    "make one of them, with the filters of both",
                    (("the other is", _path(entity, owner)),),
                )


def check_unique_fields(system: System) -> Iterator[Finding]:
    """What is unique already, and what callers do not give."""
    for entity in system.entities:
        fields = {field.name: field for field in entity.fields}
        others: list[tuple[str, tuple[str, ...]]] = [("of the key", entity.key)]
        for position, unique in enumerate(entity.unique):
            path: Path = ("entities", entity.name, "unique", position)
            for name in unique.fields:
                field = fields.get(name)
                if field is not None and field.setter is not None:
                    yield Finding(
                        f"{quoted(name)} cannot be unique: the backend sets it",
                        path,
                        advice="leave it out",
                    )
            narrower = next(
                (whose for whose, names in others if set(names) <= set(unique.fields)), None
            )
            if narrower is not None:
                yield Finding(
                    f"{' and '.join(unique.fields)} are unique already: the fields {narrower} are "
                    "among them",
                    path,
                    advice="leave it out",
                )
            others.append(("that are unique by another entry", unique.fields))


def _indexes(entity: Entity) -> tuple[SearchIndex | VectorIndex, ...]:
    return (*entity.all_search_indexes, *entity.all_vector_indexes)


def _path(entity: Entity, index: SearchIndex | VectorIndex) -> Path:
    group = "searchIndexes" if isinstance(index, SearchIndex) else "vectorIndexes"
    return ("entities", entity.name, group, index.name)


def _field_path(entity: Entity, index: SearchIndex | VectorIndex) -> Path:
    return (*_path(entity, index), "search" if isinstance(index, SearchIndex) else "vector")


RULES = (
    Rule("unknown-field", check_searched_fields_exist),
    Rule("search-field-type", check_searched_types),
    Rule("index-field-type", check_vector_types),
    Rule("too-many-filters", check_filter_sizes),
    Rule("duplicate-index", check_search_indexes_differ),
    Rule("unique-fields", check_unique_fields),
)
