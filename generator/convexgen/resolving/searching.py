"""Search and vector indexes of an entity."""

from __future__ import annotations

from collections.abc import Sequence

from convexgen.model.entities import SearchIndex, VectorIndex
from convexgen.model.fields import EntityField
from convexgen.model.types import VectorType
from convexgen.naming import index_function, nearest_function
from convexgen.spec.surface.entities import EntitySpec


def resolve_search_indexes(spec: EntitySpec) -> tuple[SearchIndex, ...]:
    """The declared full-text indexes."""
    return tuple(
        SearchIndex(name, index_function(name), index.search, tuple(index.filter or ()))
        for name, index in spec.search_indexes.items()
    )


def resolve_vector_indexes(
    spec: EntitySpec, fields: Sequence[EntityField]
) -> tuple[VectorIndex, ...]:
    """The declared indexes of vectors; those over no vector have no dimensions."""
    types = {field.name: field.type for field in fields}
    found: list[VectorIndex] = []
    for name, index in spec.vector_indexes.items():
        type_ = types.get(index.vector)
        dimensions = type_.dimensions if isinstance(type_, VectorType) else 0
        filters = tuple(index.filter or ())
        found.append(VectorIndex(name, nearest_function(name), index.vector, dimensions, filters))
    return tuple(found)
