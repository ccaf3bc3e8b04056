"""Unions of objects that a field tells apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from convexgen.diagnostics.display import quoted
from convexgen.model.system import System
from convexgen.model.tags import list_tags, object_fields, tag_values
from convexgen.model.types import EnumType, LiteralType, ObjectType, Type
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """A union with a tag, and where each of its members stands."""

    tag: str
    members: tuple[tuple[Type, Path], ...]


def check_tags(unions: Iterable[TaggedUnion], system: System, report: Report) -> None:
    """Report members of unions that their tag does not tell apart."""
    for union in unions:
        owners: dict[str, Path] = {}
        attributes: set[str] = set()
        for member, path in union.members:
            fields = ("objects", member.name) if isinstance(member, ObjectType) else path
            if report.has_unresolved(fields):
                continue
            problem = _problem(member, union.tag, system)
            if problem is not None:
                advice = f"write objects with {union.tag}: {{literal: …}}"
                report.error("union-tag", problem, path, advice=advice)
            own = object_fields(member, system) or ()
            attributes |= {field.attribute for field in own if field.name == union.tag}
            if len(attributes) > 1:
                report.error(
                    "union-tag",
                    f"{quoted(union.tag)} is the tag of the union, and has several names in Python",
                    path,
                    advice="give it the same one in all of the objects",
                )
                break
            for value in tag_values(member, union.tag, system):
                if owners.setdefault(value, path) != path:
                    report.error(
                        "union-tag",
                        f"{quoted(value)} is a value of the tag {quoted(union.tag)} of two members",
                        path,
                        advice="give each of them values of its own",
                    )


def list_tags_of_objects(unions: Iterable[TaggedUnion], system: System) -> System:
    """The system with the values listed of each enum that is the tag of a named object."""
    tags: defaultdict[str, set[str]] = defaultdict(set)
    for union in unions:
        for member, _ in union.members:
            if isinstance(member, ObjectType):
                tags[member.name].add(union.tag)
    enums = {shape.name: shape.values for shape in system.enums}
    objects = tuple(
        replace(shape, fields=list_tags(shape.fields, tags.get(shape.name, ()), enums))
        for shape in system.objects
    )
    return replace(system, objects=objects)


def _problem(member: Type, tag: str, system: System) -> str | None:
    fields = object_fields(member, system)
    if fields is None:
        return "a union with a tag is one of objects"
    field = next((field for field in fields if field.name == tag), None)
    if field is None:
        return f"the object has no field {quoted(tag)}, which is the tag of the union"
    if field.optional or field.nullable:
        return f"{quoted(tag)} is the tag of the union, so it is always there"
    if not isinstance(field.type, LiteralType | EnumType):
        return f"{quoted(tag)} is the tag of the union, so its values are given strings"
    if field.type.is_open:
        return f"{quoted(tag)} is the tag of the union, and an open enum has values of no object"
    return None
