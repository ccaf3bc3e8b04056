"""The two values that stand for "no value": one on reading and building, one on updating."""

from __future__ import annotations

from pydantic import MISSING
from typing_extensions import Sentinel

UNSET = Sentinel("UNSET")
"""The field is absent: removed by an update, expected by one, or looked for by a query."""

__all__ = ["MISSING", "UNSET"]
