"""Rules on keys and indexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity, Index
from convexgen.model.kinds import holding_json
from convexgen.model.paths import DeadEnd, field_at, is_path
from convexgen.model.system import System
from convexgen.model.traversal import parts
from convexgen.model.types import (
    AnyType,
    CommitTimeType,
    EnumType,
    FunctionHandleType,
    IdType,
    InlineObjectType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TableIdType,
    VectorType,
)
from convexgen.reserved import RELATED_ARGUMENTS, UPDATE_ARGUMENTS
from convexgen.rules.limits import (
    DOCUMENTED_INDEXES,
    DOCUMENTED_SEARCH_INDEXES,
    INDEX_FIELDS,
    TABLE_INDEXES,
)
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean

_KEY_TYPES = (
    *(StringType, IntegerType, Int64Type, EnumType, LiteralType),
    *(IdType, TableIdType, RefType),
)
UNORDERED_TYPES = (
    AnyType,
    JsonType,
    FunctionHandleType,
    ListType,
    VectorType,
    RecordType,
    ObjectType,
    InlineObjectType,
)


class _Use(Enum):
    """What fields are named for."""

    KEY = auto()
    UNIQUE = auto()
    COUNTED = auto()
    """An index with counts."""
    COMPARED = auto()
    """Another index, or a filter."""


@dataclass(frozen=True, slots=True)
class _FieldList:
    """Fields of an entity that the spec names together."""

    entity: Entity
    fields: tuple[str, ...]
    path: Path
    use: _Use = _Use.COMPARED


def _field_lists(system: System) -> Iterator[_FieldList]:
    """The fields of keys, of declared indexes, of filters and of what is unique."""
    for entity in system.entities:
        path: Path = ("entities", entity.name)
        if entity.has_key:
            yield _FieldList(entity, entity.key, (*path, "key"), _Use.KEY)
        for index in _declared(entity):
            place = _path(entity, index)
            if index.counted:
                yield _FieldList(entity, index.fields, (*place, "fields"), _Use.COUNTED)
            else:
                yield _FieldList(entity, index.fields, place)
        for position, unique in enumerate(entity.unique):
            yield _FieldList(entity, unique.fields, (*path, "unique", position), _Use.UNIQUE)
        for search in entity.all_search_indexes:
            filters: Path = (*path, "searchIndexes", search.name, "filter")
            yield _FieldList(entity, search.filters, filters)
        for vector in entity.all_vector_indexes:
            filters = (*path, "vectorIndexes", vector.name, "filter")
            yield _FieldList(entity, vector.filters, filters)


def check_fields_exist(system: System) -> Iterator[Finding]:
    """Keys and indexes over fields that the entity does not have."""
    for listed in _field_lists(system):
        is_unique = listed.use in (_Use.KEY, _Use.UNIQUE)
        for position, field in enumerate(listed.fields):
            if field in listed.entity.by_name and not (is_unique and is_path(field)):
                continue
            path = (*listed.path, position)
            if is_path(field) and is_unique:
                yield Finding(
                    f"{quoted(field)} cannot be named here: keys and what is unique are over "
                    "fields of the entity itself, not of objects in them",
                    path,
                    advice="declare a field of its own for it",
                )
            else:
                yield unknown_field(listed.entity, field, path, system)


def unknown_field(entity: Entity, field: str, path: Path, system: System) -> Finding:
    """What is said where a field is named that the entity does not have."""
    if field in {"_creationTime", "_id"}:
        ending = (
            "every index ends in _creationTime already"
            if field == "_creationTime"
            else "documents are found by _id without an index"
        )
        return Finding(f"{quoted(field)} cannot be named here: {ending}", path, advice="remove it")
    objects = {shape.name: shape.fields for shape in system.objects}
    end = field_at(field, entity, objects)
    if not isinstance(end, DeadEnd):
        raise ValueError(f"{entity.name} has a field {field}")
    if end.known is None:
        return Finding(
            f"{quoted(field)} leads nowhere: {quoted(end.before)} is no object of known fields",
            path,
            advice="paths lead through objects and any, not through lists, records or JSON: "
            "declare a field of its own for it",
        )
    whose = f"{quoted(end.before)} of {entity.name}" if end.before else entity.name
    return Finding(
        f"{whose} has no field {quoted(end.name)}",
        path,
        advice=did_you_mean(end.name, end.known),
    )


def check_fields_differ(system: System) -> Iterator[Finding]:
    """Keys and indexes that have a field twice."""
    for listed in _field_lists(system):
        before: set[str] = set()
        for position, field in enumerate(listed.fields):
            if field in before:
                yield Finding(
                    f"the field {quoted(field)} is there twice",
                    (*listed.path, position),
                    advice="remove it here",
                )
            before.add(field)


def check_index_sizes(system: System) -> Iterator[Finding]:
    """Keys, unique fields and declared indexes over too many fields."""
    for entity in system.entities:
        if len(entity.key) > INDEX_FIELDS:
            yield Finding(
                f"the key has {len(entity.key)} fields, and an index has at most {INDEX_FIELDS}",
                ("entities", entity.name, "key"),
            )
        for position, unique in enumerate(entity.unique):
            if len(unique.fields) > INDEX_FIELDS:
                yield Finding(
                    f"{len(unique.fields)} fields are unique together, and an index has at most "
                    f"{INDEX_FIELDS}",
                    ("entities", entity.name, "unique", position),
                )
        for index in _declared(entity):
            if len(index.fields) > INDEX_FIELDS:
                yield Finding(
                    f"the index has {len(index.fields)} fields, and Convex allows {INDEX_FIELDS}: "
                    "it counts _creationTime, which it adds, as the 16th",
                    _path(entity, index),
                    Part.KEY,
                    "leave out the last ones",
                )


def check_argument_names(system: System) -> Iterator[Finding]:
    """Keys whose fields are called as other arguments of their functions."""
    for entity in system.entities:
        taken = UPDATE_ARGUMENTS | RELATED_ARGUMENTS if entity.relations else UPDATE_ARGUMENTS
        for position, field in enumerate(entity.key):
            if field in taken:
                yield Finding(
                    f"{quoted(field)} is an argument of the functions already",
                    ("entities", entity.name, "key", position),
                    advice="rename the field",
                )


def check_index_types(system: System) -> Iterator[Finding]:
    """Indexes over fields whose values Convex stores otherwise, or counts over those of no order.

    Other values that are no plain ones are compared for equality.
    """
    json = holding_json(system)
    for listed in _field_lists(system):
        if listed.use is _Use.KEY:
            continue  # the rule of keys says more
        for position, name in enumerate(listed.fields):
            field = listed.entity.by_name.get(name)
            if field is None:
                continue
            if listed.use is _Use.COUNTED and is_path(name):
                yield Finding(
                    f"{quoted(name)} cannot be counted by: it is a field of an object",
                    (*listed.path, position),
                    advice=f"count by a field derived from it, such as one with from: {name}",
                )
            elif json.is_in(field):
                yield Finding(
                    f"{quoted(name)} cannot be indexed: JSON is stored in a form of its own",
                    (*listed.path, position),
                    advice="index a field derived from it, or another one",
                )
            elif listed.use is _Use.COUNTED and any(
                isinstance(part, UNORDERED_TYPES) for part in parts(field.type)
            ):
                yield Finding(
                    f"{quoted(name)} cannot be counted by: its values are no plain ones",
                    (*listed.path, position),
                    advice="count by text, a number, a boolean or a timestamp",
                )


def check_large_fields(system: System) -> Iterator[Finding]:
    """Keys, indexes, searches and what is unique over fields that may lie outside of a document."""
    for listed in _field_lists(system):
        for position, name in enumerate(listed.fields):
            if _is_outside_of_documents(name, listed.entity):
                yield _large(name, (*listed.path, position))
    for entity in system.entities:
        path: Path = ("entities", entity.name, "searchIndexes")
        for search in entity.all_search_indexes:
            if _is_outside_of_documents(search.field, entity):
                yield _large(search.field, (*path, search.name, "search"))


def _is_outside_of_documents(name: str, entity: Entity) -> bool:
    """Whether it is a field that could be indexed but for where it is."""
    field = entity.by_name.get(name)
    return (
        field is not None and (field.large or field.rows) and not isinstance(field.type, JsonType)
    )


def _large(name: str, path: Path) -> Finding:
    return Finding(
        f"{quoted(name)} may lie outside of its document, so no index can hold it",
        path,
        advice="index a field derived from it, or another one",
    )


def check_index_numbers(system: System) -> Iterator[Finding]:
    """Tables with more indexes of all kinds than the backend takes."""
    for entity in system.entities:
        groups = _index_groups(entity)
        number = sum(len(group.indexes) for group in groups)
        if number > TABLE_INDEXES:
            implicit = sum(index.implicit for index in entity.indexes)
            yield Finding(
                f"{entity.name} has {number} indexes, and Convex allows {TABLE_INDEXES} a table; "
                f"{implicit} for its key and its references among them",
                ("entities", entity.name, max(groups, key=lambda group: len(group.indexes)).key),
                Part.KEY,
                "remove those that are the beginning of another one",
            )


def check_documented_numbers(system: System) -> Iterator[Finding]:
    """Tables with more indexes of a kind than the documentation promises."""
    for entity in system.entities:
        groups = _index_groups(entity)
        if sum(len(group.indexes) for group in groups) > TABLE_INDEXES:
            continue
        for group in groups:
            if len(group.indexes) > group.documented:
                yield Finding(
                    f"{entity.name} has {len(group.indexes)} of {quoted(group.key)}, and the "
                    f"documentation of Convex promises {group.documented} a table",
                    ("entities", entity.name, group.key),
                    Part.KEY,
                    f"its backend takes {TABLE_INDEXES} of all kinds, for now; each costs a write "
                    "for every document",
                )


@dataclass(frozen=True, slots=True)
class _IndexGroup:
    """The indexes of a table that a key of the spec declares."""

    key: str
    indexes: Sequence[object]
    documented: int


def _index_groups(entity: Entity) -> tuple[_IndexGroup, ...]:
    return (
        _IndexGroup("indexes", entity.all_indexes, DOCUMENTED_INDEXES),
        _IndexGroup("searchIndexes", entity.all_search_indexes, DOCUMENTED_SEARCH_INDEXES),
        _IndexGroup("vectorIndexes", entity.all_vector_indexes, DOCUMENTED_SEARCH_INDEXES),
    )


def check_index_fields_differ(system: System) -> Iterator[Finding]:
    """Indexes that are the same as another one, or have its name."""
    for entity in system.entities:
        owners: dict[tuple[str, ...], Index] = {}
        names: dict[str, Index] = {}
        for index in entity.all_indexes:
            owner = owners.setdefault(index.fields, index)
            if owner is not index and owner.implicit:
                # A declared one would serve, were it not staged.
                yield Finding(
                    f"the key, a reference or what is unique needs an index over "
                    f"{', '.join(index.fields)}, and {quoted(index.name)} is staged",
                    _path(entity, index),
                    Part.KEY,
                    'remove "staged", or the index, which is made by itself',
                )
                continue
            named = names.setdefault(index.name, index)
            if named is not index:
                # Declared names are keys of a mapping, so only an implicit one can come again.
                yield Finding(
                    f"{quoted(index.name)} is the name of an index over {', '.join(index.fields)} "
                    "that the key or a reference needs",
                    ("entities", entity.name, "indexes", index.name),
                    Part.KEY,
                    "name it after its own fields",
                )
            if owner is not index and not index.implicit:
                yield Finding(
                    f"the indexes {quoted(index.name)} and {quoted(owner.name)} have the same "
                    "fields",
                    _path(entity, index),
                    Part.KEY,
                    "remove one of them",
                    (("the other is", _path(entity, owner)),),
                )


def check_index_prefixes(system: System) -> Iterator[Finding]:
    """Declared indexes that are the beginning of another declared one."""
    for entity in system.entities:
        declared = [index for index in entity.indexes if not index.implicit]
        # What begins one that is too long is told when that is mended.
        longer_ones: dict[tuple[str, ...], Index] = {}
        for index in declared:
            for size in range(min(len(index.fields), INDEX_FIELDS)):
                longer_ones.setdefault(index.fields[:size], index)
        for index in declared:
            longer = longer_ones.get(index.fields)
            if longer is not None and index.name != entity.key_index:
                yield Finding(
                    f"the index {quoted(longer.name)} starts with the fields of "
                    f"{quoted(index.name)}, and serves its queries too",
                    _path(entity, index),
                    Part.KEY,
                    "remove the shorter one, unless you need its results by the time of creation",
                    (("the longer one is", _path(entity, longer)),),
                )


def check_key_fields(system: System) -> Iterator[Finding]:
    """Keys over fields that need not be there, or cannot identify."""
    for entity in system.entities:
        fields = {field.name: field for field in entity.shared_fields}
        of_variants = {field.name for variant in entity.variants for field in variant.fields}
        for name in dict.fromkeys(entity.key):
            field = fields.get(name)
            if field is None:
                if name in of_variants:
                    yield Finding(
                        f"{quoted(name)} is in the key, so it is a field of every {entity.name}",
                        ("entities", entity.name, "key", entity.key.index(name)),
                        advice='declare it in "fields", not in the objects of the union',
                    )
                continue
            path: Path = ("entities", entity.name, "fields", name)
            if field.optional or field.nullable:
                yield Finding(
                    f"{quoted(name)} is in the key, so it is always there",
                    path,
                    advice='remove the "?"' if field.optional else 'remove the "| null"',
                )
            if not isinstance(field.type, _KEY_TYPES) or isinstance(field.type, CommitTimeType):
                yield Finding(
                    f"{quoted(name)} is in the key, and values of its type cannot be",
                    path,
                    advice="keys are string, integer, int64, id<…>, ref<…>, or an enum",
                )


def _declared(entity: Entity) -> list[Index]:
    return [index for index in entity.all_indexes if not index.implicit]


def _path(entity: Entity, index: Index) -> Path:
    return ("entities", entity.name, "indexes", index.name)


RULES = (
    Rule("unknown-field", check_fields_exist),
    Rule("duplicate-field", check_fields_differ),
    Rule("index-too-long", check_index_sizes),
    Rule("reserved-name", check_argument_names),
    Rule("index-field-type", check_index_types),
    Rule("index-field-type", check_large_fields),
    Rule("too-many-indexes", check_index_numbers),
    Rule("many-indexes", check_documented_numbers),
    Rule("duplicate-index", check_index_fields_differ),
    Rule("redundant-index", check_index_prefixes),
    Rule("key-field", check_key_fields),
)
