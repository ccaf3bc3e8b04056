"""What functions call the fields that they take values of, beside what they take besides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from convexgen.model.entities import Entity, Query, SearchIndex, VectorIndex
from convexgen.reserved import (
    COUNTED_ARGUMENTS,
    NEAREST_ARGUMENTS,
    QUERY_ARGUMENTS,
    RELATED_ARGUMENTS,
    SEARCH_ARGUMENTS,
    WHERE_ARGUMENTS,
    WINDOWS_ARGUMENTS,
)


def query_arguments(query: Query, entity: Entity) -> Mapping[str, str]:
    """The argument for each field that a query compares."""
    taken = QUERY_ARGUMENTS
    if query.where is not None:
        taken |= WHERE_ARGUMENTS
    if query.counted:
        taken |= COUNTED_ARGUMENTS
    if query.windows is not None:
        taken |= WINDOWS_ARGUMENTS
    if entity.relations:
        taken |= RELATED_ARGUMENTS
    return _arguments(query.compared, taken)


def search_arguments(index: SearchIndex | VectorIndex) -> Mapping[str, str]:
    """The argument for each field that a search filters by."""
    is_of_words = isinstance(index, SearchIndex)
    return _arguments(index.filters, SEARCH_ARGUMENTS if is_of_words else NEAREST_ARGUMENTS)


def renamed_arguments(entity: Entity) -> tuple[tuple[str, str], ...]:
    """The fields that functions take values of by other names, each with such a name."""
    given = [
        *(query_arguments(one, entity) for one in entity.queries),
        *(search_arguments(one) for one in entity.search_indexes),
        *(search_arguments(one) for one in entity.vector_indexes),
    ]
    found = (one for arguments in given for one in arguments.items())
    return tuple(dict.fromkeys(one for one in found if one[0] != one[1]))


def _arguments(fields: Iterable[str], taken: Collection[str]) -> Mapping[str, str]:
    """With an underscore after names that are taken: `order` → `order_`."""
    own = tuple(fields)
    found: dict[str, str] = {}
    for field in own:
        argument = field
        while argument in taken or (argument != field and argument in own):
            argument += "_"
        found[field] = argument
    return found
