"""Which entities the functions of a system write."""

from __future__ import annotations

from dataclasses import replace

from convexgen.model.system import System


def with_written(system: System) -> System:
    """The system, whose entities say whether functions write them.

    Those of an entity that has any, that users write, or whose documents are deleted by themselves,
    write all that a deletion of it concerns, too: their modules in `model/` are complete, so that
    what a project's own modules delete by them is as a spec says.
    """
    written: set[str] = set()
    waiting = [
        entity.name
        for entity in system.entities
        if entity.functions.write or entity.is_written_by_users or entity.retention is not None
    ]
    while waiting:
        name = waiting.pop()
        if name not in written:
            written.add(name)
            entity = system.entity(name)
            waiting += [child.name for child, _ in system.concerned_by_deletion(entity)]
    return replace(
        system,
        entities=tuple(
            entity if entity.name in written else replace(entity, is_written=False)
            for entity in system.entities
        ),
    )
