"""The facts of the module of an entity: its interfaces, its store and what that knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from convexgen.facts.checks import entity_check
from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.codecs import entity_codec, fields_codec
from convexgen.facts.typescript.filters import Where, where_facts
from convexgen.facts.typescript.interfaces import (
    Interface,
    Property,
    inline_interfaces,
    property_of,
)
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript.nulls import may_be_left_out, nulls_by_name, required_fields
from convexgen.facts.typescript.types import Types
from convexgen.facts.typescript_text import literal, string
from convexgen.model import relations
from convexgen.model.arguments import query_arguments, renamed_arguments, search_arguments
from convexgen.model.counting import documents_per_call
from convexgen.model.entities import Direction, Entity, Query, SearchIndex, VectorIndex
from convexgen.model.fields import EntityField
from convexgen.model.numbers import first_number, is_int64, number_fields
from convexgen.model.paths import is_path
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import System
from convexgen.naming import JAVASCRIPT_WORDS, camel_case, client_query_method, snake_case

_OF_QUERIES = frozenset({"order"})
_OF_RELATED = frozenset({"include"})
_OF_SEARCHES = frozenset({"limit"})
_OF_CALLS = frozenset({"signal", "timeout"})
"""What options have besides the fields that are compared."""


@dataclass(frozen=True, slots=True)
class Document:
    """A shape of the documents of an entity: the only one, or a variant."""

    name: Code
    ending: str
    """Which documents these are, after what the entity is; empty for the only shape."""
    written: Sequence[Property]
    read: Sequence[Property]
    """What may be left out in writing, or is not written."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A field that a query compares."""

    name: Code
    parameter: Code
    option: Code
    """What it is called among the options."""
    type: Code


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A query that an index serves."""

    function: str
    method: Code
    description: str | None
    equal: Sequence[Compared]
    bound: Compared | None
    is_descending: bool
    is_counted: bool
    where: Where | None
    """None where callers compare nothing besides."""
    has_windows: bool


@dataclass(frozen=True, slots=True)
class Getter:
    """A query of the one that has some values, of which no two have the same."""

    function: str
    method: Code
    fields: Sequence[Compared]


@dataclass(frozen=True, slots=True)
class Search:
    """A search of words or of vectors."""

    function: str
    method: Code
    field: str
    filters: Sequence[Compared]


@dataclass(frozen=True, slots=True)
class Relation:
    """What an entity may come with."""

    name: Code
    description: str | None
    type: Code
    is_many: bool
    described: Code
    """What the store of that knows of it."""


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What the template of the module of an entity asks."""

    names: Names
    name: Code
    table: str
    module: str
    """That of its functions."""
    words: str
    argument: str
    description: str
    nested: Sequence[Interface]
    """Of the objects that are declared in its fields."""
    documents: Sequence[Document]
    has_variants: bool
    has_any_fields: bool
    has_key: bool
    """Whether fields tell entities apart, not their document IDs alone."""
    key: Sequence[str]
    key_type: Code | None
    """That of its only field."""
    is_updatable: bool
    fixed: Sequence[str]
    """The fields that no update changes."""
    entries: Sequence[str]
    """The records whose entries are documents of their own."""
    numbers: Sequence[tuple[Code, Code]]
    """Those that an update may add to, with what a new document counts from."""
    relations: Sequence[Relation]
    is_related: bool
    """Whether others may come with it."""
    getters: Sequence[Getter]
    queries: Sequence[IndexQuery]
    searches: Sequence[Search]
    vector_searches: Sequence[Search]
    fields: Sequence[str]
    """Those that are written, of all variants."""
    optional: Sequence[str]
    required: Sequence[str]
    """Those that nobody leaves out in writing, of no variant."""
    may_be_absent: Sequence[str]
    """The fields that documents may lack; optional ones, and those that not all variants have."""
    nullable: Code | None
    """The fields where null is a value, or in it."""
    set_by_backend: Sequence[str]
    """What documents have besides fields."""
    sensitive: Sequence[str]
    """What functions call these, too."""
    check: Code | None
    codec: Code | None
    partial_codec: Code | None
    """Of fields without the tag that tells variants apart."""
    documents_per_call: int | None
    """How many one call saves, where it is less than usual."""
    has: StandardFunctions
    """The kinds of functions that there are."""


