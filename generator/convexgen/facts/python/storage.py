"""The facts of the storage classes, of the document IDs and of the tables as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import document_id
from convexgen.facts.python.imports import Module, module_of
from convexgen.model.classes import table_id_class
from convexgen.model.client_code import MAIN, StorageBase
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.naming import files_attribute, python_identifier, python_module


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """A store as an attribute of a storage."""

    attribute: Code
    module: Code
    name: Code
    writes: Code
    """The store of an atomic block."""


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """A base of the storage classes."""

    sync: Code
    from_asyncio: Code


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """The attribute for stored files, and the module of their functions."""

    attribute: Code
    module: str


@dataclass(frozen=True, slots=True)
class StorageFacts:
    """The module of the storage classes."""

    module: Module
    has_functions: bool
    """Whether there are functions written by hand."""
    has_tables: bool
    writes: bool
    """Whether there are functions that write tables."""
    stores: tuple[StoreFacts, ...]
    has_users: bool
    """Whether there are functions for users."""
    bases: tuple[BaseFacts, ...]
    """What comes with the spec."""
    files: FilesFacts | None
    """None where there are no functions of stored files."""


@dataclass(frozen=True, slots=True)
class AtomicFacts:
    """The module of atomic blocks."""

    module: Module
    stores: tuple[StoreFacts, ...]


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """The module of the tables as a whole."""

    module: Module
    functions: str
    """The module of the functions."""
    tables: Sequence[str]
    """What the tables are called."""
    counted: bool
    """Whether there are counted indexes."""
    deletes: bool
    """Whether documents are deleted by their IDs."""
    clears: bool
    """Whether all documents of a table are."""


@dataclass(frozen=True, slots=True)
class IdsFacts:
    """The document IDs: one type for each table, so that none is taken for another."""

    ids: tuple[Code, ...]


def entity_module(entity: Entity) -> str:
    """The module of an entity in the package."""
    return python_module(entity.module)


def storage_facts(system: System) -> StorageFacts:
    """The facts of the storage classes of a system."""
    module = module_of()
    bases = [
        _base(code.name, code.storage, module)
        for code in system.client_code
        if code.storage is not None
    ]
    return StorageFacts(
        module,
        bool(system.functions),
        bool(system.entities),
        system.is_atomic,
        _stores(system),
        any(entity.has_user_functions for entity in system.entities),
        tuple(bases),
        _files(system),
    )


def atomic_facts(system: System) -> AtomicFacts:
    """The facts of the stores of atomic blocks."""
    return AtomicFacts(module_of(), _stores(system, writes=True))


def _files(system: System) -> FilesFacts | None:
    if system.files is None:
        return None
    name = files_attribute(python_identifier(entity.module) for entity in system.entities)
    return FilesFacts(identifier(name), "/".join([*system.convex.path, "system"]))


def _stores(system: System, *, writes: bool = False) -> tuple[StoreFacts, ...]:
    stores = [
        StoreFacts(
            identifier(python_identifier(entity.module)),
            identifier(entity_module(entity)),
            identifier(f"{entity.name}Store"),
            identifier(f"{entity.name}Writes"),
        )
        for entity in system.entities
        if (entity.functions.write if writes else entity.functions.any)
    ]
    return tuple(sorted(stores, key=lambda store: store.module))


def _base(package: str, storage: StorageBase, module: Module) -> BaseFacts:
    if storage.module == MAIN:
        called = module.imports.name(".", package)
    else:
        name = f"{package}_{storage.module}"
        called = module.imports.name(f".{package}", storage.module, name)
    return BaseFacts(Code(f"{called}.{storage.name}"), Code(f"{called}.{storage.async_name}"))


def system_facts(system: System) -> SystemFacts:
    """The facts of what concerns tables as a whole."""
    module = "/".join([*system.convex.path, "system"])
    return SystemFacts(
        module_of(),
        module,
        [entity.table for entity in system.entities],
        system.counted,
        any(entity.functions.delete for entity in system.entities),
        any(entity.functions.clear for entity in system.entities),
    )


def ids_facts(system: System) -> IdsFacts:
    """The facts of the document IDs."""
    ids = [document_id(entity.name) for entity in system.entities]
    return IdsFacts((*ids, *(identifier(table_id_class(one)) for one in system.outside_tables)))
