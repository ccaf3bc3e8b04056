"""The views of the storage class, of the index and of what concerns tables as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.classes import function_class, inline_objects
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.targets import ConvexTarget
from convexgen.views.convex.typescript import (
    assignment,
    call,
    comment,
    object_literal,
    statement,
    string,
)
from convexgen.views.typescript.imports import Imports


@dataclass(frozen=True, slots=True)
class StorageView:
    """What the module of the storage class prints."""

    imports: tuple[str, ...]
    comment: str
    system_store: str | None
    """None where there are no tables."""
    has_functions: bool
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemView:
    """What the module of the tables as a whole prints."""

    tables: str
    measure: str
    remove: str
    clear: str


@dataclass(frozen=True, slots=True)
class IndexView:
    """What `index.ts` prints."""

    exports: tuple[str, ...]


_JSON_SCHEMAS = "./jsonSchemas.js"
_RUNTIME_VALUES = (
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
    "isKnown",
)
_RUNTIME_TYPES = (
    "ClientOptions",
    "ConvexValue",
    "FunctionHandle",
    "Id",
    "JsonValue",
    "Page",
    "Query",
    "Range",
    "Scored",
    "SearchQuery",
    "Subscription",
)


def view_storage(system: System) -> StorageView:
    """The view of the storage class of a system."""
    imports = Imports("./", frozenset())
    imports.value("runtime/index", "Storage")
    system_store: str | None = "SystemStore"
    if not system.entities:
        system_store = None
    elif any(entity.name == "System" for entity in system.entities):
        system_store = "SystemStore_"
        imports.value("system", "SystemStore as SystemStore_")
    else:
        imports.value("system", "SystemStore")
    if system.functions:
        imports.value("functions", "HandwrittenFunctions")
    for entity in system.entities:
        imports.value(f"entities/{entity.table}", f"{entity.name}Store")
    return StorageView(
        imports.lines(),
        comment(
            system.description
            or f"The {'tables' if system.entities else 'functions'} of {system.name}."
        ),
        system_store,
        bool(system.functions),
        tuple(_store(entity) for entity in system.entities),
    )


def _store(entity: Entity) -> str:
    store = f"{entity.name}Store"
    made = call(f"new {store}", ["this._client"])
    declaration = statement(1, assignment(f"readonly {entity.table}: {store}", made))
    return comment(entity.description, 1) + declaration


def view_system(target: ConvexTarget) -> SystemView:
    """The view of what concerns tables as a whole."""
    module = "/".join([*target.path, "system"])
    return SystemView(
        string(f"{module}:tables"),
        string(f"{module}:measure"),
        string(f"{module}:remove"),
        string(f"{module}:clear"),
    )


def view_index(system: System, taken: frozenset[str]) -> IndexView:
    """The view of the index, which exports what programs use."""
    exports: dict[str, list[str]] = {
        "./runtime/index.js": [
            *(name for name in _RUNTIME_VALUES if name not in taken),
            *(f"type {name}" for name in _RUNTIME_TYPES if name not in taken),
        ],
        "./storage.js": ["ConvexStorage"],
    }
    if system.entities:
        exports["./system.js"] = ["type TableDescription", "type TableSize"]
    if system.enums:
        exports["./enums.js"] = [shape.name for shape in system.enums]
    if system.objects:
        exports["./objects.js"] = [
            f"type {name}"
            for shape in system.objects
            for name in (
                shape.name,
                *(one for _, one, _ in inline_objects(shape.fields, shape.name)),
            )
        ]
    shapes = [
        f"type {name}"
        for function in system.functions
        for _, name, _ in inline_objects(
            (*function.arguments, *function.whole), function_class(function)
        )
    ]
    if shapes:
        exports["./functions.js"] = shapes
    for entity in system.entities:
        exports[f"./entities/{entity.table}.js"] = _entity_names(entity)
    lines = {module: _export(module, names) for module, names in exports.items()}
    if system.json_schemas is not None:
        lines[_JSON_SCHEMAS] = f"export type * as jsonSchemas from {string(_JSON_SCHEMAS)};"
    return IndexView(tuple(lines[module] for module in sorted(lines)))


def _entity_names(entity: Entity) -> list[str]:
    changes = ["Changes", "Expected"] if entity.changeable_fields else []
    names = [entity.name + suffix for suffix in ("", "Input", "Key", *changes)]
    for variant in entity.variants:
        names.extend((variant.name, f"{variant.name}Input"))
    for owner, field in entity.declared_fields:
        names.extend(name for _, name, _ in inline_objects((field,), owner))
    return [f"type {name}" for name in names]


def _export(module: str, names: list[str]) -> str:
    keyword = "export type" if all(name.startswith("type ") for name in names) else "export"
    bare = [name.removeprefix("type ") if keyword == "export type" else name for name in names]
    ordered = sorted(bare, key=lambda name: name.removeprefix("type ").casefold())
    return statement(0, f"{keyword} ", object_literal(ordered), f" from {string(module)};")
