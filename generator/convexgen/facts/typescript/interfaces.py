"""The facts of interfaces: of entities, of objects, and of the arguments of functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.types import Types
from convexgen.facts.typescript_text import property_name
from convexgen.model.classes import objects_in
from convexgen.model.types import Field, TimestampType

_TIMESTAMP = "Milliseconds since the epoch."


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an interface."""

    name: Code
    description: str | None
    type: Code
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface."""

    name: Code
    description: str | None
    properties: Sequence[Property]


def interface(
    name: str, description: str | None, fields: Iterable[Field], types: Types
) -> Interface:
    """An interface with these fields."""
    properties = [property_of(field, types, is_optional=field.optional) for field in fields]
    return Interface(identifier(name), description, properties)


def inline_interfaces(fields: Iterable[Field], types: Types) -> list[Interface]:
    """The interfaces of the objects declared in place in some fields."""
    return [interface(one.name, None, one.fields, types) for one in objects_in(fields)]


def property_of(field: Field, types: Types, *, is_optional: bool) -> Property:
    """The property for a field."""
    return Property(property_name(field.name), _text(field), types.of_field(field), is_optional)


def _text(field: Field) -> str | None:
    """What a field holds, in which unit, and that it is deprecated."""
    parts: list[str] = [field.description] if field.description else []
    if isinstance(field.type, TimestampType):
        parts.append(_TIMESTAMP)
    if field.deprecated is not None:
        parts.append(f"@deprecated {field.deprecated}".rstrip())
    return "\n".join(parts) or None
