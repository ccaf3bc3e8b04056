"""Rules on references, by a field and by several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.fields import EntityField, Link, OnDelete
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import TimestampType
from convexgen.rules.places import entity_fields
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class _Place:
    """A reference, with what declares it."""

    link: Link
    path: Path
    fields: tuple[tuple[EntityField, Path], ...]
    """Those that hold the key, where they are declared."""


def _places(system: System) -> Iterator[_Place]:
    for field, path in entity_fields(system):
        if field.reference is not None:
            yield _Place(Link((field.name,), field.reference), path, ((field, path),))
    for entity in system.entities:
        folder: Path = ("entities", entity.name, "fields")
        for link in entity.composite_links:
            fields = tuple((entity.field(name), (*folder, name)) for name in link.fields)
            yield _Place(link, ("entities", entity.name, "refs", link.name or ""), fields)


def check_types(system: System) -> Iterator[Finding]:
    """Fields of other types than the key that they hold."""
    for place in _places(system):
        if place.link.name is None:
            continue
        target = system.entity(place.link.reference.entity)
        for position, ((field, _), key) in enumerate(zip(place.fields, target.key, strict=True)):
            # A key that names no field is reported where it stands.
            known = key in {one.name for one in target.fields}
            if known and bare(field.type) != bare(target.field(key).type):
                yield Finding(
                    f"{quoted(field.name)} is of another type than {quoted(key)}, a field of the "
                    f"key of {target.name}",
                    (*place.path, "fields", position),
                    advice=f"name the fields in the order of the key: {', '.join(target.key)}",
                )


def check_freed_fields(system: System) -> Iterator[Finding]:
    """`setNull` of what always refers to something."""
    for place in _places(system):
        if place.link.reference.on_delete is not OnDelete.SET_NULL:
            continue
        for field, path in place.fields:
            if not field.nullable and not field.optional:
                yield Finding(
                    f"{quoted(field.name)} always refers to something, so no deletion can free it",
                    (*place.path, "onDelete"),
                    Part.VALUE,
                    "let it be null or absent, or write onDelete: cascade or restrict",
                )
            if field.derived is not None:
                yield Finding(
                    f"{quoted(field.name)} follows from another field, so no deletion can free it",
                    (*place.path, "onDelete"),
                    Part.VALUE,
                    "write onDelete: cascade or restrict",
                )
            if field.immutable:
                yield Finding(
                    f"{quoted(field.name)} stays as it was created, so no deletion can free it",
                    (*path, "immutable"),
                    Part.KEY,
                    'remove "immutable", or write onDelete: cascade or restrict',
                )


def check_touched_fields(system: System) -> Iterator[Finding]:
    """`touch` of what is no timestamp of the entity referred to."""
    for place in _places(system):
        reference = place.link.reference
        if reference.touch is None:
            continue
        target = system.entity(reference.entity)
        timestamps = [
            candidate.name
            for candidate in target.shared_fields
            if isinstance(candidate.type, TimestampType)
        ]
        if reference.touch not in timestamps:
            shared = any(one.name == reference.touch for one in target.shared_fields)
            exists = any(one.name == reference.touch for one in target.fields)
            yield Finding(
                f"{quoted(reference.touch)} is no timestamp of {target.name}"
                if shared
                else f"not every {target.name} has {quoted(reference.touch)}"
                if exists
                else f"{target.name} has no field {quoted(reference.touch)}",
                (*place.path, "touch"),
                advice=did_you_mean(reference.touch, timestamps)
                or f"name a timestamp of {target.name}",
            )


RULES = (
    Rule("ref-fields", check_types),
    Rule("contradicting-options", check_freed_fields),
    Rule("touch-needs-timestamp", check_touched_fields),
)
