"""The facts of the matrix of access, which the suites of both languages have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convexgen.facts.matrix.callers import WRONG_KEY, callers_of
from convexgen.facts.matrix.documents import Document, Documents, is_made_by_functions
from convexgen.facts.matrix.rows import Row, rows_of
from convexgen.facts.matrix.values import NoValueFound
from convexgen.model.entities import Entity, Visibility
from convexgen.model.system import System
from convexgen.model.user_functions import user_module
from convexgen.naming import camel_case


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """Somebody who calls."""

    name: str
    subject: str | None
    tenant: str | None
    claims: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document that is there."""

    name: str
    entity: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """How the key writes documents of an entity, and what is filled in them."""

    name: str
    module: str
    argument: str
    key: Sequence[str]
    filled: Mapping[str, str]
    """Whether it is the subject or the tenant, by field."""
    restricted: Sequence[str]
    users: str | None
    """The module of the functions for users."""
    table: str | None
    """Where the key has no functions that create, get and delete its documents."""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """What comes of a call, for some callers."""

    gives: list[str]
    to: list[str]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A call, with all that comes of it."""

    function: str
    result: str
    arguments: Mapping[str, Any]
    outcomes: tuple[OutcomeFacts, ...]


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module for the key: who reaches its functions."""

    name: str
    read: str
    write: str
    named: Mapping[str, str]
    """Those of which it is said apart."""


@dataclass(frozen=True, slots=True)
class MatrixFacts:
    """The whole matrix."""

    callers: tuple[CallerFacts, ...]
    members: str | None
    """The entity whose documents say what users are members of."""
    entities: tuple[EntityFacts, ...]
    documents: tuple[DocumentFacts, ...]
    rows: tuple[RowFacts, ...]
    modules: tuple[ModuleFacts, ...]
    untold: Mapping[str, str]
    """The modules of which no documents could be made up, with what has no value."""


def matrix_facts(system: System) -> MatrixFacts | None:
    """The facts of the matrix; None where no entity has functions for users."""
    ruled = [entity for entity in system.entities if entity.has_user_functions]
    if not ruled:
        return None
    callers = callers_of(system)
    documents = Documents(system, callers)
    rows: list[RowFacts] = []
    untold: dict[str, str] = {}
    for entity in ruled:
        try:
            documents.add_members()
            rows += (
                RowFacts(one.function, one.gives, one.arguments, tuple(_outcomes(one)))
                for one in rows_of(entity, documents)
            )
        except NoValueFound as error:
            untold[_path(system, user_module(entity))] = str(error)
    found = tuple(documents.found.values())
    return MatrixFacts(
        tuple(CallerFacts(one.name, one.subject, one.tenant, one.claims) for one in callers),
        None if system.identity.members is None else system.identity.members.entity,
        tuple(_entity(one, system) for one in _used(system, found)),
        tuple(DocumentFacts(one.name, one.entity.name, one.written) for one in found),
        tuple(rows),
        tuple(_modules(system)),
        untold,
    )


def _outcomes(row: Row) -> Iterator[OutcomeFacts]:
    """What is refused with a wrong key stands last, as it does in each row."""
    for outcome in sorted(row.outcomes, key=lambda one: row.outcomes[one][-1] == WRONG_KEY):
        yield OutcomeFacts(list(outcome), list(row.outcomes[outcome]))


def _path(system: System, module: str) -> str:
    return "/".join((*system.convex.path, module))


def _used(system: System, found: Sequence[Document]) -> Iterator[Entity]:
    names = {one.entity.name for one in found}
    yield from (one for one in system.entities if one.name in names)


def _entity(entity: Entity, system: System) -> EntityFacts:
    rules = entity.rules
    return EntityFacts(
        entity.name,
        _path(system, entity.module),
        camel_case(entity.name),
        list(entity.key),
        {}
        if rules is None
        else {name: "tenant" if name == rules.tenant else "subject" for name in rules.filled},
        [one.name for one in entity.fields if one.access is not None],
        _path(system, user_module(entity)) if entity.has_user_functions else None,
        None if is_made_by_functions(entity) else entity.table,
    )


def _modules(system: System) -> Iterator[ModuleFacts]:
    for entity in system.entities:
        if entity.functions.any:
            access = entity.access
            # By the IDs that a search of vectors gives, which is all that calls it.
            own = {"getByDocumentIds": Visibility.INTERNAL.value} if entity.vector_functions else {}
            path = _path(system, entity.module)
            yield ModuleFacts(path, access.read.value, access.write.value, own)
    internal = Visibility.INTERNAL.value
    files = {}
    if system.files is not None:
        files = {
            "generateUploadUrl": system.files.write.value,
            "fileUrl": system.files.read.value,
            "deleteFile": system.files.write.value,
        }
    yield ModuleFacts(_path(system, "system"), internal, internal, files)
    if system.is_atomic:
        yield ModuleFacts(_path(system, "atomic"), internal, internal, {})
