"""What counting costs of the limits of a transaction."""

from __future__ import annotations

from convexgen.model.entities import Entity

_RANGES = 4000
"""Of the 4,096 index ranges that a transaction may read:
https://docs.convex.dev/production/state/limits"""

_WITH_ENTRIES = 100
"""A transaction writes 16,000 documents, and each entry of a record may be one."""


def documents_per_transaction(indexes: int) -> int:
    """How many documents a transaction writes whose table has so many counted indexes.

    A key at a random place of a large tree takes up to two ranges a level, of three levels.
    """
    return _RANGES // (2 + 6 * indexes)


def documents_per_call(entity: Entity) -> int | None:
    """How many documents one call saves; None for as many as of any other table."""
    indexes = len(entity.counted_indexes)
    counted = documents_per_transaction(indexes) if indexes > 1 else None
    if not entity.row_fields:
        return counted
    return _WITH_ENTRIES if counted is None else min(counted, _WITH_ENTRIES)
