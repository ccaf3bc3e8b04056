"""Rules on how long documents are kept: that they can be found, deleted, and are in the end."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity, Retention
from convexgen.model.fields import OnDelete
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import TimestampType
from convexgen.naming import index_name
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean


def _kept(system: System) -> Iterator[tuple[Entity, Retention, Path]]:
    for entity in system.entities:
        if entity.retention is not None:
            yield entity, entity.retention, ("entities", entity.name, "retention")


def check_fields(system: System) -> Iterator[Finding]:
    """Times that documents do not have."""
    for entity, retention, path in _kept(system):
        names = [field.name for field in entity.fields]
        if retention.field not in names:
            yield Finding(
                f"{entity.name} has no field {quoted(retention.field)}",
                (*path, "on"),
                advice=did_you_mean(retention.field, names)
                or "declare a time, such as createdAt: {type: timestamp, set: on create}",
            )


def check_types(system: System) -> Iterator[Finding]:
    """What is no time."""
    for entity, retention, path in _kept(system):
        for field in entity.fields:
            if field.name == retention.field and not isinstance(bare(field.type), TimestampType):
                yield Finding(
                    f"{quoted(field.name)} is no timestamp, from which on something is kept",
                    (*path, "on"),
                    advice="make its type timestamp, or name another field",
                )


def check_indexes(system: System) -> Iterator[Finding]:
    """What no index finds: a whole table would be read for what is too old."""
    for entity, retention, path in _kept(system):
        name = retention.field
        if entity.retention_index is not None or all(one.name != name for one in entity.fields):
            continue
        staged = next((one for one in entity.staged_indexes if one.fields[0] == name), None)
        yield Finding(
            f"no index of {entity.name} serves the retention: it needs one that starts with {name}",
            (*path, "on"),
            advice=f"add an index: {index_name((name,))}: [{name}]"
            if staged is None
            else f'remove "staged" of {quoted(staged.name)}',
        )


def check_refusals(system: System) -> Iterator[Finding]:
    """What another document may keep from being deleted, and with it all that is younger."""
    for entity, _, path in _kept(system):
        for name in sorted(system.deleted_with(entity)):
            for child, link in system.concerned_by_deletion(system.entity(name)):
                if link.reference.on_delete is OnDelete.RESTRICT:
                    by = link.name or link.fields[0]
                    yield Finding(
                        f"{child.name} may refuse the deletion of a {name}, by {quoted(by)} with "
                        "onDelete: restrict, and nothing younger would be deleted",
                        path,
                        Part.KEY,
                        "write onDelete: cascade or setNull there",
                    )


def check_crons(system: System) -> Iterator[Finding]:
    """What no cron job of the spec can delete, since it may have none."""
    target = system.convex
    if target.crons_are_theirs or not target.path:
        return
    for _, _, path in _kept(system):
        function = ".".join(("internal", *target.path, "system", "removeExpired"))
        yield Finding(
            f"{target.directory} is a folder below other functions, and Convex reads cron jobs in "
            f"{target.root}/crons.ts alone",
            path,
            Part.KEY,
            f"call {function} there, and write convex: {{crons: theirs}}",
        )


RULES = (
    Rule("unknown-field", check_fields),
    Rule("retention-option", check_types),
    Rule("no-index-for-retention", check_indexes),
    Rule("retention-option", check_refusals),
    Rule("retention-option", check_crons),
)
