"""How functions written by hand change, and those for users."""

from __future__ import annotations

from collections.abc import Iterator

from convexgen.changes.change import CALLERS, TYPES_ONLY, Change, Place, Use
from convexgen.changes.types import TypeChanges, shape_of
from convexgen.model.functions import Function
from convexgen.model.system import System
from convexgen.model.traversal import parts
from convexgen.model.types import DocumentType, Field, InputType
from convexgen.source.nodes import Path

_GIVEN = Use(given=True)
_READ = Use(read=True)


def function_changes(before: System, after: System, types: TypeChanges) -> Iterator[Change]:
    """How the functions of two versions differ."""
    old = {one.path: one for one in before.functions}
    new = {one.path: one for one in after.functions}
    for path, one in old.items():
        if path not in new:
            place = _place(one, before, path)
            message = f"the function {path} is gone"
            yield place.change("function-removed", message, CALLERS, name=path)
    for path, one in new.items():
        place = _place(one, after, path)
        if path not in old:
            yield place.change("function-added", f"the function {path} is new", name=path)
        elif not one.is_generated and not old[path].is_generated:
            yield from _changes(old[path], one, place, types)


def _place(function: Function, system: System, path: str) -> Place:
    where: Path = ("functions", path)
    if function.is_generated:
        names = {f"viewer/{entity.module}": entity.name for entity in system.entities}
        where = ("entities", names[function.module], "access")
    return Place(where, where)


def _changes(old: Function, new: Function, at: Place, types: TypeChanges) -> Iterator[Change]:
    path = new.path
    if old.kind != new.kind:
        message = f"the function {path} is a {new.kind.value}, and was a {old.kind.value}"
        yield at.inside("kind").change("function-changed", message, CALLERS, name=path)
    if old.positional != new.positional:
        how = "by position" if new.positional else "by name"
        message = f"clients give the arguments of {path} {how}"
        yield at.inside("positional").change("function-changed", message, TYPES_ONLY, name=path)
    if (old.input is None) != (new.input is None):
        message = f"the function {path} takes its arguments in another form"
        yield at.change("function-changed", message, CALLERS, name=path)
    elif old.input is not None and new.input is not None:
        yield from types.field(old.input, new.input, at.inside("input"), _GIVEN, path)
    else:
        place = at.inside("args")
        yield from types.shapes(
            shape_of(old.arguments, place.before),
            shape_of(new.arguments, place.after),
            place,
            _GIVEN,
            path,
        )
    yield from types.field(old.result, new.result, at.inside("returns"), _READ, path)


def entities_of_functions(system: System) -> frozenset[str]:
    """The entities whose documents functions written by hand give or take."""
    fields: list[Field] = [
        field
        for one in system.functions
        if not one.is_generated
        for field in (*one.arguments, *one.whole)
    ]
    return frozenset(
        part.entity
        for field in fields
        for part in parts(field.type)
        if isinstance(part, DocumentType | InputType)
    )
