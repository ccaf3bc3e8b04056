"""The rule on classes: each has a name of its own in the Python package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.classes import (
    entity_classes,
    functions_class,
    table_id_class,
)
from convexgen.model.system import System
from convexgen.naming import CONVEX_TABLES, function_namespace, snake_case
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_MODULE = "a module of functions"
_OUTSIDE = "a table that is no entity"


@dataclass(frozen=True, slots=True)
class _Owner:
    """What has classes: an entity, an enum, an object, or functions."""

    kind: str
    name: str
    path: Path
    classes: tuple[str, ...]
    """By the first, it is told apart."""


def _owners(system: System) -> Iterator[_Owner]:
    for position, table in enumerate(system.outside_tables):
        declared = () if table in CONVEX_TABLES else ("tables", position)
        yield _Owner(_OUTSIDE, table, declared, (table_id_class(table),))
    for enum in system.enums:
        yield _Owner("an enum", enum.name, ("enums", enum.name), (enum.name,))
    for shape in system.objects:
        yield _Owner("an object", shape.name, ("objects", shape.name), (shape.name,))
    for entity in system.entities:
        place: Path = ("entities", entity.name)
        yield _Owner("an entity", entity.name, place, entity_classes(entity))
    # Modules that are the same namespace are refused as such.
    modules = {function_namespace(one.module): one for one in reversed(system.functions)}
    for namespace, function in modules.items():
        name = functions_class(function.module)
        yield _Owner(_MODULE, namespace, ("functions", function.path), (name, f"Async{name}"))


def check_colliding_classes(system: System) -> Iterator[Finding]:
    """Entities, enums and objects that need the same class or module."""
    owners: dict[str, _Owner] = {}
    for one in _owners(system):
        if not one.name.replace(".", "").isidentifier():
            continue  # reported as a name
        for class_name in one.classes:
            # By snake case, which modules have: file systems may take HTTPLog for HttpLog.
            other = owners.setdefault(snake_case(class_name), one)
            if other is one or one.kind == other.kind == _MODULE:
                continue
            if one.kind == other.kind == _OUTSIDE and one.name == other.name:
                continue  # one that is declared twice
            yield Finding(
                _collision(one, other, class_name),
                one.path,
                Part.KEY,
                "rename one of them",
                ((f"the other is {other.kind}", other.path),) if other.path else (),
            )
            break


def _collision(one: _Owner, other: _Owner, class_name: str) -> str:
    if one.name == other.name:
        return f"there is {other.kind} {quoted(one.name)} too"
    both = f"{quoted(one.name)} and {quoted(other.name)}"
    if snake_case(one.name) == snake_case(other.name):
        return f"{both} differ in capitals only, and file systems may not tell them apart"
    return f"{both} both need a class {class_name}"


RULES = (Rule("colliding-name", check_colliding_classes),)
