"""The fields whose numbers updates may raise and lower."""

from __future__ import annotations

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.types import CommitTimeType, Int64Type, IntegerType, NumberType


def number_fields(entity: Entity) -> tuple[EntityField, ...]:
    """The fields that an update may add to, whatever else it may write there.

    Those are none of which a new document counts from another number in each variant.
    """
    return tuple(
        field
        for field in entity.changeable_fields
        if isinstance(field.type, NumberType | IntegerType | Int64Type)
        # What the commit's time stands for is known when all is written.
        and not isinstance(field.type, CommitTimeType)
        and len({one.default for _, one in entity.declared_fields if one.name == field.name}) == 1
    )


def is_int64(field: EntityField) -> bool:
    """Whether a number is an int64, which JavaScript has as a bigint."""
    return isinstance(field.type, Int64Type)


def first_number(field: EntityField) -> int | float:
    """What is added to where a new document does not give the field."""
    value = None if field.default is None else field.default.value
    return value if isinstance(value, int | float) else 0
