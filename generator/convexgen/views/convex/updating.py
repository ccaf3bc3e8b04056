"""The view of the update of an entity."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.checks import entity_check
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField, Merge, Setter
from convexgen.model.system import System
from convexgen.model.types import JsonType
from convexgen.views.convex import storing
from convexgen.views.convex.declarations import failure
from convexgen.views.convex.typescript import (
    array,
    assignment,
    block_opening,
    call,
    conditional,
    constant,
    entry,
    is_not,
    object_literal,
    statement,
    string,
)
from convexgen.views.convex.uniqueness import changes_unique
from convexgen.views.convex.writing import immutable, own_fields, set_by, without
from convexgen.views.layout import Document


@dataclass(frozen=True, slots=True)
class UpdateView:
    """The update of some fields; an entity without any but its key has none."""

    changes: str
    check_set: str | None
    """The check of what it sets; None where there is nothing to check, or it comes later."""
    expected: str
    throw_not_found: str
    mismatch: str
    throw_conflict: str
    check_variant: str | None
    """The check of what it sets, against the variant of the document; None where there is none."""
    merges: tuple[str, ...]
    changed: str | None
    """What the entity is like with the changes; None where nothing needs to know."""
    patch: str
    return_written: str


def view_update(entity: Entity, system: System) -> UpdateView | None:
    """The view of the update; None where there is nothing to change."""
    changed = entity.changeable_fields
    if not changed:
        return None
    checks = entity_check(entity, system) is not None
    source = "current" if entity.variants else "existing"
    merges = [_merge(field, source) for field in changed if field.merge is not Merge.REPLACE]
    if merges and entity.variants:
        merges.insert(0, statement(2, "const current: AllFields = existing;"))
    properties: list[Document] = ["...set" if merges else "...args.set"]
    if any(field.optional for field in changed):
        properties.append("...removal(args.unset)")
    after = object_literal(["...existing", *properties])
    properties.extend(_set_on_write(entity))
    not_found = call("notFound", [string(entity.name), "key", "args"])
    return UpdateView(
        changes=_changes(entity),
        check_set=statement(2, 'check(args.set, "");') if checks and not entity.variants else None,
        expected="allFields" if entity.variants else "document.partial()",
        throw_not_found=statement(2, conditional("existing === null", ("throw ", not_found, ";"))),
        mismatch=storing.find_mismatch(entity, any(field.optional for field in entity.fields)),
        throw_conflict=failure(3, "conflict", entity, "args", "mismatch"),
        check_variant=_check_variant(entity, checks),
        merges=tuple(merges),
        changed=statement(2, assignment("const changed", after))
        if _changes_unique(entity)
        else None,
        patch=storing.patch(entity, properties),
        return_written=storing.return_changed(entity),
    )


def _changes(entity: Entity) -> str:
    if not entity.variants:
        validator = f"schema.tables.{entity.table}.validator"
        return constant("changes", without(validator, _fixed(entity), [".partial()"]))
    fixed = ["_id", "_creationTime", *_fixed(entity)]
    return constant("changes", without("allFields", fixed, []))


def _check_variant(entity: Entity, has_checks: bool) -> str | None:
    """What tells whether a document of its variant can be what an update makes of it."""
    if entity.tag is None:
        return None
    own = call("requireOwn", ["ctx", "variants", string(entity.tag), "existing", "args"])
    lines = [statement(2, own, ";")]
    if has_checks:
        value = object_literal(["...args.set", f"{entity.tag}: existing.{entity.tag}"])
        lines.append(statement(2, call("check", [value, '""']), ";"))
    return "\n".join(lines)


def _set_on_write(entity: Entity) -> list[Document]:
    """The timestamps that an update sets, of variants only where the document is one of them."""
    properties: list[Document] = [
        entry(name, "Date.now()") for name in set_by(entity.shared_fields, Setter.ON_WRITE)
    ]
    for name in dict.fromkeys(set_by(own_fields(entity), Setter.ON_WRITE)):
        tags = [
            string(value)
            for variant in entity.variants
            if any(field.name == name for field in variant.fields)
            for value in variant.values
        ]
        is_own = (array(tags), call(".includes", [f"existing.{entity.tag}"]))
        properties.append(("...(", is_own, " && ", object_literal([f"{name}: Date.now()"]), ")"))
    return properties


def _fixed(entity: Entity) -> list[str]:
    """The fields that no update changes, each once."""
    set_by_backend = set_by(entity.fields, *Setter)
    tag = [] if entity.tag is None else [entity.tag]
    return list(dict.fromkeys([*entity.key, *tag, *set_by_backend, *immutable(entity)]))


def _changes_unique(entity: Entity) -> bool:
    """Whether an update may change what is unique."""
    return any(changes_unique(unique, entity) for unique in entity.unique)


def _merge(field: EntityField, source: str) -> str:
    function = "mergeJson" if isinstance(field.type, JsonType) else "mergeObjects"
    change = f"set.{field.name}"
    arguments = [f"{source}.{field.name}", change, string(field.merge.value)]
    opening = statement(2, block_opening("if", is_not(change, "undefined")))
    merged = statement(3, assignment(change, call(function, arguments)))
    return f"{opening}\n{merged}\n    }}"