def entity_facts(entity: Entity, system: System, taken: frozenset[str]) -> EntityFacts:
    """The facts of the module of an entity."""
    names = Names("../", taken)
    types = Types(names, system)
    changeable = {field.name for field in entity.changeable_fields}
    has = entity.functions
    is_described = has.any or entity.is_related
    partial = fields_codec(entity.fields, system) if entity.variants and is_described else None
    only = entity.field(entity.key[0]) if len(entity.key) == 1 else None
    renamed = renamed_arguments(entity)
    return EntityFacts(
        names=names,
        name=identifier(entity.name),
        table=entity.table,
        module="/".join([*system.convex.path, entity.module]),
        words=snake_case(entity.name).replace("_", " "),
        argument=camel_case(entity.name),
        description=entity.description or f"A document of `{entity.table}`.",
        nested=inline_interfaces((field for _, field in entity.declared_fields), types),
        documents=list(_documents(entity, types)),
        has_variants=bool(entity.variants),
        has_any_fields=entity.has_any_fields,
        has_key=entity.has_key,
        key=list(entity.key),
        key_type=types.of_field(only) if only else None,
        is_updatable=bool(changeable),
        fixed=[field.name for field in entity.fields if field.name not in changeable],
        entries=[field.name for field in entity.row_fields],
        numbers=[
            (identifier(field.name), literal(first_number(field), bigint=is_int64(field)))
            for field in number_fields(entity)
        ],
        relations=[_relation(one, entity, names, system) for one in entity.relations if has.read],
        is_related=entity.is_related,
        getters=[
            Getter(
                one.function,
                identifier(one.function),
                [_unique(name, entity, types) for name in one.fields],
            )
            for one in entity.unique_functions
            if one.function is not None
        ],
        queries=[_query(query, entity, types) for query in entity.query_functions],
        searches=[word_search(index, entity, types) for index in entity.search_functions],
        vector_searches=[
            _search(index, entity, types, _OF_SEARCHES | _OF_CALLS)
            for index in entity.vector_functions
        ],
        fields=[field.name for field in entity.fields if not field.is_read_only],
        optional=[field.name for field in entity.fields if field.optional],
        required=required_fields(entity),
        may_be_absent=[name for name, path in _named(entity) if entity.may_lack(path)],
        nullable=nulls_by_name(
            ((name, entity.field(path)) for name, path in _named(entity)), system
        ),
        set_by_backend=list(entity.set_by_backend),
        sensitive=[
            *(field.name for field in entity.comparable_fields if field.sensitive),
            *dict.fromkeys(
                argument for field, argument in renamed if entity.field(field).sensitive
            ),
        ],
        check=names.expression(
            "runtime/checks", entity_check(entity, system) if is_described else None
        ),
        codec=names.expression(
            "runtime/codecs", entity_codec(entity, system) if is_described else None
        ),
        partial_codec=names.expression("runtime/codecs", partial),
        documents_per_call=documents_per_call(entity),
        has=has,
    )


def _named(entity: Entity) -> list[tuple[str, str]]:
    """What functions call the fields of an entity, each with the field's own name, or its path."""
    own = [field.name for field in entity.comparable_fields if not is_path(field.name)]
    renamed = {argument: path for path, argument in renamed_arguments(entity)}
    return [*((name, name) for name in own), *renamed.items()]


def _relation(
    relation: relations.Relation, entity: Entity, names: Names, system: System
) -> Relation:
    other = system.entity(relation.entity)
    module = f"entities/{other.module}"
    is_own = other.name == entity.name
    described = f"{camel_case(other.name)}Description"
    return Relation(
        identifier(relation.name),
        relation.description,
        identifier(other.name) if is_own else names.type_of(module, other.name),
        relation.is_many,
        Code("description") if is_own else names.value_of(module, "description", described),
    )


def _documents(entity: Entity, types: Types) -> Iterator[Document]:
    if not entity.variants:
        yield _document(entity.name, "", entity.shared_fields, types)
    for variant in entity.variants:
        values = " or ".join(map(string, variant.values))
        ending = "" if entity.tag is None else f"\n\nOne whose `{entity.tag}` is {values}."
        fields = (*entity.shared_fields, *variant.fields)
        yield _document(variant.name, ending, fields, types)


def _document(name: str, ending: str, fields: Sequence[EntityField], types: Types) -> Document:
    written = [
        property_of(field, types, is_optional=may_be_left_out(field))
        for field in fields
        if not field.is_read_only
    ]
    read = [
        property_of(field, types, is_optional=field.optional)
        for field in fields
        if field.is_read_only or (not field.optional and may_be_left_out(field))
    ]
    return Document(identifier(name), ending, written, read)


def _query(query: Query, entity: Entity, types: Types) -> IndexQuery:
    equal, bound = compared_by(query, entity, types)
    return IndexQuery(
        query.name,
        identifier(client_query_method(query.name)),
        query.description,
        equal,
        bound,
        query.order is Direction.DESCENDING,
        query.counted,
        where_facts(query, entity, types),
        query.windows is not None,
    )


def compared_by(
    query: Query, entity: Entity, types: Types
) -> tuple[list[Compared], Compared | None]:
    """What a query compares, and what it takes bounds of."""
    options = _OF_QUERIES | _OF_RELATED if entity.relations else _OF_QUERIES
    compared = [
        _compared(name, argument, entity, types, options)
        for name, argument in query_arguments(query, entity).items()
    ]
    number = len(query.equal)
    return compared[:number], next(iter(compared[number:]), None)


def word_search(index: SearchIndex, entity: Entity, types: Types) -> Search:
    """The facts of a search of words."""
    return _search(index, entity, types, _OF_SEARCHES)


def _search(
    index: SearchIndex | VectorIndex, entity: Entity, types: Types, options: frozenset[str]
) -> Search:
    return Search(
        index.function,
        identifier(index.function),
        index.field,
        [
            _compared(name, argument, entity, types, options)
            for name, argument in search_arguments(index, entity).items()
        ],
    )


def _unique(name: str, entity: Entity, types: Types) -> Compared:
    """As `_compared`, of a value that is there and not null."""
    field = replace(entity.field(name), nullable=False)
    is_taken = name in JAVASCRIPT_WORDS or name == "options"
    parameter = identifier(f"{name}_" if is_taken else name)
    return Compared(identifier(name), parameter, parameter, types.of_field(field))


def _compared(
    name: str, argument: str, entity: Entity, types: Types, options: frozenset[str]
) -> Compared:
    """With an underscore after words of JavaScript, and after what the method takes besides."""
    is_taken = argument in JAVASCRIPT_WORDS or argument == "options"
    return Compared(
        identifier(argument),
        identifier(f"{argument}_" if is_taken else argument),
        identifier(f"{argument}_" if argument in options else argument),
        types.compared(name, entity),
    )
