"""References by several fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from convexgen.diagnostics.display import quoted
from convexgen.model.fields import Link, OnDelete, Reference
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.spec.suggest import did_you_mean, entity_meant
from convexgen.spec.surface.entities import EntitySpec, RefSpec


def resolve_links(
    entity: str, spec: EntitySpec, entities: Mapping[str, EntitySpec], report: Report
) -> tuple[Link, ...]:
    """How an entity refers to others by several fields; those with a problem are left out."""
    return tuple(_resolve(entity, spec, entities, report))


def _resolve(
    entity: str, spec: EntitySpec, entities: Mapping[str, EntitySpec], report: Report
) -> Iterator[Link]:
    for name, ref in spec.refs.items():
        path: Path = ("entities", entity, "refs", name)
        if ref.ref not in entities:
            report.error(
                "unknown-entity",
                f"there is no entity {quoted(ref.ref)}",
                (*path, "ref"),
                advice=entity_meant(ref.ref, entities),
            )
        elif _has_fields(entity, spec, ref, path, report) and _fits(
            ref, entities[ref.ref], path, report
        ):
            on_delete = None if ref.on_delete is None else OnDelete(ref.on_delete)
            reference = Reference(ref.ref, on_delete, bool(ref.check), ref.touch)
            yield Link(tuple(ref.fields), reference, name)


def _has_fields(entity: str, spec: EntitySpec, ref: RefSpec, path: Path, report: Report) -> bool:
    unknown = [(place, name) for place, name in enumerate(ref.fields) if name not in spec.fields]
    for place, name in unknown:
        report.error(
            "unknown-field",
            f"{entity} has no field {quoted(name)}"
            if spec.variants is None
            else f"not every {entity} has a field {quoted(name)}",
            (*path, "fields", place),
            advice=did_you_mean(name, spec.fields),
        )
    return not unknown


def _fits(ref: RefSpec, target: EntitySpec, path: Path, report: Report) -> bool:
    if not target.key:
        report.error(
            "needs-key",
            f"{ref.ref} has no key: its documents are told apart by their IDs",
            (*path, "ref"),
            advice=f"write type: id<{ref.ref}> for a field that refers to it",
        )
        return False
    if len(target.key) == 1:
        report.error(
            "ref-fields",
            f"the key of {ref.ref} is one field",
            path,
            advice=f"write type: ref<{ref.ref}> for the field that refers to it",
        )
        return False
    for place, name in enumerate(ref.fields):
        if name in ref.fields[:place]:
            report.error(
                "duplicate-field",
                f"the field {quoted(name)} is there twice",
                (*path, "fields", place),
                advice="remove it here",
            )
            return False
    if len(ref.fields) != len(target.key):
        report.error(
            "ref-fields",
            f"the key of {ref.ref} is {len(target.key)} fields: {', '.join(target.key)}",
            (*path, "fields"),
            advice="name a field for each of them, in their order",
        )
        return False
    return True
