"""What the module of an entity says of the variants of its documents."""

from __future__ import annotations

from convexgen.model.entities import Entity
from convexgen.model.fields import Merge, Setter
from convexgen.model.system import System
from convexgen.views.convex.typescript import call, constant, entry, object_literal, string
from convexgen.views.convex.validators import present
from convexgen.views.convex.writing import changes_some, keeps_some, own_fields, set_by
from convexgen.views.layout import SOFT_LINE, Document, Group, Indent


def some_fields(entity: Entity) -> Document:
    """The type of some fields of a document."""
    if entity.variants:
        return "SomeOf<AllFields>"
    return Group(("SomeOf<", Indent((SOFT_LINE, f"Doc<{string(entity.table)}>")), SOFT_LINE, ">"))


def variants(entity: Entity) -> str | None:
    """The validators of the variants, where something names them."""
    named = entity.changeable_fields or changes_some(entity)
    if not entity.variants or not named:
        return None
    return constant("variants", f"schema.tables.{entity.table}.validator.members")


def all_fields(entity: Entity, system: System) -> str | None:
    """The fields of all variants with their type, where something handles any of them."""
    if not handles_any_field(entity):
        return None
    properties: list[Document] = [
        entry("_id", f"v.optional(v.id({string(entity.table)}))"),
        entry("_creationTime", "v.optional(v.number())"),
        *(entry(one.name, call("v.optional", [present(one, system)])) for one in entity.fields),
    ]
    validator = ("v.object(", object_literal(properties, broken=True), ")")
    declared = constant("allFields", validator)
    if not _names_any_field(entity):
        return declared
    return f"{declared}\n\ntype AllFields = Infer<typeof allFields>;"


def _names_any_field(entity: Entity) -> bool:
    """Whether something has fields of all variants for its type."""
    return bool(
        entity.unique
        or any(field.merge is not Merge.REPLACE for field in entity.changeable_fields)
        or any(field.reference and field.reference.touch for field in entity.fields)
        or (set_by(own_fields(entity), *Setter) and keeps_some(entity))
    )


def handles_any_field(entity: Entity) -> bool:
    """Whether an entity has variants, and functions that handle fields of all of them."""
    return bool(entity.variants) and bool(
        entity.changeable_fields
        or entity.unique
        or any(field.reference and field.reference.touch for field in entity.fields)
        or set_by(own_fields(entity), *Setter)
    )
