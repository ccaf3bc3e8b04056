"""Facts of the fields that follow from others."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.checks import field_check
from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.validators import field_validator
from convexgen.facts.expressions import Expression
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.places import place_at
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class DerivedFacts:
    """A field that follows from another."""

    name: Code
    source: tuple[str, ...]
    """The other field, and the names that lead further, into its value."""
    steps_to_json: int | None
    """How many of these lead to JSON; None where none does."""
    validator: Code | None
    """None where it is a column that indexes have in place of the other field."""
    check: Expression | None
    tags: tuple[str, ...]
    """Of the variants that have it; none where all documents do."""


def derived_facts(entity: Entity, system: System) -> tuple[DerivedFacts, ...]:
    """The facts of what follows from fields of an entity: other fields, and columns of indexes."""
    shared = [
        _derived(field, entity, system, ())
        for field in entity.shared_fields
        if field.derived is not None
    ]
    own = [
        _derived(field, entity, system, variant.values)
        for variant in entity.variants
        for field in variant.fields
        if field.derived is not None
    ]
    columns = [
        DerivedFacts(identifier(one.index_column), (one.name,), None, None, None, ())
        for one in entity.fields
        if one.absent_last
    ]
    return (*shared, *own, *columns)


def _derived(
    field: EntityField, entity: Entity, system: System, tags: tuple[str, ...]
) -> DerivedFacts:
    if field.derived is None:
        raise ValueError(f"{field.name} follows from no other field")
    name, path = field.derived.field, field.derived.path
    steps = place_at([entity.field(name).type], path, system).steps_to_json
    return DerivedFacts(
        name=identifier(field.name),
        source=(name, *path),
        steps_to_json=None if steps is None else steps + 1,
        validator=field_validator(field, system),
        check=field_check(field, system),
        tags=tags,
    )
