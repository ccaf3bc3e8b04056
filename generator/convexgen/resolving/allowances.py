"""Which changes a spec says to be meant, and where it says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convexgen.guards import is_list, is_mapping
from convexgen.model.allowances import Allowance
from convexgen.source.nodes import Path
from convexgen.spec.surface.changes import AllowSpec
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.spec import Spec


def resolve_allowances(spec: Spec) -> Iterator[Allowance]:
    """Those of the spec, and of all mappings in it, the outermost first."""
    yield from _within(spec, ())


def _within(part: object, path: Path) -> Iterator[Allowance]:
    if isinstance(part, Surface):
        allow: Sequence[AllowSpec] = getattr(part, "allow", None) or ()
        for one in allow:
            yield Allowance(path, one.change, one.of, one.reason, one.until)
        for name, field in type(part).model_fields.items():
            if name != "allow" and name in part.model_fields_set:
                yield from _within(getattr(part, name), (*path, field.alias or name))
    elif is_mapping(part):
        for key, value in part.items():
            yield from _within(value, (*path, key))
    elif is_list(part):
        for position, value in enumerate(part):
            yield from _within(value, (*path, position))
