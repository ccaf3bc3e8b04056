"""Search and vector indexes of an entity."""

from __future__ import annotations

from collections.abc import Sequence

from convexgen.model.entities import SearchIndex, VectorIndex
from convexgen.model.fields import EntityField
from convexgen.model.types import VectorType
from convexgen.naming import index_function, nearest_function
from convexgen.reserved import free_function
from convexgen.spec.surface.entities import EntitySpec


def resolve_search_indexes(spec: EntitySpec, *, staged: bool) -> tuple[SearchIndex, ...]:
    """The declared full-text indexes, or those that are staged."""
    found: list[SearchIndex] = []
    for name, index in spec.search_indexes.items():
        if bool(index.staged) is not staged:
            continue
        function = index.query or free_function(index_function(name))
        filters = tuple(index.filter or ())
        is_named = index.query is not None
        found.append(
            SearchIndex(name, function, index.search, filters, is_named, index.renamed_from)
        )
    return tuple(found)


def resolve_vector_indexes(
    spec: EntitySpec, fields: Sequence[EntityField], *, staged: bool
) -> tuple[VectorIndex, ...]:
    """The declared indexes of vectors, or those that are staged.

    Where neither the field nor the index says how many numbers there are, there are none.
    """
    types = {field.name: field.type for field in fields}
    found: list[VectorIndex] = []
    for name, index in spec.vector_indexes.items():
        if bool(index.staged) is not staged:
            continue
        type_ = types.get(index.vector)
        own = type_.dimensions if isinstance(type_, VectorType) else 0
        dimensions = own if index.dimensions is None else index.dimensions
        filters = tuple(index.filter or ())
        function = index.query or free_function(nearest_function(name))
        is_named = index.query is not None
        found.append(
            VectorIndex(
                name, function, index.vector, dimensions, filters, is_named, index.renamed_from
            )
        )
    return tuple(found)
