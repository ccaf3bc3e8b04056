"""The facts of the modules of enums and of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.interfaces import Interface, inline_interfaces, interface
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript.types import Types
from convexgen.model.system import System
from convexgen.model.types import LiteralType
from convexgen.naming import enum_members


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A constant of an enum."""

    name: Code
    value: str


@dataclass(frozen=True, slots=True)
class Enum:
    """A named enum."""

    name: Code
    description: str | None
    members: Sequence[EnumMember]
    type: Code


@dataclass(frozen=True, slots=True)
class EnumsFacts:
    """What the template of the enums asks."""

    enums: Sequence[Enum]


@dataclass(frozen=True, slots=True)
class ObjectsFacts:
    """What the template of the objects asks."""

    names: Names
    interfaces: Sequence[Interface]


def enums_facts(system: System, taken: frozenset[str]) -> EnumsFacts:
    """The facts of the named enums."""
    types = Types(Names("./", taken), system)
    return EnumsFacts(
        [
            Enum(
                identifier(shape.name),
                shape.description,
                [
                    EnumMember(identifier(name), value)
                    for name, value in zip(enum_members(shape.values), shape.values, strict=True)
                ],
                types.of(LiteralType(shape.values, shape.is_open)),
            )
            for shape in system.enums
        ]
    )


def objects_facts(system: System, taken: frozenset[str]) -> ObjectsFacts:
    """The facts of the named objects, each after those that are declared in it."""
    names = Names("./", taken, own="objects")
    types = Types(names, system)
    interfaces = [
        one
        for shape in system.objects
        for one in (
            *inline_interfaces(shape.fields, types),
            interface(shape.name, shape.description, shape.fields, types),
        )
    ]
    return ObjectsFacts(names, interfaces)
