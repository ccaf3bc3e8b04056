"""All changes between two versions of a spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from convexgen.changes.access import identity_changes, visibility_changes
from convexgen.changes.change import CALLERS, TYPES_ONLY, Audience, Change, Place
from convexgen.changes.entities import EntityChanges
from convexgen.changes.fitting import Fitting
from convexgen.changes.functions import entities_of_functions, function_changes
from convexgen.changes.pairs import Pairs, entity_pairs
from convexgen.changes.types import TypeChanges, renamed_to
from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.model.user_functions import with_user_functions

_TOP = Place((), ())


def changes_between(before: System, after: System) -> tuple[Change, ...]:
    """What changes from one version to the other, each change once.

    Descriptions, what is deprecated, and what messages leave out change nothing that breaks.
    """
    found = entity_pairs(before.entities, after.entities)
    types = TypeChanges(Fitting(before, after, found.both))
    entities = EntityChanges(types, entities_of_functions(before))
    return _once(_changes(before, after, found, types, entities))


def _changes(
    before: System,
    after: System,
    found: Pairs[Entity],
    types: TypeChanges,
    entities: EntityChanges,
) -> Iterator[Change]:
    group = _TOP.inside("entities")
    for one in found.removed:
        alike = [new.name for new in found.added if _may_be(one, new)]
        yield group.inside(one.name).change(
            "entity-removed",
            f"the entity {one.name} is gone: its documents stay in {one.table}",
            (Audience.STORED, *CALLERS),
            advice=renamed_to(alike, one.name),
        )
    for one in found.added:
        yield group.inside(one.name).change("entity-added", f"the entity {one.name} is new")
    for old, new in found.both:
        yield from entities.changes(old, new)
    names = {entity.name for entity in (*found.removed, *found.added)}
    for change in function_changes(with_user_functions(before), with_user_functions(after), types):
        # Those for the users of an entity come and go with it.
        if change.after[:1] != ("entities",) or change.after[1] not in names:
            yield change
    yield from _named_types(before, after)
    yield from _targets(before, after)
    yield from identity_changes(before.identity, after.identity, _TOP.inside("identity"))
    yield from _files(before, after)


def _may_be(old: Entity, new: Entity) -> bool:
    """Whether an entity that is gone may be one that is new: most of its fields are there."""
    names = {field.name for field in old.fields}
    return 2 * len(names & {field.name for field in new.fields}) > len(names)


def _named_types(before: System, after: System) -> Iterator[Change]:
    for group, noun, old, new in (
        ("enums", "enum", before.enums, after.enums),
        ("objects", "object", before.objects, after.objects),
    ):
        later = {shape.name for shape in new}
        for shape in old:
            if shape.name not in later:
                yield _TOP.inside(group, shape.name).change(
                    "name-changed", f"there is no {noun} {shape.name} any more", TYPES_ONLY
                )


def _targets(before: System, after: System) -> Iterator[Change]:
    place = _TOP.inside("convex")
    if before.convex.path != after.convex.path and before.entities:
        message = (
            f"the functions are in {'/'.join(after.convex.path) or 'the root'}, and were in "
            f"{'/'.join(before.convex.path) or 'the root'}"
        )
        yield place.inside("directory").change("functions-moved", message, CALLERS)
    if before.convex.has_validation != after.convex.has_validation:
        inner = place.inside("schemaValidation")
        if after.convex.has_validation:
            message = "Convex validates the documents that are there"
            yield inner.change("validation-added", message, (Audience.STORED,))
        else:
            yield inner.change("validation-removed", "Convex no longer validates documents")
    for name, old, new in (
        ("python", before.python, after.python),
        ("typescript", before.typescript, after.typescript),
    ):
        if old is not None and old != new:
            words = "no longer written" if new is None else "written otherwise"
            message = f"the client of {name} is {words}"
            yield _TOP.inside(name).change("clients-changed", message, TYPES_ONLY)


def _files(before: System, after: System) -> Iterator[Change]:
    place = _TOP.inside("files")
    if before.files is not None and after.files is not None:
        yield from visibility_changes(before.files, after.files, place, "files")
    elif before.files is not None:
        yield place.change("function-removed", "there are no functions of files", CALLERS)
    elif after.files is not None:
        yield place.change("function-added", "there are functions of files")


def _once(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Each change once, of all whom it breaks wherever it is met."""
    found: dict[tuple[object, ...], Change] = {}
    for one in changes:
        key = (one.code, one.name, one.before, one.after)
        there = found.get(key)
        if there is None:
            found[key] = one
        else:
            broken = {*there.breaks, *one.breaks}
            if len(broken) > 1:
                broken.discard(Audience.TYPES)
            breaks = tuple(audience for audience in Audience if audience in broken)
            found[key] = replace(there, breaks=breaks)
    return tuple(found.values())
