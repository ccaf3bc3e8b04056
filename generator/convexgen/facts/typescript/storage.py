"""The facts of the storage class, of the index and of what concerns tables as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.names import Names
from convexgen.model.classes import (
    objects_in,
    related_class,
    whole_store_class,
)
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.naming import files_attribute

_RUNTIME_VALUES = (
    "Aborted",
    "AccessDenied",
    "AlreadyExists",
    "Conflict",
    "ConvexgenError",
    "DuplicateKey",
    "InvalidArgument",
    "LimitExceeded",
    "NotFound",
    "ServerError",
    "Timeout",
    "UNSET",
    "Unavailable",
    "increment",
    "isKnown",
)
_RUNTIME_TYPES = (
    "AtomicStorage",
    "CallEvent",
    "CallOptions",
    "ClientOptions",
    "ConvexValue",
    "FunctionHandle",
    "Id",
    "Increment",
    "JsonValue",
    "Outcome",
    "Page",
    "Query",
    "Range",
    "Scored",
    "SearchQuery",
    "SnapshotStorage",
    "Subscription",
    "Update",
)
_COUNTED_VALUES = ("NotCounted",)
_COUNTED_TYPES = ("CountedQuery", "OffsetPage")
"""Of clients with counted queries."""
_FILTERED_TYPES = ("Contains", "FilteredQuery", "In", "JsonComparison")
"""Of clients with queries that have conditions."""
_WINDOWED_TYPES = ("Around", "CountedWindowedQuery", "Window", "WindowedPage", "WindowedQuery")
"""Of clients with queries that have windows."""
_READ_TYPES = ("ReadQuery",)
"""Of clients with stores whose queries write nothing."""
_FILE_TYPES = ("FileSource", "StoredFiles", "UploadOptions")
"""Of clients with stored files."""
_RELATED_TYPES = ("Including",)
"""Of clients whose entities may come with others."""


@dataclass(frozen=True, slots=True)
class StoreProperty:
    """The store of an entity in the storage class."""

    name: Code
    type: Code
    made: Code
    """The class of the store, which may have more than the type."""
    description: str | None


@dataclass(frozen=True, slots=True)
class FilesProperty:
    """The property for stored files, and the module of their functions."""

    name: Code
    module: str


@dataclass(frozen=True, slots=True)
class StorageFacts:
    """What the template of the storage class asks."""

    names: Names
    description: str
    system_store: Code | None
    """None where there are no tables."""
    functions: Code | None
    """None where there are none."""
    has_users: bool
    """Whether there are functions for users."""
    stores: Sequence[StoreProperty]
    files: FilesProperty | None
    """None where there are no functions of stored files."""


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """What the template of the tables as a whole asks."""

    module: str
    """That of its functions."""
    tables: Sequence[str]
    """What the tables are called."""
    counted: bool
    """Whether there are counted indexes."""
    deletes: bool
    """Whether documents are deleted by their IDs."""
    clears: bool
    """Whether all documents of a table are."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A name that the index exports."""

    name: Code
    is_type: bool


