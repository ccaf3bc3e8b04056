"""The views of `lib/`, what the modules of the entities share, and of `_generated/`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from convexgen.model.entities import Visibility
from convexgen.model.system import System
from convexgen.model.targets import ConvexTarget
from convexgen.views.convex.typescript import (
    array,
    assignment,
    entry,
    object_literal,
    statement,
    string,
)
from convexgen.views.layout import Document

_API_NAMES = frozenset({"api", "components", "fullApi", "internal"})
"""What `_generated/api.d.ts` declares itself; Convex's own has the same ending for them."""


@dataclass(frozen=True, slots=True)
class AccessView:
    """What `lib/access.ts` prints."""

    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LargeView:
    """What `lib/large.ts` prints."""

    generated: str
    fields: str


@dataclass(frozen=True, slots=True)
class ModuleView:
    """A module in the types of the API."""

    import_: str
    entry: str


@dataclass(frozen=True, slots=True)
class ApiView:
    """What `_generated/api.d.ts` prints."""

    modules: tuple[ModuleView, ...]


def generated_folder(target: ConvexTarget, *, below: int = 0) -> str:
    """The way to `_generated/` from a module that lies some folders below the directory."""
    above = len(target.path) + below
    return f"{'../' * above if above else './'}_generated"


def view_access(system: System) -> AccessView | None:
    """The rules of the tables that have public functions; None where none has."""
    rules = [
        statement(
            1,
            f"{entity.table}: ",
            object_literal(
                [
                    f"read: {string(entity.access.read.value)}",
                    f"write: {string(entity.access.write.value)}",
                ]
            ),
            ",",
        )
        for entity in system.entities
        if Visibility.PUBLIC in (entity.access.read, entity.access.write)
    ]
    return AccessView(tuple(rules)) if rules else None


def view_large(system: System) -> LargeView | None:
    """The fields whose values may be larger than a document; None where none may."""
    if not system.has_large_fields:
        return None
    tables: list[Document] = [
        entry(entity.table, array([string(name) for name in entity.large_fields]))
        for entity in system.entities
        if entity.large_fields
    ]
    type_ = "Partial<Record<TableNames, readonly string[]>>"
    fields = assignment(f"const LARGE_FIELDS: {type_}", object_literal(tables, broken=True))
    return LargeView(generated_folder(system.convex, below=1), statement(0, fields))


def view_api(modules: Collection[str]) -> ApiView:
    """The view of the API of modules, each a path below the functions without its ending."""
    taken = set(_API_NAMES)
    views: list[ModuleView] = []
    for module in sorted(modules):
        identifier = "_".join(PurePosixPath(module).parts)
        while identifier in taken:
            identifier += "_"
        taken.add(identifier)
        views.append(_module(module, identifier))
    return ApiView(tuple(views))


def _module(module: str, identifier: str) -> ModuleView:
    key = string(module) if "/" in module else module
    return ModuleView(
        statement(0, f"import type * as {identifier} from {string(f'../{module}.js')};"),
        statement(1, f"{key}: typeof {identifier};"),
    )
