"""Named objects, in an order in which none refers to a later one."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.model.shapes import ObjectShape
from convexgen.model.traversal import schema_parts
from convexgen.model.types import ObjectType
from convexgen.resolving.report import Report
from convexgen.resolving.types import TypeResolver
from convexgen.source.source import Part
from convexgen.spec.surface.spec import Spec


def resolve_objects(spec: Spec, types: TypeResolver, report: Report) -> tuple[ObjectShape, ...]:
    """The objects of the spec, dependencies first, else in the order of the spec.

    Reports circles; the order is then arbitrary.
    """
    shapes = {
        name: ObjectShape(
            name,
            tuple(
                types.field(field_name, field, ("objects", name, field_name))
                for field_name, field in fields.items()
            ),
        )
        for name, fields in spec.objects.items()
    }
    uses = {name: _objects_used(shape) for name, shape in shapes.items()}
    return tuple(shapes[name] for name in _dependencies_first(uses, report))


def _objects_used(shape: ObjectShape) -> tuple[str, ...]:
    names = (
        part.name
        for field in shape.fields
        for part in schema_parts(field.type)
        if isinstance(part, ObjectType)
    )
    return tuple(dict.fromkeys(names))


def _dependencies_first(uses: Mapping[str, tuple[str, ...]], report: Report) -> list[str]:
    """A depth-first walk with a stack of its own, so that no chain of objects is too long."""
    done: dict[str, None] = {}
    for root in uses:
        trail: dict[str, list[str]] = {}
        current: str | None = root
        while current is not None:
            if current not in trail:
                trail[current] = [] if current in done else list(reversed(uses[current]))
            waiting = trail[current]
            if not waiting:
                trail.pop(current)
                done[current] = None
                current = next(reversed(trail), None)
                continue
            following = waiting.pop()
            if following in trail:
                _report_circle([*trail], following, report)
            else:
                current = following
    return list(done)


def _report_circle(trail: list[str], again: str, report: Report) -> None:
    circle = [*trail[trail.index(again) :], again]
    report.error(
        "cyclic-object",
        f"an object may not hold itself: {' → '.join(circle)}",
        ("objects", again),
        part=Part.KEY,
        advice="keep a list of keys or IDs instead, or use json",
    )