@dataclass(frozen=True, slots=True)
class Export:
    """What the index exports of a module."""

    module: str
    names: Sequence[Exported] = ()
    namespace: Code | None = None
    """What stands before its types, where none is exported by its name."""

    @property
    def is_types_only(self) -> bool:
        """Whether it exports no value."""
        return all(one.is_type for one in self.names)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What the template of the index asks."""

    exports: Sequence[Export]


def storage_facts(system: System) -> StorageFacts:
    """The facts of the storage class of a system."""
    names = Names("./", frozenset())
    holds = "tables" if system.entities else "functions"
    is_taken = any(entity.name == "System" for entity in system.entities)
    local = "SystemStore_" if is_taken else None
    return StorageFacts(
        names,
        system.description or f"The {holds} of {system.name}.",
        names.value_of("system", "SystemStore", local) if system.entities else None,
        names.value_of("functions", "HandwrittenFunctions") if system.functions else None,
        any(entity.has_user_functions for entity in system.entities),
        [_store(entity, names) for entity in system.entities if entity.functions.any],
        _files(system),
    )


def _store(entity: Entity, names: Names) -> StoreProperty:
    module, name = f"entities/{entity.module}", f"{entity.name}Store"
    if entity.functions.all:
        type_ = made = names.value_of(module, name)
    else:
        type_ = names.type_of(module, name)
        made = names.value_of(module, whole_store_class(entity.name))
    return StoreProperty(identifier(entity.module), type_, made, entity.description)


def _files(system: System) -> FilesProperty | None:
    if system.files is None:
        return None
    name = files_attribute(entity.module for entity in system.entities)
    return FilesProperty(identifier(name), "/".join([*system.convex.path, "system"]))


def system_facts(system: System) -> SystemFacts:
    """The facts of what concerns tables as a whole."""
    return SystemFacts(
        "/".join([*system.convex.path, "system"]),
        [entity.table for entity in system.entities],
        system.counted,
        any(entity.functions.delete for entity in system.entities),
        any(entity.functions.clear for entity in system.entities),
    )


def index_facts(system: System, taken: frozenset[str]) -> IndexFacts:
    """The facts of the index, which exports what programs use."""
    needed_types = (
        *_RUNTIME_TYPES,
        *(_COUNTED_TYPES if system.counted else ()),
        *(_FILTERED_TYPES if system.filtered else ()),
        *(_WINDOWED_TYPES if system.windowed else ()),
        *(_RELATED_TYPES if system.related else ()),
        *(_READ_TYPES if any(not one.functions.write_found for one in system.entities) else ()),
        *(_FILE_TYPES if system.files is not None else ()),
    )
    needed_values = (*_RUNTIME_VALUES, *(_COUNTED_VALUES if system.counted else ()))
    exports = [
        _export(
            "./runtime/index.js",
            (name for name in needed_types if name not in taken),
            (name for name in needed_values if name not in taken),
        ),
        _export("./storage.js", (), ["ConvexStorage"]),
    ]
    if system.entities:
        exports.append(_export("./system.js", ["TableDescription", "TableSize"]))
    if system.enums:
        exports.append(_export("./enums.js", (), [shape.name for shape in system.enums]))
    if system.objects:
        inner = objects_in(field for shape in system.objects for field in shape.fields)
        names = [*(shape.name for shape in system.objects), *(one.name for one in inner)]
        exports.append(_export("./objects.js", names))
    of_functions = [
        inner.name for one in system.functions for inner in objects_in((*one.arguments, *one.whole))
    ]
    if of_functions:
        exports.append(_export("./functions.js", of_functions))
    for entity in system.entities:
        exports.append(_export(f"./entities/{entity.module}.js", _entity_types(entity)))
    if system.json_schemas is not None:
        exports.append(Export("./jsonSchemas.js", namespace=Code("jsonSchemas")))
    return IndexFacts(sorted(exports, key=lambda one: one.module))


def _entity_types(entity: Entity) -> Iterator[str]:
    changes = ("Changes", "Expected") if entity.changeable_fields else ()
    for suffix in ("", "Input", "Key", *changes):
        yield entity.name + suffix
    if entity.relations and entity.functions.read:
        yield related_class(entity.name)
    for variant in entity.variants:
        yield variant.name
        yield f"{variant.name}Input"
    for one in objects_in(field for _, field in entity.declared_fields):
        yield one.name


def _export(module: str, types: Iterable[str], values: Iterable[str] = ()) -> Export:
    names = [(name, True) for name in types] + [(name, False) for name in values]
    # As formatters and linters sort them.
    names.sort(key=lambda one: one[0].casefold())
    return Export(module, [Exported(identifier(name), is_type) for name, is_type in names])
