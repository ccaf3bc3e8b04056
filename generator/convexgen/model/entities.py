"""Entities: their keys, indexes and queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum

from convexgen.model.access import AccessRules
from convexgen.model.fields import EntityField, Link
from convexgen.model.filters import Filter
from convexgen.model.relations import Relation
from convexgen.model.standard_functions import ALL_FUNCTIONS, StandardFunctions
from convexgen.model.traversal import bare, takes_null
from convexgen.model.types import IdType, ListType, VectorType
from convexgen.model.unions import merge_fields
from convexgen.naming import pascal_case

DOCUMENT_ID = "_id"
"""Convex's own field, by which documents without a key are told apart."""


class Direction(StrEnum):
    """The order of a query."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Visibility(StrEnum):
    """Who may call a function: `internal` needs a deploy key, `public` nothing."""

    INTERNAL = "internal"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Index:
    """A database index; Convex appends `_creationTime` to its fields."""

    name: str
    fields: tuple[str, ...]
    implicit: bool = False
    """Made for the key, for what is unique or for a deletion, not declared in the spec."""
    counted: bool = False
    """Whether the documents are counted, for each value of the first of several fields."""
    renamed_from: str | None = None
    """What it was called before, where the spec says so."""


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields of which no two entities have the same values."""

    fields: tuple[str, ...]
    index: str
    """An index whose first fields are those fields."""
    function: str | None = None
    """The query of the one that has some values; None where a declared one is called so."""


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """A full-text index, and the query over it."""

    name: str
    function: str
    field: str
    filters: tuple[str, ...]
    """The fields that a search may compare for equality."""
    is_named: bool = False
    """Whether the spec says what its query is called."""
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """An index of vectors, and the action over it."""

    name: str
    function: str
    field: str
    dimensions: int
    filters: tuple[str, ...]
    """The fields, one of which a search may compare for equality."""
    is_named: bool = False
    """Whether the spec says what its query is called."""
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True)
class Windows:
    """Where windows around documents lie: beside them, in the order of a query."""

    across: tuple[str, ...]
    """The fields of the query in which a document may have other values than it compares."""
    ordered: tuple[str, ...]
    """The fields of the index after those that the query compares."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that an index serves: equality on `equal`, then a range on `range`, in its order."""

    name: str
    index: str
    equal: tuple[str, ...]
    """The fields compared for equality, in the order of the index."""
    range: str | None
    """The next field of the index, which bounds apply to; None where the query takes no bounds."""
    order: Direction = Direction.ASCENDING
    description: str | None = None
    implicit: bool = False
    """Given by its index, not declared in the spec."""
    counted: bool = False
    """Whether there are counts of what it finds."""
    where: Filter | None = None
    """What callers may compare besides; None where they cannot."""
    windows: Windows | None = None
    """Where windows around documents lie; None where there are none."""

    @property
    def compared(self) -> tuple[str, ...]:
        """The fields that its function takes values or bounds of."""
        return self.equal if self.range is None else (*self.equal, self.range)

    @property
    def further_functions(self) -> tuple[str, ...]:
        """What a module has for the query besides its function."""
        endings: tuple[str, ...] = ()
        if self.counted:
            endings = ("Count", "Page", "Rank")
        elif self.where is not None:
            endings = ("Count", "Filter")
        if self.windows is not None:
            endings = (*endings, "Around", "Windows")
        return tuple(f"{self.name}{ending}" for ending in endings)


_SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60, "w": 7 * 24 * 60 * 60}
"""Those of each unit of a duration."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long documents are kept, before they are deleted by themselves."""

    after: str
    """How long: a number and a unit."""
    field: str
    """The timestamp from which on they are."""

    @property
    def seconds(self) -> int:
        """How long they are kept."""
        return int(self.after[:-1]) * _SECONDS[self.after[-1]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read and who may write."""

    read: Visibility = Visibility.INTERNAL
    write: Visibility = Visibility.INTERNAL


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the shapes that documents of an entity have, with fields besides the shared ones."""

    name: str
    """The class of such documents."""
    values: tuple[str, ...]
    """Those of the tag."""
    fields: tuple[EntityField, ...]
    """The tag among them."""
    position: int
    """In the union of the spec."""
    object: str | None = None
    """The named object whose fields they are; None for one declared in place."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A table, and the functions over it."""

    name: str
    """PascalCase, singular."""
    table: str
    """The Convex table."""
    module: str
    """The module of its functions, and its store in clients: called as the table unless said."""
    key: tuple[str, ...]
    """One or more fields, in order; Convex's own `_id` where the spec names none."""
    key_index: str | None
    """An index whose first fields are those of the key; None where that is `_id`."""
    shared_fields: tuple[EntityField, ...]
    """Those that all documents have, which are all fields where there are no variants."""
    indexes: tuple[Index, ...]
    queries: tuple[Query, ...]
    """Those that indexes give, in the order of the indexes, then those declared."""
    search_indexes: tuple[SearchIndex, ...] = ()
    vector_indexes: tuple[VectorIndex, ...] = ()
    unique: tuple[Unique, ...] = ()
    access: Access = Access()
    functions: StandardFunctions = ALL_FUNCTIONS
    rules: AccessRules | None = None
    """What users may do with its documents; None where there are no functions for them."""
    retention: Retention | None = None
    """None where documents stay until somebody deletes them."""
    description: str | None = None
    deprecated: str | None = None
    """What to use instead, or empty where that is not said; None where it is not deprecated."""
    has_any_fields: bool = False
    """Whether documents may have any fields, of which none are known."""
    tag: str | None = None
    """The field of the variants whose values tell them apart; None where there are none."""
    variants: tuple[Variant, ...] = ()
    inner_fields: tuple[EntityField, ...] = ()
    """Those of objects in its fields that indexes, searches or conditions name by paths."""
    composite_links: tuple[Link, ...] = ()
    """How it refers to entities with keys of several fields."""
    staged_indexes: tuple[Index, ...] = ()
    """Those that Convex builds for later, which nothing may read until then."""
    staged_search_indexes: tuple[SearchIndex, ...] = ()
    staged_vector_indexes: tuple[VectorIndex, ...] = ()
    relations: tuple[Relation, ...] = ()
    """What its documents may come with."""
    is_written: bool = True
    """Whether it has functions that write, or a deletion of one that has them concerns it."""
    is_related: bool = False
    """Whether those of others may come with its documents."""
    renamed_from: str | None = None
    """What it was called before, where the spec says so."""
    fields: tuple[EntityField, ...] = dataclass_field(init=False, repr=False, compare=False)
    """All fields that a document may have; those of one name in several variants are one."""
    comparable_fields: tuple[EntityField, ...] = dataclass_field(
        init=False, repr=False, compare=False
    )
    """What indexes, searches and conditions are over: its fields, and those in objects."""
    by_name: Mapping[str, EntityField] = dataclass_field(init=False, repr=False, compare=False)
    """Those, by their names and paths."""

    def __post_init__(self) -> None:
        # Once for all that asks for each of hundreds of variants' fields.
        fields = self._merged_fields()
        comparable = (*fields, *self.inner_fields)
        for name, value in (
            ("fields", fields),
            ("comparable_fields", comparable),
            ("by_name", {one.name: one for one in reversed(comparable)}),
        ):
            object.__setattr__(self, name, value)

    @property
    def has_user_functions(self) -> bool:
        """Whether users may do anything: without reading, they may do nothing else."""
        return self.rules is not None and bool(self.rules.read)

    @property
    def is_written_by_users(self) -> bool:
        """Whether users may create, change or delete any."""
        rules = self.rules
        if rules is None or not self.has_user_functions:
            return False
        return bool(rules.create or rules.update or rules.delete)

    @property
    def retention_index(self) -> Index | None:
        """An index that has the documents in the order in which they are deleted, if one has."""
        if self.retention is None:
            return None
        first = self.retention.field
        return next((index for index in self.indexes if index.fields[0] == first), None)

    @property
    def has_key(self) -> bool:
        """Whether fields of its own tell documents apart, not Convex's `_id` alone."""
        return self.key != (DOCUMENT_ID,)

    @property
    def all_indexes(self) -> tuple[Index, ...]:
        """The database indexes that the table has, staged ones included."""
        return (*self.indexes, *self.staged_indexes)

    @property
    def all_search_indexes(self) -> tuple[SearchIndex, ...]:
        """The full-text indexes that the table has, staged ones included."""
        return (*self.search_indexes, *self.staged_search_indexes)

    @property
    def all_vector_indexes(self) -> tuple[VectorIndex, ...]:
        """The indexes of vectors that the table has, staged ones included."""
        return (*self.vector_indexes, *self.staged_vector_indexes)

    @property
    def links(self) -> tuple[Link, ...]:
        """How it refers to entities: by a field, then by several."""
        own = [
            Link((field.name,), field.reference)
            for field in self.fields
            if field.reference is not None
        ]
        return (*own, *self.composite_links)

    def _merged_fields(self) -> tuple[EntityField, ...]:
        if not self.variants:
            return self.shared_fields
        shared = {field.name for field in self.shared_fields}
        own: dict[str, list[EntityField]] = {}
        for variant in self.variants:
            for field in variant.fields:
                if field.name not in shared:
                    own.setdefault(field.name, []).append(field)
        return (*self.shared_fields, *(merge_fields(fields) for fields in own.values()))

    @property
    def untagged_vectors(self) -> tuple[EntityField, ...]:
        """The fields of variants without a tag that are one vector wherever they are.

        Whose field a vector is need not be known to check it.
        """
        own = {field.name for variant in self.variants for field in variant.fields}
        return tuple(
            field
            for field in self.fields
            if self.tag is None and field.name in own and isinstance(bare(field.type), VectorType)
        )

    @property
    def tag_attribute(self) -> str:
        """What Python calls the tag; empty where there is none."""
        return "" if self.tag is None else self.field(self.tag).attribute

    @property
    def declared_fields(self) -> tuple[tuple[str, EntityField], ...]:
        """All fields as they are declared, each with the class that has it."""
        own = [(variant.name, field) for variant in self.variants for field in variant.fields]
        return (*((self.name, field) for field in self.shared_fields), *own)

    @property
    def changeable_fields(self) -> tuple[EntityField, ...]:
        """Those that an update may change."""
        return tuple(
            field
            for field in self.fields
            if field.name not in (*self.key, self.tag) and field.is_changeable
        )

    @property
    def creation_fields(self) -> tuple[EntityField, ...]:
        """Those that an upsert gives to a new one besides its key, and that no update changes."""
        changeable = self.changeable_fields
        return tuple(
            field
            for field in self.fields
            if changeable
            and field.name not in self.key
            and field not in changeable
            and not field.is_read_only
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of documents that are no fields: indexes have them in place of some."""
        return tuple(field.index_column for field in self.fields if field.absent_last)

    @property
    def set_by_backend(self) -> tuple[str, ...]:
        """What documents have that no caller writes."""
        return (*(field.name for field in self.fields if field.is_read_only), *self.columns)

    @property
    def derived_fields(self) -> tuple[EntityField, ...]:
        """Those that follow from others."""
        return tuple(field for field in self.fields if field.derived is not None)

    @property
    def counted_indexes(self) -> tuple[Index, ...]:
        """The indexes whose documents are counted."""
        return tuple(index for index in self.indexes if index.counted)

    @property
    def large_fields(self) -> tuple[str, ...]:
        """The fields whose values may be larger than a document."""
        return tuple(field.name for field in self.fields if field.large and not field.rows)

    @property
    def row_fields(self) -> tuple[EntityField, ...]:
        """The records whose entries are documents of a table of their own."""
        return tuple(field for field in self.shared_fields if field.rows)

    @property
    def has_queries(self) -> bool:
        """Whether it declares what functions of the kind `queries` find documents by."""
        return any((self.queries, self.search_indexes, self.vector_indexes, self.unique))

    @property
    def query_functions(self) -> tuple[Query, ...]:
        """The queries of which there are functions."""
        return self.queries if self.functions.queries else ()

    @property
    def search_functions(self) -> tuple[SearchIndex, ...]:
        """The full-text indexes of which there are functions."""
        return self.search_indexes if self.functions.queries else ()

    @property
    def vector_functions(self) -> tuple[VectorIndex, ...]:
        """The indexes of vectors of which there are functions."""
        return self.vector_indexes if self.functions.queries else ()

    @property
    def unique_functions(self) -> tuple[Unique, ...]:
        """What is unique and has a query of the one that has some values."""
        named = tuple(one for one in self.unique if one.function is not None)
        return named if self.functions.queries else ()

    def rows_table(self, field: EntityField) -> str:
        """The table of the entries of a record."""
        return f"{self.table}{pascal_case(field.name)}"

    def may_lack(self, name: str) -> bool:
        """Whether there are documents without a field: it is optional, or not of all variants."""
        if name == DOCUMENT_ID:
            return False
        if self.field(name).optional:
            return True
        if any(field.name == name for field in (*self.shared_fields, *self.inner_fields)):
            return False
        return any(all(field.name != name for field in one.fields) for one in self.variants)

    def may_be_null(self, name: str) -> bool:
        """Whether there are documents where a field is null."""
        field = self.field(name)
        return field.nullable or takes_null(field.type)

    def may_hold_null(self, name: str) -> bool:
        """Whether a field is a list that null may be in."""
        type_ = bare(self.field(name).type)
        return isinstance(type_, ListType) and takes_null(type_.element)

    def field(self, name: str) -> EntityField:
        """The field of that name, of which `_id` is one, or at that path. Raises KeyError."""
        if name == DOCUMENT_ID:
            return EntityField(DOCUMENT_ID, IdType(self.name), python="doc_id")
        return self.by_name[name]
