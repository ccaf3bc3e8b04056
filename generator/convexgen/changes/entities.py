"""How an entity changes: its table, its fields and their options, and what there is over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields as dataclass_fields

from convexgen.changes.access import access_changes
from convexgen.changes.change import (
    CALLERS,
    TYPES_ONLY,
    Audience,
    Change,
    Place,
    Use,
)
from convexgen.changes.indexes import index_changes, query_changes
from convexgen.changes.pairs import pairs
from convexgen.changes.types import Placed, Shape, TypeChanges, shape_of
from convexgen.diagnostics.display import quoted
from convexgen.model.entities import DOCUMENT_ID, Entity, Variant
from convexgen.model.fields import EntityField, OnDelete, Setter
from convexgen.model.relations import Relation
from convexgen.model.standard_functions import StandardFunctions
from convexgen.rules.places import module_path, variant_path

_STORED = (Audience.STORED,)


class EntityChanges:
    """How the entities of an old version are not those of a new one."""

    def __init__(self, types: TypeChanges, used: frozenset[str]) -> None:
        self._types = types
        self._used = used
        """The entities of the old version that functions written by hand give or take."""

    def changes(self, old: Entity, new: Entity) -> Iterator[Change]:
        """All changes of an entity."""
        at = Place(("entities", old.name), ("entities", new.name))
        renamed = _renaming(old, new)
        yield from _names(old, new, at)
        yield from self._fields(old, new, at)
        yield from _key(old, new, at, renamed)
        yield from _unique(old, new, at, renamed)
        yield from index_changes(old, new, at)
        yield from query_changes(old, new, at)
        yield from _functions(old, new, at)
        yield from access_changes(old, new, at, renamed)
        yield from _retention(old, new, at, renamed)
        yield from _relations(old, new, at)
        yield from _links(old, new, at)

    # Fields

    def _fields(self, old: Entity, new: Entity, at: Place) -> Iterator[Change]:
        use = self._use(old)
        told: list[Change] = []
        for place, earlier, later, name in self._shapes(old, new, at):
            told.extend(self._types.shapes(earlier, later, place, use, name))
            told.extend(_options(earlier, later, use, name))
        told.extend(self._variants(old, new, at, use))
        yield from told
        if not any(one.breaks_stored_data for one in told) and not self._fits(old, new):
            message = f"documents of {new.name} are of other shapes"
            yield at.inside("union").change("type-changed", message, (*_STORED, *CALLERS))

    def _use(self, old: Entity) -> Use:
        is_used = old.name in self._used
        has = old.functions
        return Use(
            stored=True,
            given=has.create or has.update or is_used or old.has_user_functions,
            read=has.read or is_used or old.has_user_functions,
        )

    def _fits(self, old: Entity, new: Entity) -> bool:
        """Whether each shape of the old documents is one of the new ones."""
        takes = self._types.fitting.takes_fields
        later = [_stored(fields) for fields in _all_fields(new)]
        return all(any(takes(_stored(one), two) for two in later) for one in _all_fields(old))

    def _shapes(
        self, old: Entity, new: Entity, at: Place
    ) -> Iterator[tuple[Place, Shape, Shape, str]]:
        """The shapes of documents that are compared."""
        shared = at.inside("fields")
        if not old.variants or not new.variants:
            earlier = shape_of(old.shared_fields, shared.before)
            yield shared, earlier, shape_of(new.shared_fields, shared.after), new.name
            return
        for one, other in _variant_pairs(old, new):
            before, after = variant_path(old, one), variant_path(new, other)
            earlier = {
                **shape_of(old.shared_fields, shared.before),
                **shape_of(one.fields, before),
            }
            later = {
                **shape_of(new.shared_fields, shared.after),
                **shape_of(other.fields, after),
            }
            yield Place(before, after), earlier, later, new.name

    def _variants(self, old: Entity, new: Entity, at: Place, use: Use) -> Iterator[Change]:
        place = at.inside("union")
        found = _variant_pairs(old, new)
        earlier = {one.position for one, _ in found}
        for variant in old.variants:
            if variant.position not in earlier:
                yield Place((*place.before, variant.position), place.after).change(
                    "variant-removed",
                    f"no document of {new.name} is a {variant.name}",
                    use.breaks(narrows=True),
                    name=variant.name,
                )
        later = {other.position for _, other in found}
        for variant in new.variants:
            if variant.position not in later:
                # Clients read documents of a new variant where they know of any, and where the tag
                # that they go by is still there.
                is_read = old.variants and old.tag in (None, new.tag)
                breaks = TYPES_ONLY if is_read else use.breaks(widens=True)
                yield Place(place.before, (*place.after, variant.position)).change(
                    "variant-added",
                    f"documents of {new.name} may be a {variant.name}",
                    breaks,
                    name=variant.name,
                )


def _variant_pairs(old: Entity, new: Entity) -> Sequence[tuple[Variant, Variant]]:
    """The variants of the same documents: of a value of the tag, or else of a name."""
    found: dict[int, tuple[Variant, Variant]] = {}
    for other in new.variants:
        for one in old.variants:
            is_told = old.tag is not None and old.tag == new.tag
            alike = set(one.values) & set(other.values) if is_told else one.name == other.name
            if alike and one.position not in found:
                found[one.position] = (one, other)
                break
    return tuple(found.values())


def _all_fields(entity: Entity) -> Iterator[tuple[EntityField, ...]]:
    if not entity.variants:
        yield entity.shared_fields
    for variant in entity.variants:
        yield (*entity.shared_fields, *variant.fields)


def _stored(fields: tuple[EntityField, ...]) -> list[EntityField]:
    """The fields that documents have themselves."""
    return [field for field in fields if not field.rows]


def _renaming(old: Entity, new: Entity) -> Callable[[str], str]:
    """What fields of the old version are called, and paths that start with them."""
    before = {field.name: field for field in old.fields}
    after = {field.name: field for field in new.fields}
    found = pairs(before, after, lambda field: field.renamed_from)
    names = {one.name: other.name for one, other in found.both}

    def renamed(path: str) -> str:
        name, dot, rest = path.partition(".")
        return f"{names.get(name, name)}{dot}{rest}"

    return renamed


def _options(old: Shape, new: Shape, use: Use, owner: str) -> Iterator[Change]:
    """How options that fields of entities alone have change."""
    for one, other in pairs(old, new, lambda placed: placed.field.renamed_from).both:
        before, after = one.field, other.field
        if isinstance(before, EntityField) and isinstance(after, EntityField):
            yield from _of_field(before, after, _place(one, other), use, owner)


def _place(old: Placed, new: Placed) -> Place:
    return Place(old.path, new.path)


def _of_field(
    old: EntityField, new: EntityField, at: Place, use: Use, owner: str
) -> Iterator[Change]:
    name = f"{owner}.{new.name}"
    given = CALLERS if use.given else ()

    def of(option: str) -> Place:
        return Place((*at.before, option), (*at.after, option))

    if old.default != new.default:
        is_needed = new.default is None and not (new.optional or new.setter or new.derived)
        words = "no default" if new.default is None else "another default"
        if old.default is None:
            words = "a default"
        yield of("default").change(
            "default-changed", f"{name} has {words}", given if is_needed else (), name=new.name
        )
    if old.setter != new.setter:
        yield of("revision" if Setter.REVISION in (old.setter, new.setter) else "set").change(
            "setter-changed",
            f"{name} is {_setting(new.setter)}, and was {_setting(old.setter)}",
            given if _refuses(old, new) else (),
            name=new.name,
        )
    if old.derived != new.derived:
        is_new = new.derived is not None
        words = (
            "follows from another place"
            if old.derived and is_new
            else ("is derived" if is_new else "is no longer derived")
        )
        needed = not is_new and not (new.optional or new.default)
        yield of("from").change(
            "derivation-changed",
            f"{name} {words}",
            (*(_STORED if is_new else ()), *(given if needed or not old.derived else ())),
            name=new.name,
        )
    if old.immutable != new.immutable:
        place = of("immutable")
        if new.immutable:
            yield place.change("immutable-added", f"{name} is immutable", given, name=new.name)
        else:
            yield place.change("immutable-removed", f"{name} may be changed", name=new.name)
    if (old.merge, old.merge_within) != (new.merge, new.merge_within):
        message = f"an update does something else to what is in {name}"
        yield of("merge").change("write-changed", message, given, name=new.name)
    if old.kept != new.kept:
        message = f"a save that does not give {name} {'leaves' if new.kept else 'removes'} it"
        yield of("keep").change("write-changed", message, given, name=new.name)
    yield from _storage(old, new, of, name)
    yield from _reference(old, new, of, name, given)


def _setting(setter: Setter | None) -> str:
    if setter is Setter.REVISION:
        return "the number of writes"
    return "not set by the backend" if setter is None else f"set {setter.value}"


def _refuses(old: EntityField, new: EntityField) -> bool:
    """Whether writes that were fine are refused by what the backend sets now."""
    if new.setter is None:
        return not (new.optional or new.default or new.derived)
    return _ways(new.setter) < _ways(old.setter)


def _ways(setter: Setter | None) -> int:
    """In how many ways callers may give a value: never, when it is created, always."""
    if setter is None or setter.is_always_given:
        return 2
    return 0 if setter.is_never_given else 1


def _storage(
    old: EntityField, new: EntityField, of: Callable[[str], Place], name: str
) -> Iterator[Change]:
    if old.large != new.large and not new.rows:
        message = f"{name} may {'be larger than a document' if new.large else 'no longer be large'}"
        breaks = () if new.large else _STORED
        yield of("large").change("storage-changed", message, breaks, name=new.name)
    if old.rows != new.rows or (old.rows and old.large and not new.large):
        where = "a table of its own" if new.rows else "the document"
        yield of("rows").change(
            "storage-changed", f"{name} has its entries in {where}", _STORED, name=new.name
        )
    if old.absent_last != new.absent_last:
        words = "after" if new.absent_last else "before"
        message = f"indexes have documents without {name} {words} all others, once they are saved"
        yield of("absent").change("storage-changed", message, _STORED, name=new.name)


def _reference(
    old: EntityField,
    new: EntityField,
    of: Callable[[str], Place],
    name: str,
    given: tuple[Audience, ...],
) -> Iterator[Change]:
    before, after = old.reference, new.reference
    if before is None and after is None:
        return
    for option, was, is_ in (
        ("onDelete", before and before.on_delete, after and after.on_delete),
        ("check", bool(before and before.is_checked), bool(after and after.is_checked)),
        ("touch", before and before.touch, after and after.touch),
    ):
        if was != is_:
            refuses = (option == "check" and is_) or is_ is OnDelete.RESTRICT
            yield of(option).change(
                "reference-changed",
                f"{name} has {_option(option, is_)}, and had {_option(option, was)}",
                given if refuses else (),
                name=new.name,
            )


def _option(option: str, value: object) -> str:
    if value is None or value is False:
        return f"no {option}"
    return option if value is True else f"{option}: {value}"


# What is over the fields


def _names(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    if old.name != new.name:
        message = f"the entity {old.name} is called {new.name}"
        yield at.change("entity-renamed", message, TYPES_ONLY)
    if old.table != new.table:
        message = f"{new.name} has the table {new.table}: its documents are in {old.table}"
        yield at.inside("table").change("table-changed", message, _STORED, name=new.name)
    if old.module != new.module:
        place = Place(module_path(old), module_path(new))
        message = f"the functions of {new.name} are in {new.module}, and were in {old.module}"
        yield place.change("functions-moved", message, CALLERS, name=new.name)


def _key(old: Entity, new: Entity, at: Place, renamed: Callable[[str], str]) -> Iterator[Change]:
    if old.key == new.key:
        return
    was = [tuple(map(renamed, key)) for key in (old.key, *(one.fields for one in old.unique))]
    required = {name for name in new.key if name != DOCUMENT_ID and not _may_have_lacked(old, name)}
    held = [key for key in was if set(key) <= required or key == (DOCUMENT_ID,)]
    is_unique = new.key == (DOCUMENT_ID,) or any(
        set(key) <= set(new.key) and key != (DOCUMENT_ID,) for key in held
    )
    told, tell = (", ".join(one.key) if one.has_key else "their IDs" for one in (old, new))
    message = f"documents of {new.name} are told apart by {tell}, and were by {told}"
    breaks = (*(() if is_unique else _STORED), *CALLERS)
    yield at.inside("key").change("key-changed", message, breaks, name=new.name)


def _may_have_lacked(entity: Entity, name: str) -> bool:
    """Whether documents of the old version may be without a field, or have null there."""
    try:
        return entity.may_lack(name) or entity.may_be_null(name)
    except KeyError:
        return True


def _unique(old: Entity, new: Entity, at: Place, renamed: Callable[[str], str]) -> Iterator[Change]:
    place = at.inside("unique")
    before = {tuple(map(renamed, one.fields)): one for one in old.unique}
    after = {one.fields: one for one in new.unique}
    kept = [*before, tuple(map(renamed, old.key))]
    for fields in after:
        if fields not in before:
            listed = ", ".join(fields)
            is_held = any(set(one) <= set(fields) for one in kept if one != (DOCUMENT_ID,))
            yield place.change(
                "unique-added",
                f"no two of {new.name} have the same {listed}",
                () if is_held else _STORED,
                name=listed,
            )
    found = {one.function for one in new.unique_functions}
    for fields, one in before.items():
        is_gone = one in old.unique_functions and one.function not in found
        if fields not in after:
            listed = ", ".join(fields)
            message = f"several of {new.name} may have the same {listed}"
            yield place.change("unique-removed", message, CALLERS if is_gone else (), name=listed)
        elif is_gone:
            message = f"{new.name} has no query {one.function}"
            yield place.change("query-removed", message, CALLERS, name=one.function)


def _functions(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    place = at.inside("functions")
    for one in dataclass_fields(StandardFunctions):
        if one.name == "queries":
            continue  # each of them is told by itself
        was, is_ = getattr(old.functions, one.name), getattr(new.functions, one.name)
        if was and not is_:
            message = f"{new.name} has no functions of the kind {one.name}"
            yield place.change("function-removed", message, CALLERS, name=one.name)
        elif is_ and not was:
            message = f"{new.name} has functions of the kind {one.name}"
            yield place.change("function-added", message, name=one.name)


def _retention(
    old: Entity, new: Entity, at: Place, renamed: Callable[[str], str]
) -> Iterator[Change]:
    before, after = old.retention, new.retention
    place = at.inside("retention")
    if after is None:
        if before is not None:
            message = f"{new.name} is kept for ever"
            yield place.change("retention-lengthened", message, name=new.name)
        return
    message = f"{new.name} is deleted {after.after} after {after.field}"
    if before is None or renamed(before.field) != after.field or before.seconds > after.seconds:
        yield place.change("retention-shortened", message, _STORED, name=new.name)
    elif before.seconds < after.seconds:
        yield place.change("retention-lengthened", message, name=new.name)


def _relations(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    place = at.inside("related")
    before = {one.name: one for one in old.relations}
    after = {one.name: one for one in new.relations}
    for name in before:
        if name not in after:
            message = f"{new.name} no longer comes with {name}"
            yield place.inside(name).change("relation-removed", message, CALLERS)
    for name, one in after.items():
        if name not in before:
            yield place.inside(name).change("relation-added", f"{new.name} comes with {name}")
        elif _comes(before[name]) != _comes(one):
            message = f"what {new.name} comes with as {name} is something else"
            yield place.inside(name).change("relation-changed", message, CALLERS)


def _comes(one: Relation) -> tuple[object, ...]:
    return (one.entity, one.own, one.columns, one.is_list, one.limit, one.is_descending)


def _links(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    before = {link.name or "": link for link in old.composite_links}
    after = {link.name or "": link for link in new.composite_links}
    for name in (*before, *(name for name in after if name not in before)):
        if before.get(name) == after.get(name):
            continue
        words = "is gone" if name not in after else "is new" if name not in before else "is another"
        later = after.get(name)
        refuses = later is not None and (
            later.reference.is_checked or later.reference.on_delete is OnDelete.RESTRICT
        )
        yield at.inside("refs", name).change(
            "reference-changed",
            f"the reference {quoted(name)} of {new.name} {words}",
            CALLERS if refuses else (),
        )
