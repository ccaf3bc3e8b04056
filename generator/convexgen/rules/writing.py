"""Rules on what the backend sets in a write, and on what a write leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Setter
from convexgen.model.system import System
from convexgen.model.types import UNCONSTRAINED, IntegerType, TimestampType
from convexgen.rules.places import entity_fields, shapes
from convexgen.rules.rule import Finding, Rule
from convexgen.source.source import Part


def check_setters(system: System) -> Iterator[Finding]:
    """`set` on what is no timestamp."""
    for field, path in entity_fields(system):
        if field.setter in (None, Setter.REVISION) or isinstance(field.type, TimestampType):
            continue
        yield Finding(
            f"{quoted(field.name)} is no timestamp, so the backend cannot set it",
            (*path, "set"),
            Part.KEY,
            'remove "set", or make the type timestamp',
        )


def check_revisions(system: System) -> Iterator[Finding]:
    """`revision` on what is no integer, or has bounds."""
    for field, path in entity_fields(system):
        if field.setter is not Setter.REVISION:
            continue
        if not isinstance(field.type, IntegerType):
            yield Finding(
                f"{quoted(field.name)} counts writes, so it is an integer",
                (*path, "revision"),
                Part.KEY,
                'remove "revision", or make the type integer',
            )
        elif field.constraints != UNCONSTRAINED:
            yield Finding(
                f"{quoted(field.name)} counts writes, and a bound would stop them",
                (*path, "revision"),
                Part.KEY,
                'remove "revision", or the bounds',
            )


def check_options_of_set_fields(system: System) -> Iterator[Finding]:
    """Options that leave nothing for `set` or `revision` to say."""
    for field, path in entity_fields(system):
        if field.setter is None:
            continue
        option = "revision" if field.setter is Setter.REVISION else "set"
        if field.default is not None:
            yield Finding(
                f"the backend sets {quoted(field.name)}, so a default has no effect",
                (*path, "default"),
                Part.KEY,
                f'remove "default", or {quoted(option)}',
            )
        if field.immutable and not field.setter.is_set_once:
            yield Finding(
                f"each write sets {quoted(field.name)}, so it cannot be immutable",
                (*path, "immutable"),
                Part.KEY,
                'remove "immutable"'
                if field.setter is Setter.REVISION
                else 'remove "immutable", or write set: on create',
            )
        elif field.immutable and field.setter.is_always_given:
            yield Finding(
                f"{quoted(field.name)} is immutable, so what a later write gives is not stored",
                (*path, "given"),
                Part.KEY,
                'remove "given", or "immutable"',
            )


def check_kept_fields(system: System) -> Iterator[Finding]:
    """`keep` of what each save gives or sets, or of what a document may not have."""
    for shape in shapes(system):
        for place in shape.places:
            field = place.field
            if not isinstance(field, EntityField) or not field.kept or shape.entity is None:
                continue
            found = _nothing_to_keep(field, shape.entity, is_own=shape.variant is not None)
            if found is not None:
                problem, advice = found
                yield Finding(
                    f"{quoted(field.name)} {problem}", (*place.path, "keep"), Part.KEY, advice
                )


def _nothing_to_keep(field: EntityField, entity: Entity, *, is_own: bool) -> tuple[str, str] | None:
    """Why a save has no value of a field to keep, and what to do; None where it has one."""
    if is_own:
        return (
            f"is not a field of every {entity.name}, and a save may change which one it is",
            'remove "keep", or make it a field of all of them',
        )
    if field.name in entity.key:
        return "is part of the key, which every write gives", 'remove "keep"'
    if field.setter is not None:
        return "is set by the backend, so there is nothing to keep", 'remove "keep"'
    if field.large and not field.rows:
        return (
            "is large, and a save that keeps it would read and write all of it",
            'remove "keep", and change the other fields by an update',
        )
    if not field.optional and field.default is None:
        return (
            "is given by every save, so there is nothing to keep",
            'remove "keep", or let it be left out: add a "?", a default or | null',
        )
    return None


RULES = (
    Rule("set-needs-timestamp", check_setters),
    Rule("revision-needs-integer", check_revisions),
    Rule("contradicting-options", check_options_of_set_fields),
    Rule("keep-option", check_kept_fields),
)
