"""Rules on what documents may come with."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Visibility
from convexgen.model.system import System
from convexgen.naming import python_attribute
from convexgen.reserved import OBJECT_PROPERTIES, RELATED_ATTRIBUTES
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part


def check_access(system: System) -> Iterator[Finding]:
    """Documents that anybody may read, with others that not anybody may read."""
    for entity in system.entities:
        if entity.access.read is not Visibility.PUBLIC:
            continue
        for relation in entity.relations:
            if system.entity(relation.entity).access.read is not Visibility.PUBLIC:
                yield Finding(
                    f"anybody may read {entity.name}, and with it {relation.entity}, which needs a "
                    "deploy key",
                    ("entities", entity.name, "related", relation.name),
                    Part.KEY,
                    "remove it here, or give both the same access",
                    ((f"{relation.entity} is", ("entities", relation.entity)),),
                )


def check_names(system: System) -> Iterator[Finding]:
    """Relations that are called as something that is there already."""
    for entity in system.entities:
        for relation in entity.relations:
            name = relation.name
            if name in OBJECT_PROPERTIES or python_attribute(name) in RELATED_ATTRIBUTES:
                yield Finding(
                    f"{quoted(name)} is what every document with others has already",
                    ("entities", entity.name, "related", name),
                    Part.KEY,
                    "choose another name",
                )


def check_collisions(system: System) -> Iterator[Finding]:
    """Relations that are the same attribute in Python."""
    for entity in system.entities:
        owners: dict[str, str] = {}
        path: Path = ("entities", entity.name, "related")
        for relation in entity.relations:
            attribute = python_attribute(relation.name)
            owner = owners.setdefault(attribute, relation.name)
            if owner != relation.name:
                yield Finding(
                    f"{quoted(relation.name)} and {quoted(owner)} are both {attribute} in Python",
                    (*path, relation.name),
                    Part.KEY,
                    "rename one of them",
                    (("the other is", (*path, owner)),),
                )


RULES = (
    Rule("related-entity", check_access),
    Rule("reserved-name", check_names),
    Rule("colliding-name", check_collisions),
)
