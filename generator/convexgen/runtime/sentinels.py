"""The two values that stand for "no value": one on reading and building, one on updating."""

from __future__ import annotations

from pydantic import MISSING
from typing_extensions import Sentinel

UNSET = Sentinel("UNSET")
"""In an update: remove the field. In what an update expects: the field is absent."""

__all__ = ["MISSING", "UNSET"]
