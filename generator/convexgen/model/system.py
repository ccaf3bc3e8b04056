"""The data model of a spec, resolved: what the rules judge and the views render."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from convexgen.model.types import Field
from convexgen.model.unions import merge_fields
from convexgen.naming import functions_folder


class Setter(StrEnum):
    """When the backend sets a timestamp by itself."""

    ON_CREATE = "on create"
    """At creation, unless the caller gives it; kept ever after."""
    ON_WRITE = "on write"
    """At every write, whatever the caller gives."""


class Merge(StrEnum):
    """What an update does to the value that is there."""

    REPLACE = "replace"
    SHALLOW = "shallow"
    DEEP = "deep"


class Direction(StrEnum):
    """The order of a query."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Visibility(StrEnum):
    """Who may call a function: `internal` needs a deploy key, `public` nothing."""

    INTERNAL = "internal"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `ref<…>` field does besides holding a key."""

    entity: str
    cascade: bool
    """Deleting the entity referred to deletes this one."""
    touch: str | None
    """The timestamp of the entity referred to that each write of this one sets."""


@dataclass(frozen=True, slots=True)
class Default:
    """The value that is stored where a write of the whole entity gives none."""

    value: object
    """Plain data that fits the type of the field; null is None."""


@dataclass(frozen=True, slots=True)
class EntityField(Field):
    """A field of an entity."""

    setter: Setter | None = None
    merge: Merge = Merge.REPLACE
    reference: Reference | None = None
    default: Default | None = None
    immutable: bool = False
    """No update has it, and a save of another value is a conflict."""
    large: bool = False
    """The value, which is JSON, may be larger than a document."""


@dataclass(frozen=True, slots=True)
class Index:
    """A database index; Convex appends `_creationTime` to its fields."""

    name: str
    fields: tuple[str, ...]
    implicit: bool = False
    """Made for the key, for what is unique or for a cascade, not declared in the spec."""


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields of which no two entities have the same values."""

    fields: tuple[str, ...]
    index: str
    """An index whose first fields are those fields."""


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """A full-text index, and the query over it."""

    name: str
    function: str
    field: str
    filters: tuple[str, ...]
    """The fields that a search may compare for equality."""


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """An index of vectors, and the action over it."""

    name: str
    function: str
    field: str
    dimensions: int
    filters: tuple[str, ...]
    """The fields, one of which a search may compare for equality."""


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
    """A table with its key, and the functions over it."""

    name: str
    """PascalCase, singular."""
    table: str
    """The Convex table and, with it, the module of its functions."""
    key: tuple[str, ...]
    """One or more fields, in order."""
    key_index: str
    """An index whose first fields are those of the key."""
    shared_fields: tuple[EntityField, ...]
    """Those that all documents have, which are all fields where there are no variants."""
    indexes: tuple[Index, ...]
    queries: tuple[Query, ...]
    """One for each index of `queried_indexes`, then one for each declared query."""
    search_indexes: tuple[SearchIndex, ...] = ()
    vector_indexes: tuple[VectorIndex, ...] = ()
    unique: tuple[Unique, ...] = ()
    access: Access = Access()
    description: str | None = None
    deprecated: str | None = None
    """What to use instead, or empty where that is not said; None where it is not deprecated."""
    tag: str | None = None
    """The field of the variants whose values tell them apart; None where there are none."""
    variants: tuple[Variant, ...] = ()

    @property
    def fields(self) -> tuple[EntityField, ...]:
        """All fields that a document may have; those of one name in several variants are one."""
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
            if field.name not in (*self.key, self.tag)
            and field.setter is None
            and not field.immutable
        )

    @property
    def queried_indexes(self) -> tuple[Index, ...]:
        """The indexes with a query of their own: declared ones and those of what is unique."""
        return queried_indexes(self.indexes, self.unique, self.key)

    @property
    def large_fields(self) -> tuple[str, ...]:
        """The fields whose values may be larger than a document."""
        return tuple(field.name for field in self.fields if field.large)

    def may_lack(self, name: str) -> bool:
        """Whether there are documents without a field: it is optional, or not of all variants."""
        if self.field(name).optional:
            return True
        if any(field.name == name for field in self.shared_fields):
            return False
        return any(all(field.name != name for field in one.fields) for one in self.variants)

    def field(self, name: str) -> EntityField:
        """The field of that name. Raises KeyError."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


def queried_indexes(
    indexes: Sequence[Index], unique: Sequence[Unique], key: tuple[str, ...]
) -> tuple[Index, ...]:
    """Those of the indexes that have a query of their own. `getById` serves the key."""
    of_unique = {one.index for one in unique}
    return tuple(
        index
        for index in indexes
        if index.fields != key and (not index.implicit or index.name in of_unique)
    )


class FunctionKind(StrEnum):
    """What a function is to Convex."""

    QUERY = "query"
    MUTATION = "mutation"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Function:
    """A function that somebody wrote by hand, which the client calls."""

    path: str
    """As Convex has it: `reports:weekly`, or `reports` for a default export."""
    kind: FunctionKind
    arguments: tuple[Field, ...]
    input: Field | None
    """Stands for all arguments at once, where they are no object of known fields. Called `input`,
    as the spec calls it."""
    result: Field
    """Called `returns`, as the spec calls it."""
    idempotent: bool
    """It may run twice, and so be repeated."""
    description: str | None = None

    @property
    def whole(self) -> tuple[Field, ...]:
        """The input, if there is one, and the result."""
        return (self.result,) if self.input is None else (self.input, self.result)

    @property
    def module(self) -> str:
        """The module, with the folders that lead to it."""
        return self.path.partition(":")[0]

    @property
    def name(self) -> str:
        """The name in the module; that of the module for a default export."""
        module, _, name = self.path.partition(":")
        return module.rpartition("/")[2] if name in {"", "default"} else name


@dataclass(frozen=True, slots=True)
class EnumShape:
    """A named set of strings."""

    name: str
    values: tuple[str, ...]
    description: str | None = None
    is_open: bool = False
    """Whether other strings are values too."""


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """A named object, in an order in which none refers to a later one."""

    name: str
    fields: tuple[Field, ...]
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """Where the Python package goes."""

    package: str
    directory: str
    """The folder that holds the package, relative to the project, with forward slashes."""
    is_installable: bool = False
    """Whether there is a pyproject.toml beside it."""


@dataclass(frozen=True, slots=True)
class TypeScriptTarget:
    """Where the TypeScript client goes."""

    directory: str
    """The folder of its `index.ts`, relative to the project, with forward slashes."""
    has_testing: bool = False
    """Whether there is a fixture for vitest beside it."""


@dataclass(frozen=True, slots=True)
class ConvexTarget:
    """Where the Convex functions go."""

    directory: str
    """Relative to the project, with forward slashes.

    The root of the functions, or a folder below a root that is called `convex`, whose tables join
    a schema that somebody else wrote.
    """

    @property
    def path(self) -> tuple[str, ...]:
        """The folders from the root of the functions down to the directory; none for the root."""
        return functions_folder(self.directory)


@dataclass(frozen=True, slots=True)
class JsonSchemas:
    """The JSON Schemas that type JSON values."""

    text: str
    """One JSON Schema, whose `$defs` are the definitions that types name, and what they need."""
    files: tuple[str, ...]
    """Where they come from, by their paths."""


@dataclass(frozen=True)
class System:
    """Everything that one spec says."""

    name: str
    enums: tuple[EnumShape, ...]
    objects: tuple[ObjectShape, ...]
    entities: tuple[Entity, ...]
    """None where there are functions alone: then the Convex functions are all somebody's own."""
    convex: ConvexTarget
    python: PythonTarget | None
    """None where no package is wanted."""
    typescript: TypeScriptTarget | None = None
    """None where no client is wanted."""
    description: str | None = None
    functions: tuple[Function, ...] = ()
    json_schemas: JsonSchemas | None = None
    """None where no type names one."""

    @property
    def has_large_fields(self) -> bool:
        """Whether there is a table for the chunks of large values."""
        return any(entity.large_fields for entity in self.entities)

    def entity(self, name: str) -> Entity:
        """The entity of that name. Raises KeyError."""
        return self._entities_by_name[name]

    def deleted_with(self, entity: Entity) -> Sequence[tuple[Entity, EntityField]]:
        """The entities that a deletion cascades to, each with the field by which it refers."""
        return self._cascades.get(entity.name, ())

    @cached_property
    def _entities_by_name(self) -> Mapping[str, Entity]:
        return {entity.name: entity for entity in self.entities}

    @cached_property
    def _cascades(self) -> Mapping[str, Sequence[tuple[Entity, EntityField]]]:
        found: dict[str, list[tuple[Entity, EntityField]]] = {}
        for entity in self.entities:
            for field in entity.fields:
                if field.reference is not None and field.reference.cascade:
                    found.setdefault(field.reference.entity, []).append((entity, field))
        return found
