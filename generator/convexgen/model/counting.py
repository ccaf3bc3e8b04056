"""What counting costs of the limits of a transaction."""

from __future__ import annotations

_RANGES = 4000
"""Of the 4,096 index ranges that a transaction may read:
https://docs.convex.dev/production/state/limits"""


def documents_per_transaction(indexes: int) -> int:
    """How many documents a transaction writes whose table has so many counted indexes.

    A key at a random place of a large tree takes up to two ranges a level, of three levels.
    """
    return _RANGES // (2 + 6 * indexes)
