"""The view of `system.ts`: what concerns tables as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.views.convex.library import generated_folder
from convexgen.views.convex.typescript import array, assignment, object_literal, statement, string
from convexgen.views.convex.validators import literals
from convexgen.views.layout import Document, bracketed


@dataclass(frozen=True, slots=True)
class SystemView:
    """What `system.ts` prints."""

    generated: str
    tables: tuple[str, ...]
    table: str
    large: bool


def view_system(system: System) -> SystemView:
    """The view of the tables of a system."""
    return SystemView(
        generated_folder(system.convex),
        tuple(statement(1, _description(entity), ",") for entity in system.entities),
        statement(
            0, assignment("const table", literals([entity.table for entity in system.entities]))
        ),
        system.has_large_fields,
    )


def _description(entity: Entity) -> Document:
    indexes: list[Document] = [
        object_literal([f"name: {string(index.name)}", ("fields: ", _strings(index.fields))])
        for index in entity.indexes
    ]
    return object_literal(
        [
            f"name: {string(entity.table)}",
            f"entity: {string(entity.name)}",
            ("key: ", _strings(entity.key)),
            ("fields: ", _strings(field.name for field in entity.fields)),
            # prettier never has several objects of several entries on one line.
            ("indexes: ", bracketed("[", indexes, "]", broken=len(indexes) > 1)),
        ],
        broken=True,
    )


def _strings(names: Iterable[str]) -> Document:
    return array([string(name) for name in names])
