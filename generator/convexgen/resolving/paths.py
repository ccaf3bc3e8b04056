"""The fields of objects that an entity's indexes, searches and queries name by paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.paths import Objects, field_at, is_path
from convexgen.model.types import AnyType
from convexgen.spec.surface.entities import EntitySpec

_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
"""What a field may be called: https://docs.convex.dev/database/types."""


def resolve_inner_fields(
    spec: EntitySpec, entity: Entity, objects: Objects
) -> tuple[EntityField, ...]:
    """Those that are there, each once; rules say of the other paths why they lead nowhere."""
    if spec.has_any_fields:
        return tuple(
            EntityField(name, AnyType(), optional=True)
            for name in dict.fromkeys(_named(spec))
            if _PATH.fullmatch(name)
        )
    paths = dict.fromkeys(name for name in _named(spec) if is_path(name))
    found = (field_at(path, entity, objects) for path in paths)
    return tuple(one for one in found if isinstance(one, EntityField))


def _named(spec: EntitySpec) -> Iterator[str]:
    for index in spec.indexes.values():
        yield from index.fields
    for search in spec.search_indexes.values():
        yield from (search.search, *(search.filter or ()))
    for vector in spec.vector_indexes.values():
        yield from (vector.vector, *(vector.filter or ()))
    for query in spec.queries.values():
        yield from (*(query.by or ()), *(query.where or ()), *(query.order or "").split())
