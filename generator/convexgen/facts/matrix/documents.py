"""The documents of the matrix of access: of each user, and with each value that rules ask for."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from convexgen.facts.matrix.callers import OWNER, STRANGER, Caller
from convexgen.facts.matrix.values import Circular, NoValueFound, Values, int64
from convexgen.model.access import Alternative
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import (
    BooleanType,
    Constraints,
    EnumType,
    Int64Type,
    ListType,
    LiteralType,
    Type,
)
from convexgen.model.visible import restricted_fields, visible_queries, visible_searches


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is there before anybody calls."""

    name: str
    entity: Entity
    row: Mapping[str, Any]
    """What it has, as far as that is known: the values as the spec has them."""

    @property
    def written(self) -> dict[str, Any]:
        """What is given when it is created, as Convex writes it in JSON."""
        return {
            name: as_json(self.entity, name, value)
            for name, value in self.row.items()
            if self.entity.field(name).derived is None
        }


def as_json(entity: Entity, name: str, value: Any) -> Any:
    """A value of a field, of which rules compare whole numbers as such."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return (
        int64(value) if is_whole and isinstance(bare(entity.field(name).type), Int64Type) else value
    )


@dataclass(slots=True)
class Documents:
    """Makes the documents up, with what they refer to before them."""

    system: System
    callers: Sequence[Caller]
    found: dict[str, Document] = field(default_factory=dict[str, Document])
    """By name, in the order in which they are created."""
    _count: int = 0
    _begun: set[str] = field(default_factory=set[str])
    """The entities whose documents are being made up."""

    def of(self, entity: Entity) -> tuple[Document, ...]:
        """Those of an entity with rules. Raises `NoValueFound`."""
        if not any(one.entity is entity for one in self.found.values()):
            with self._making(entity):
                for name, row in self._rows(entity):
                    self._add(f"{entity.name} {name}", entity, row)
        return tuple(one for one in self.found.values() if one.entity is entity)

    def add_members(self) -> None:
        """Those by which users are members. Raises `NoValueFound`."""
        members = self.system.identity.members
        if members is not None:
            self.of(self.system.entity(members.entity))

    def given(self, entity: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of another document, with some values. Raises `NoValueFound`."""
        self._count += 1
        values = Values(self.system, self._referred)
        needed = self._needed(entity)
        fields = {one.name: one for one in _fields_of(entity, row) if one.name not in row}
        made: dict[str, Any] = {}
        for name, one in fields.items():
            if name not in needed:
                continue
            try:
                made[name] = values.of(one, self._count)
            except Circular:
                made |= _nothing(one)
        for link in entity.links:
            if not link.reference.is_checked or link.reference.is_by_id:
                continue
            key = self.system.entity(link.reference.entity).key
            names = {name: of for name, of in zip(link.fields, key, strict=True) if name in made}
            if not names:
                continue
            try:
                other = self.found[self._referred(link.reference.entity)]
                made |= {name: other.row[of] for name, of in names.items()}
            except Circular:
                for name in names:
                    del made[name]
                    made |= _nothing(fields[name])
        return {
            name: value
            for name, value in {**made, **row}.items()
            if entity.field(name).derived is None
        }

    def another(self, entity: Entity, names: Sequence[str]) -> dict[str, Any]:
        """Values of some fields that no document has. Raises `NoValueFound`."""
        self._count += 1
        values = Values(self.system, self._referred)
        return {name: values.of(entity.field(name), self._count) for name in names}

    def _add(self, name: str, entity: Entity, row: Mapping[str, Any]) -> None:
        given = self.given(entity, row)
        if not is_made_by_functions(entity):
            given |= self._completed(entity, given)
        self.found[name] = Document(name, entity, self.with_derived(entity, given))

    def with_derived(self, entity: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
        """A document with what follows from its fields. Raises `NoValueFound`."""
        given = {**defaults_of(entity, row), **row}
        found = dict(row)
        for one in _fields_of(entity, row):
            if one.derived is None:
                continue
            found.pop(one.name, None)
            source = one.derived.field
            is_there, value = source in given, given.get(source)
            for step in one.derived.path:
                within = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
                is_there, value = step in within, within.get(step)
            if is_there and self._fits(one, value):
                found[one.name] = value
            elif is_there or not one.optional:
                raise NoValueFound(one.name)
        return found

    def _fits(self, field: EntityField, value: Any) -> bool:
        """Whether it is certain that a derived field has a value, which may be no value of it."""
        kind = bare(field.type)
        if isinstance(kind, EnumType | LiteralType):
            return value in _texts(kind, self.system)
        return field.constraints == Constraints()

    def _completed(self, entity: Entity, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """What functions would add to a document. Raises `NoValueFound`."""
        values = Values(self.system, self._referred)
        for one in _fields_of(entity, given):
            if one.derived is not None or one.absent_last or one.rows:
                raise NoValueFound(one.name)
            if one.name in given:
                continue
            if one.setter is not None:
                yield one.name, values.of(one, self._count)
            elif one.default is not None:
                yield one.name, one.default.value

    def _referred(self, name: str) -> str:
        """The name of a document of an entity, which is there before those that refer to it."""
        if name in self._begun:
            raise Circular(name)
        entity = self.system.entity(name)
        first = next((one.name for one in self.found.values() if one.entity is entity), None)
        if first is not None:
            return first
        if entity.has_user_functions or self._is_of_members(entity):
            return self.of(entity)[0].name
        with self._making(entity):
            self._add(f"{name} referred to", entity, {})
        return f"{name} referred to"

    @contextmanager
    def _making(self, entity: Entity) -> Generator[None]:
        self._begun.add(entity.name)
        try:
            yield
        finally:
            self._begun.remove(entity.name)

    def _is_of_members(self, entity: Entity) -> bool:
        members = self.system.identity.members
        return members is not None and members.entity == entity.name

    def _needed(self, entity: Entity) -> frozenset[str]:
        """What a document has: what it must have, and what functions for users are about."""
        indexes = {one.name: one.fields for one in entity.indexes}
        queried = {name for one in visible_queries(entity) for name in indexes[one.index]}
        searched = {name for one in visible_searches(entity) for name in (one.field, *one.filters)}
        unique = {name for one in entity.unique for name in one.fields}
        about = {*entity.key, *unique, *queried, *searched, *asked(entity)}
        about |= {one.name for one in restricted_fields(entity)}
        return frozenset(
            one.name
            for one in entity.fields
            if not one.is_read_only and (one.name in about or _is_required(one))
        )

    def _rows(self, entity: Entity) -> Iterator[tuple[str, dict[str, Any]]]:
        """The values of each document that matter to the rules, with what it is called."""
        if self._is_of_members(entity):
            yield from self._members(entity)
            return
        variations = [(name, values) for name, values in variations_of(entity, self.system)]
        for caller in self.callers:
            if caller.subject is None:
                continue
            filled = filled_by(entity, caller)
            if None in filled.values():
                continue
            has_all = caller.name in (OWNER, STRANGER)
            for name, values in variations if has_all else variations[:1]:
                yield f"of {caller.name}{name}", {**values, **filled}

    def _members(self, entity: Entity) -> Iterator[tuple[str, dict[str, Any]]]:
        identity = self.system.identity
        assert identity.members is not None
        _, base = next(iter(variations_of(entity, self.system)))
        for caller in self.callers:
            if caller.subject is None:
                continue
            row = {**base, **filled_by(entity, caller), identity.members.field: caller.subject}
            if identity.tenant is not None:
                row[identity.tenant] = caller.tenant or ""
            if identity.roles is not None:
                roles = entity.field(identity.roles)
                row[identity.roles] = _roles(roles, caller, self.system)
            yield f"of {caller.name}", {name: one for name, one in row.items() if one is not None}


def _roles(field: EntityField, caller: Caller, system: System) -> Any:
    """The roles of a member as its field has them; None where it is left out."""
    kind = bare(field.type)
    if isinstance(kind, ListType):
        return list(caller.roles)
    if caller.roles:
        return caller.roles[0]
    asked_for = {role for one in system.entities for role in _roles_of(one)}
    return next((one for one in _texts(kind, system) if one not in asked_for), None)


def _texts(kind: Type, system: System) -> Sequence[str]:
    """Texts of a type."""
    match kind:
        case EnumType(name):
            return next(one.values for one in system.enums if one.name == name)
        case LiteralType(values):
            return values
        case _:
            return ("none",)


def _roles_of(entity: Entity) -> Iterator[str]:
    for one in _alternatives(entity):
        yield from one.roles


def is_made_by_functions(entity: Entity) -> bool:
    """Whether the key has functions that create, get and delete its documents."""
    kinds = entity.functions
    return kinds.create and kinds.get and kinds.delete


def _fields_of(entity: Entity, row: Mapping[str, Any]) -> Sequence[EntityField]:
    """The fields of the shape that some values are of, or else of the first one."""
    if not entity.variants:
        return entity.fields
    tag = row.get(entity.tag or "")
    shape = next((one for one in entity.variants if tag in one.values), entity.variants[0])
    return (*entity.shared_fields, *shape.fields)


def defaults_of(entity: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of a document have that are left out."""
    return {
        one.name: one.default.value
        for one in _fields_of(entity, row)
        if one.default is not None and one.name not in row
    }


def names_of(entity: Entity, row: Mapping[str, Any]) -> set[str]:
    """The fields that a document has: those given, and those that the backend sets."""
    fields = _fields_of(entity, row)
    return {
        *row,
        *(one.name for one in fields if one.setter is not None or one.default is not None),
    }


def _nothing(field: EntityField) -> dict[str, None]:
    """What a field has that refers to nothing. Raises `Circular` where it has to."""
    if field.optional:
        return {}
    if field.nullable:
        return {field.name: None}
    raise Circular(field.name)


def _is_required(field: EntityField) -> bool:
    return not (field.optional or field.default is not None or field.setter is not None)


def filled_by(entity: Entity, caller: Caller) -> dict[str, str | None]:
    """What the identity of somebody fills."""
    rules = entity.rules
    if rules is None:
        return {}
    return {
        name: caller.tenant if name == rules.tenant else caller.subject for name in rules.filled
    }


def _alternatives(entity: Entity) -> Iterator[Alternative]:
    if entity.rules is None:
        return
    for _, policy in entity.rules.operations:
        yield from policy
    for one in entity.fields:
        yield from one.access or ()


def asked(entity: Entity) -> dict[str, list[Any]]:
    """The fields that rules compare with values, with those."""
    found: dict[str, list[Any]] = {}
    for one in _alternatives(entity):
        for name, value in one.where:
            found.setdefault(name, []).append(value)
    return found


def variations_of(entity: Entity, system: System) -> Iterator[tuple[str, dict[str, Any]]]:
    """Values of those fields: such as no rule asks for, then those of each rule."""
    base = {
        name: _other(entity.field(name), known, system) for name, known in asked(entity).items()
    }
    yield "", base
    seen: list[Mapping[str, Any]] = [base]
    cases: list[dict[str, Any]] = [dict(one.where) for one in _alternatives(entity)]
    if entity.tag is not None:
        cases += ({entity.tag: one.values[0]} for one in entity.variants)
    for asked_for in cases:
        values = {**base, **asked_for}
        if values not in seen:
            seen.append(values)
            said = ", ".join(f"{name} {value}" for name, value in asked_for.items())
            yield f" with {said}", values


def _other(field: EntityField, known: Sequence[Any], system: System) -> Any:
    """A value that none of the known ones is, where the type has another."""
    kind = bare(field.type)
    among: Sequence[Any]
    match kind:
        case BooleanType():
            among = (False, True)
        case EnumType() | LiteralType():
            among = _texts(kind, system)
        case Int64Type():
            among = range(len(known) + 1)
        case _:
            made = Values(system, lambda name: name)
            among = [made.of(field, number) for number in range(100, 101 + len(known))]
    return next((one for one in among if one not in known), among[-1])
