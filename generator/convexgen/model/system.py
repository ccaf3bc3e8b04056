"""The data model of a spec, resolved: what the rules judge and what is generated from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from convexgen.model.access import NOTHING_SAID, Identity
from convexgen.model.allowances import Allowance
from convexgen.model.client_code import ClientCode
from convexgen.model.entities import Access, Entity
from convexgen.model.fields import Link, OnDelete
from convexgen.model.functions import CopiedModule, Function
from convexgen.model.shapes import EnumShape, ObjectShape
from convexgen.model.targets import ConvexTarget, PythonTarget, TypeScriptTarget


@dataclass(frozen=True, slots=True)
class JsonSchemas:
    """The JSON Schemas that type JSON values."""

    text: str
    """One JSON Schema, whose `$defs` are the definitions that types name, and what they need."""
    files: tuple[str, ...]
    """Where they come from, by their paths."""


@dataclass(frozen=True, eq=False)
class System:
    """Everything that one spec says. It equals itself alone: what is found in one is kept by it."""

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
    copied_modules: tuple[CopiedModule, ...] = ()
    client_code: tuple[ClientCode, ...] = ()
    json_schemas: JsonSchemas | None = None
    """None where no type names one."""
    outside_tables: tuple[str, ...] = ()
    """The tables that are no entities of which there are document IDs: those that the spec
    declares, in their order, then those of Convex's own that its types name."""
    identity: Identity = NOTHING_SAID
    """Where it stands who calls."""
    files: Access | None = None
    """Who may call the functions of stored files; None where there are none."""
    counted: bool = False
    """Whether an index of an entity is counted: all mutations count what they write then."""
    allowances: tuple[Allowance, ...] = ()
    """The changes of it that are meant."""

    @property
    def writes(self) -> bool:
        """Whether there are functions that write tables."""
        return any(entity.is_written for entity in self.entities)

    @property
    def is_atomic(self) -> bool:
        """Whether some of these are for the deploy key, which does several in one transaction."""
        return any(entity.functions.write for entity in self.entities)

    @property
    def has_retention(self) -> bool:
        """Whether documents are deleted by themselves."""
        return any(entity.retention is not None for entity in self.entities)

    @property
    def has_large_fields(self) -> bool:
        """Whether there is a table for the chunks of large values."""
        rows = [field for entity in self.entities for field in entity.row_fields]
        return any(entity.large_fields for entity in self.entities) or any(
            field.large for field in rows
        )

    @property
    def has_aliases(self) -> bool:
        """Whether the fields of Python's models have the names of the spec as aliases."""
        return self.python is not None and self.python.has_aliases

    @property
    def has_rows(self) -> bool:
        """Whether there are records whose entries are documents of tables of their own."""
        return any(entity.row_fields for entity in self.entities)

    @property
    def filtered(self) -> bool:
        """Whether there are queries with conditions of the caller's."""
        return any(
            query.where is not None for entity in self.entities for query in entity.query_functions
        )

    @property
    def windowed(self) -> bool:
        """Whether there are queries with windows."""
        return any(
            query.windows is not None
            for entity in self.entities
            for query in entity.query_functions
        )

    @property
    def related(self) -> bool:
        """Whether there are documents that may come with others."""
        return any(entity.relations and entity.functions.read for entity in self.entities)

    def entity(self, name: str) -> Entity:
        """The entity of that name. Raises KeyError."""
        return self._entities_by_name[name]

    def path_of(self, function: Function) -> str:
        """The path by which Convex calls a function."""
        is_written = function.is_generated or any(
            one.name == function.module for one in self.copied_modules
        )
        return "/".join((*self.convex.path, function.path)) if is_written else function.path

    def concerned_by_deletion(self, entity: Entity) -> Sequence[tuple[Entity, Link]]:
        """The entities that a deletion concerns, each with how it refers."""
        return self._on_delete.get(entity.name, ())

    def has_cascade(self, entity: Entity) -> bool:
        """Whether a deletion deletes or frees others, and so may take several transactions."""
        return bool(entity.row_fields) or any(
            link.reference.on_delete is not OnDelete.RESTRICT
            for _, link in self.concerned_by_deletion(entity)
        )

    def deleted_with(self, entity: Entity) -> frozenset[str]:
        """The names of the entities of which a deletion of one deletes some, its own among them."""
        found = {entity.name}
        pending = [entity]
        while pending:
            for child, link in self.concerned_by_deletion(pending.pop()):
                if link.reference.on_delete is OnDelete.CASCADE and child.name not in found:
                    found.add(child.name)
                    pending.append(child)
        return frozenset(found)

    @cached_property
    def _entities_by_name(self) -> Mapping[str, Entity]:
        return {entity.name: entity for entity in self.entities}

    @cached_property
    def _on_delete(self) -> Mapping[str, Sequence[tuple[Entity, Link]]]:
        found: dict[str, list[tuple[Entity, Link]]] = {}
        for entity in self.entities:
            for link in entity.links:
                if link.reference.on_delete is not None:
                    found.setdefault(link.reference.entity, []).append((entity, link))
        return found
