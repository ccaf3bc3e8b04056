"""The views of the storage classes, of the package and of the document IDs."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.classes import function_class, inline_objects
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.targets import ConvexTarget
from convexgen.naming import python_identifier, python_module
from convexgen.views.python.annotations import Imports, document_id, local_name
from convexgen.views.python.models import aliased_imports, import_lines
from convexgen.views.python.source import (
    call,
    definition,
    docstring,
    imports,
    sort_names,
    statement,
    string,
)


@dataclass(frozen=True, slots=True)
class StorePropertyView:
    """A store as an attribute of a storage."""

    definition: str
    import_: str
    result: str
    async_definition: str
    async_import: str
    async_result: str
    imports: str
    """Of both stores, for type checkers."""


@dataclass(frozen=True, slots=True)
class StorageView:
    """What the module of the storage classes prints."""

    docstring: str
    async_docstring: str
    has_functions: bool
    """Whether there are functions written by hand."""
    has_tables: bool
    stores: tuple[StorePropertyView, ...]


@dataclass(frozen=True, slots=True)
class SystemView:
    """What the module of the tables as a whole prints."""

    tables: str
    measure: str
    remove: str
    clear: str


@dataclass(frozen=True, slots=True)
class IdsView:
    """What the module of the document IDs prints."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageView:
    """What `__init__.py` prints."""

    docstring: str
    libraries: tuple[str, ...]
    """The imports that always run."""
    imports: tuple[str, ...]
    """Those for type checkers."""
    any: str
    modules: tuple[str, ...]
    has_aliases: bool
    """Whether something has another name in its module, without the underscore at the end."""
    exports: tuple[str, ...]


_RUNTIME = (
    "AccessDenied",
    "AlreadyExists",
    "AsyncSubscription",
    "Conflict",
    "ConvexgenError",
    "DuplicateKey",
    "FunctionHandle",
    "InvalidArgument",
    "LimitExceeded",
    "MISSING",
    "NotFound",
    "Page",
    "Range",
    "ServerError",
    "Subscription",
    "Timeout",
    "UNSET",
    "Unavailable",
    "UnknownVariant",
    "is_known",
)


def entity_module(entity: Entity) -> str:
    """The module of an entity in the package."""
    return python_module(entity.table)


def view_storage(system: System) -> StorageView:
    """The view of the storage classes of a system."""
    what = "tables" if system.entities else "functions"
    return StorageView(
        docstring(f"The {what} of a deployment. May be shared by threads.", 1),
        docstring(f"The {what} of a deployment, from asyncio. See `ConvexStorage`.", 1),
        bool(system.functions),
        bool(system.entities),
        tuple(
            sorted(
                (_store_property(entity) for entity in system.entities),
                key=lambda store: store.imports,
            )
        ),
    )


def _store_property(entity: Entity) -> StorePropertyView:
    module = entity_module(entity)
    name = python_identifier(entity.table)
    store, async_store = f"{entity.name}Store", f"Async{entity.name}Store"
    return StorePropertyView(
        statement(1, definition("def", name, ["self"], string(store))),
        imports(f".{module}", [store], level=2),
        statement(2, "return ", call(store, ["self._client"])),
        statement(1, definition("def", name, ["self"], string(async_store))),
        imports(f".{module}", [async_store], level=2),
        statement(2, "return ", call(async_store, ["self._client"])),
        imports(f".{module}", [store, async_store], level=1),
    )


def view_system(target: ConvexTarget) -> SystemView:
    """The view of what concerns tables as a whole."""
    module = "/".join([*target.path, "system"])
    return SystemView(
        string(f"{module}:tables"),
        string(f"{module}:measure"),
        string(f"{module}:remove"),
        string(f"{module}:clear"),
    )


def view_ids(system: System) -> IdsView:
    """The view of the document IDs: one type for each entity, so that none is taken for another."""
    return IdsView(
        tuple(
            statement(0, f"{name} = ", call("NewType", [string(name), "str"]))
            for name in (document_id(entity.name) for entity in system.entities)
        ),
    )


def view_package(system: System, taken: frozenset[str]) -> PackageView:
    """The view of the package, which imports a module when a name of it is first used.

    What the package has besides the classes of the spec gives way to these: `Page_`.
    """
    names: dict[str, str] = {
        "AsyncConvexStorage": "_storage",
        "ConvexStorage": "_storage",
    }
    names.update((local_name(name, taken), "_runtime") for name in _RUNTIME)
    names.update((shape.name, "_enums") for shape in system.enums)
    names.update((shape.name, "_objects") for shape in system.objects)
    for entity in system.entities:
        for name in (entity.name, *(variant.name for variant in entity.variants)):
            names[name] = entity_module(entity)
        names[document_id(entity.name)] = "_ids"
    for function in system.functions:
        fields = (*function.arguments, *function.whole)
        classes = inline_objects(fields, function_class(function))
        names.update((name, "_functions") for _, name, _ in classes)
    modules: dict[str, list[str]] = {"_runtime": list(_RUNTIME)}
    for name, module in names.items():
        if module != "_runtime":
            modules.setdefault(module, []).append(name)
    ordered = sort_names(names)
    libraries = Imports(taken)
    libraries.add("importlib", "import_module as _import_module")
    libraries.add("typing", "TYPE_CHECKING", "Any")
    return PackageView(
        docstring(system.description or f"The typed client of {system.name}.", 0),
        import_lines(libraries),
        tuple(
            line
            for module, found in sorted(modules.items())
            for line in aliased_imports(
                f".{module}", found, taken if module == "_runtime" else frozenset(), level=1
            )
        ),
        libraries.called("Any"),
        tuple(f"    {string(name)}: {string(names[name])}," for name in ordered),
        bool(taken.intersection(_RUNTIME)),
        tuple(f"    {string(name)}," for name in ordered),
    )
