"""The facts of the package, which imports a module when a name of it is first used."""

from __future__ import annotations

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
from convexgen.model.classes import function_class, inline_objects, related_classes
from convexgen.model.system import System

_RUNTIME = (
    "AccessDenied",
    "AlreadyExists",
    "AsyncQuery",
    "AsyncSearchQuery",
    "AsyncSubscription",
    "Conflict",
    "ConvexgenError",
    "DuplicateKey",
    "FunctionHandle",
    "Increment",
    "InvalidArgument",
    "LimitExceeded",
    "MISSING",
    "NotFound",
    "Outcome",
    "Page",
    "PrefixedKey",
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
    "is_known",
)
"""What programs need of the runtime besides entities."""
_COUNTED = ("AsyncCountedQuery", "CountedQuery", "NotCounted", "OffsetPage")
"""And those of packages with counted queries."""

_FILTERED = ("AsyncFilteredQuery", "Contains", "FilteredQuery", "In")
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
    )
    names = {"AsyncConvexStorage": "_storage", "ConvexStorage": "_storage"}
    if system.entities:
        names["AtomicConvexStorage"] = "_atomic"
    names.update((local_name(name, taken), "_runtime") for name in needed)
    names.update((shape.name, "_enums") for shape in system.enums)
    names.update((shape.name, "_objects") for shape in system.objects)
    for entity in system.entities:
        for name in (entity.name, *(variant.name for variant in entity.variants)):
            names[name] = entity_module(entity)
        for name in related_classes(entity):
            names[name] = entity_module(entity)
        names[document_id(entity.name)] = "_ids"
    for function in system.functions:
        fields = (*function.arguments, *function.whole)
        classes = inline_objects(fields, function_class(function))
        names.update((name, "_functions") for _, name, _ in classes)
    runtime = {local_name(name, taken): name for name in needed}
    modules: dict[str, dict[str, str]] = {}
    for name, module in names.items():
        original = runtime[name] if module == "_runtime" else name
        modules.setdefault(module, {})[name] = original
    return PackageFacts(
        module_of(taken),
        system.description or f"The typed client of {system.name}.",
        tuple(
            one for module in sorted(modules) for one in statements(f".{module}", modules[module])
        ),
        tuple((name, names[name]) for name in sort_names(names)),
        bool(taken.intersection(needed)),
    )
