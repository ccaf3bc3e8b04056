"""Unions of objects that a field tells apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.system import System
from convexgen.model.tags import object_fields, tag_values
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
        for member, path in union.members:
            fields = ("objects", member.name) if isinstance(member, ObjectType) else path
            if report.has_unresolved(fields):
                continue
            problem = _problem(member, union.tag, system)
            if problem is not None:
                advice = f"write objects with {union.tag}: {{literal: …}}"
                report.error("union-tag", problem, path, advice=advice)
            for value in tag_values(member, union.tag, system):
                if owners.setdefault(value, path) != path:
                    report.error(
                        "union-tag",
                        f"{quoted(value)} is a value of the tag {quoted(union.tag)} of two members",
                        path,
                        advice="give each of them values of its own",
                    )


def _problem(member: Type, tag: str, system: System) -> str | None:
    fields = object_fields(member, system)
    if fields is None:
        return "a union with a tag is one of objects"
    field = next((field for field in fields if field.name == tag), None)
    if field is None:
        return f"the object has no field {quoted(tag)}, which is the tag of the union"
    if field.optional or field.nullable:
        return f"{quoted(tag)} is the tag of the union, so it is always there"
    if isinstance(field.type, EnumType):
        # pydantic takes the values of a discriminator from a Literal.
        return f"{quoted(tag)} is the tag of the union, so its values are listed in place"
    if not isinstance(field.type, LiteralType):
        return f"{quoted(tag)} is the tag of the union, so its values are given strings"
    return None
