"""What functions call the fields that they take values of, beside what they take besides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from convexgen.model.entities import Entity, Query, SearchIndex, VectorIndex
from convexgen.model.paths import is_path
from convexgen.model.types import Field
from convexgen.naming import camel_case, python_attribute
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
    return _arguments(query.compared, taken, entity)


def condition_arguments(query: Query, entity: Entity) -> Mapping[str, str]:
    """What callers call each field that they may say conditions of."""
    conditions = query.where.conditions if query.where is not None else ()
    return _arguments((one.field for one in conditions), (), entity)


def search_arguments(index: SearchIndex | VectorIndex, entity: Entity) -> Mapping[str, str]:
    """The argument for each field that a search filters by."""
    is_of_words = isinstance(index, SearchIndex)
    taken = SEARCH_ARGUMENTS if is_of_words else NEAREST_ARGUMENTS
    return _arguments(index.filters, taken, entity)


def renamed_arguments(entity: Entity) -> tuple[tuple[str, str], ...]:
    """The fields that functions take values of by other names, each with such a name."""
    given = [
        *(query_arguments(one, entity) for one in entity.queries),
        *(condition_arguments(one, entity) for one in entity.queries),
        *(search_arguments(one, entity) for one in entity.search_indexes),
        *(search_arguments(one, entity) for one in entity.vector_indexes),
    ]
    found = (one for arguments in given for one in arguments.items())
    return tuple(dict.fromkeys(one for one in found if one[0] != one[1]))


def argument_name(field: str) -> str:
    """What a field is called where it stands alone: `state.startedAt` → `stateStartedAt`."""
    return camel_case(field) if is_path(field) else field


def parameter_attribute(field: Field, argument: str) -> str:
    """What Python calls the argument for a field, as its attribute is called where it can be."""
    of_field = None if is_path(field.name) else field.python
    return of_field or python_attribute(argument)


def _arguments(fields: Iterable[str], taken: Collection[str], entity: Entity) -> Mapping[str, str]:
    """With an underscore after names that are taken: `order` → `order_`.

    Those of paths are taken where Python calls another one so, too: `state_type`, `stateType`.
    """
    own = tuple(fields)
    found: dict[str, str] = {}
    for field in sorted(own, key=is_path):
        argument = argument_name(field)
        others = {
            parameter_attribute(entity.field(other), one)
            for other, one in found.items()
            if is_path(field)
        }
        while (
            argument in taken
            or (argument != field and argument in own)
            or python_attribute(argument) in others
        ):
            argument += "_"
        found[field] = argument
    return {field: found[field] for field in own}
