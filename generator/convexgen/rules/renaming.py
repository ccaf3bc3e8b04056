"""Rules on what a spec says that things were called before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.system import System
from convexgen.model.types import LiteralType
from convexgen.rules.places import shapes, type_places
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part


@dataclass(frozen=True, slots=True)
class _Renamed:
    """Something that was called otherwise."""

    name: str
    source: str
    path: Path
    """Where it says so."""


def check_names(system: System) -> Iterator[Finding]:
    """Names that something else has, or had as well."""
    for names, renamed in _groups(system):
        taken: dict[str, str] = {}
        for one in renamed:
            if one.source in names:
                yield Finding(
                    f"{quoted(one.source)} is there: {quoted(one.name)} was called otherwise",
                    one.path,
                    advice=f"remove it, or {quoted(one.source)}",
                )
            elif one.source in taken:
                yield Finding(
                    f"{quoted(taken[one.source])} was called {quoted(one.source)}, too",
                    one.path,
                    advice="say it of one of the two",
                )
            taken.setdefault(one.source, one.name)


def check_values(system: System) -> Iterator[Finding]:
    """Values of enums that none of them has, or that are there under both names."""
    for path, values, renamed in _enums(system):
        for new in renamed:
            if new not in values:
                yield Finding(
                    f"the enum has no value {quoted(new)}",
                    (*path, "renamedValues", new),
                    Part.KEY,
                    "write {new: old}, as in {closed: done}",
                )


def check_results(system: System) -> Iterator[Finding]:
    """What has no name."""
    for function in system.functions:
        for field in function.whole:
            if field.renamed_from is not None:
                yield Finding(
                    '"renamedFrom" is for what has a name',
                    ("functions", function.path, field.name, "renamedFrom"),
                    Part.KEY,
                    "remove it",
                )


def _groups(system: System) -> Iterator[tuple[Collection[str], list[_Renamed]]]:
    """Names that stand beside each other, and those that were others."""
    yield (
        {entity.name for entity in system.entities},
        [
            _Renamed(one.name, one.renamed_from, ("entities", one.name, "renamedFrom"))
            for one in system.entities
            if one.renamed_from is not None
        ],
    )
    for path, indexes in (
        (("entities", entity.name, key), indexes)
        for entity in system.entities
        for key, indexes in (
            ("indexes", entity.all_indexes),
            ("searchIndexes", entity.all_search_indexes),
            ("vectorIndexes", entity.all_vector_indexes),
        )
    ):
        yield (
            {index.name for index in indexes},
            [
                _Renamed(one.name, one.renamed_from, (*path, one.name, "renamedFrom"))
                for one in indexes
                if one.renamed_from is not None
            ],
        )
    objects = [
        (shape.fields if shape.entity is None else shape.entity.fields, shape.fields, shape.path)
        for shape in shapes(system)
    ]
    arguments = [
        (one.arguments, one.arguments, ("functions", one.path, "args")) for one in system.functions
    ]
    for siblings, fields, holder in (*objects, *arguments):
        yield (
            {field.name for field in siblings},
            [
                _Renamed(one.name, one.renamed_from, (*holder, one.name, "renamedFrom"))
                for one in fields
                if one.renamed_from is not None
            ],
        )
    for enum, values, renamed in _enums(system):
        yield (
            values,
            [
                _Renamed(new, old, (*enum, "renamedValues", new))
                for new, old in renamed.items()
                if new in values
            ],
        )


def _enums(system: System) -> Iterator[tuple[Path, Collection[str], dict[str, str]]]:
    for enum in system.enums:
        yield ("enums", enum.name), enum.values, dict(enum.renamed)
    for place in type_places(system):
        if isinstance(place.type, LiteralType):
            yield place.path, place.type.values, dict(place.type.renamed)


RULES = (
    Rule("renamed-from", check_names),
    Rule("renamed-from", check_values),
    Rule("renamed-from", check_results),
)
