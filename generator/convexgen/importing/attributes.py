"""What Python calls fields whose own names leave them none."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from convexgen.naming import python_attribute
from convexgen.reserved import ENTITY_ATTRIBUTES


def given_attributes(names: Collection[str], *, of_entity: bool) -> Mapping[str, str]:
    """The fields that need another name in Python, each with one that is free."""
    attributes = {name: python_attribute(name) for name in names}
    taken = set(ENTITY_ATTRIBUTES) if of_entity else set[str]()
    free = {*taken, *attributes.values(), *names}
    given: dict[str, str] = {}
    # What is called so in the schema has the name, which JSON may mean by it.
    for name in sorted(names, key=lambda one: attributes[one] != one):
        attribute = attributes[name]
        if attribute in taken:
            attribute = given[name] = _numbered(attribute, free)
            free.add(attribute)
        taken.add(attribute)
    return given


def _numbered(name: str, taken: Collection[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
