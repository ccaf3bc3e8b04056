"""The facts of the package, which imports a module when a name of it is first used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from convexgen.facts.python.annotations import document_id
from convexgen.facts.python.imports import (
    Import,
    Module,
    local_name,
    module_of,
    sort_names,
    statements,
)
from convexgen.facts.python.storage import entity_module
from convexgen.model.classes import (
    class_names,
    given_classes,
    objects_in,
    related_classes,
    table_id_class,
)
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.types import Field

_RUNTIME = (
    "AccessDenied",
    "AlreadyExists",
    "AsyncAuth",
    "AsyncListSubscription",
    "AsyncQuery",
    "AsyncSearchQuery",
    "AsyncSubscription",
    "Auth",
    "CallEvent",
    "ChangedItem",
    "Conflict",
    "ConvexValue",
    "ConvexgenError",
    "CopiedKey",
    "DuplicateKey",
    "EnvFile",
    "FunctionHandle",
    "FunctionKind",
    "Increment",
    "Int64Value",
    "InvalidArgument",
    "Json",
    "LimitExceeded",
    "ListChange",
    "ListSubscription",
    "MISSING",
    "NotFound",
    "OnCall",
    "Order",
    "Outcome",
    "Page",
    "PrefixedKey",
    "Progress",
    "Query",
    "RandomKey",
    "Range",
    "SearchQuery",
    "ServerError",
    "Subscription",
    "Timeout",
    "UNSET",
    "Unavailable",
    "UnknownVariant",
    "Update",
    "WhereMissing",
    "is_known",
    "progress_bar",
    "trace_calls",
)
"""What programs need of the runtime besides entities."""
_COUNTED = ("AsyncCountedQuery", "CountedQuery", "NotCounted", "OffsetPage")
"""And those of packages with counted queries."""

_FILTERED = ("AsyncFilteredQuery", "Contains", "FilteredQuery", "In", "JsonComparison")
"""And those of packages with queries that have conditions."""

_WINDOWED = (
    "Around",
    "AsyncCountedWindowedQuery",
    "AsyncWindowedQuery",
    "CountedWindowedQuery",
    "Window",
    "WindowedPage",
    "WindowedQuery",
)
"""And those of packages with queries that have windows."""


_RELATED = ("Including",)
"""And that of packages whose entities may come with others."""

_READ = ("AsyncReadQuery", "ReadQuery")
"""And those of packages with stores whose queries write nothing."""

_NEAREST = ("Scored",)
"""And that of packages with searches of vectors."""

_USERS = ("AsyncFetchToken", "FetchToken")
"""And those of packages with functions for users: what gives a token."""

_SYSTEM = ("IndexDescription", "TableDescription", "TableSize")
"""What the methods of tables as a whole give."""


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What `__init__.py` has."""

    module: Module
    description: str
    typed: tuple[Import, ...]
    """What type checkers import."""
    modules: tuple[tuple[str, str], ...]
    """The names, each with its module."""
    has_aliases: bool
    """Whether something has another name in its module, without the underscore at the end."""


def package_facts(system: System, taken: frozenset[str]) -> PackageFacts:
    """The facts of the package.

    What it has besides the classes of the spec gives way to these: `Page_`.
    """
    needed = (
        *_RUNTIME,
        *(_COUNTED if system.counted else ()),
        *(_FILTERED if system.filtered else ()),
        *(_WINDOWED if system.windowed else ()),
        *(_RELATED if system.related else ()),
        *(_READ if any(not one.functions.write_found for one in system.entities) else ()),
        *(_USERS if any(entity.rules for entity in system.entities) else ()),
        *(_NEAREST if any(entity.vector_functions for entity in system.entities) else ()),
    )
    modules: dict[str, dict[str, str]] = {}
    """By module, what names are called in the package, each with the name that it has there."""

    def add(module: str, *names: str) -> None:
        modules.setdefault(module, {}).update((name, name) for name in names)

    add("_storage", "AsyncConvexStorage", "ConvexStorage")
    modules["_runtime"] = {local_name(name, taken): name for name in needed}
    if system.is_atomic:
        add("_atomic", "AtomicConvexStorage")
    if system.entities:
        classes = class_names(system)
        modules["_system"] = {local_name(name, classes): name for name in _SYSTEM}
    if system.enums:
        add("_enums", *(shape.name for shape in system.enums))
    for shape in system.objects:
        add("_objects", shape.name, *_inner(shape.fields))
    for entity in system.entities:
        add(entity_module(entity), *_entity_names(entity))
        add("_ids", document_id(entity.name))
    add("_ids", *map(table_id_class, system.outside_tables))
    for function in system.functions:
        fields = (*function.arguments, *function.whole)
        add("_functions", *_inner(fields))
    named = {name: module for module, names in modules.items() for name in names}
    return PackageFacts(
        module_of(taken),
        system.description or f"The typed client of {system.name}.",
        tuple(
            one for module in sorted(modules) for one in statements(f".{module}", modules[module])
        ),
        tuple((name, named[name]) for name in sort_names(named)),
        any(name != original for names in modules.values() for name, original in names.items()),
    )


def _entity_names(entity: Entity) -> Iterator[str]:
    """What the module of an entity has for programs."""
    yield entity.name
    yield from (variant.name for variant in entity.variants)
    yield from given_classes(entity)
    yield from related_classes(entity)
    yield from _inner(field for _, field in entity.declared_fields)


def _inner(fields: Iterable[Field]) -> Iterator[str]:
    return (one.name for one in objects_in(fields))
