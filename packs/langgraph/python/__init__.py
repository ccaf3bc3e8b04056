"""Checkpointers for LangGraph's graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .saver import AsyncConvexSaver, ConvexSaver

__all__ = ["AsyncConvexSaver", "ConvexSaver"]


def __getattr__(name: str) -> Any:
    # Not sooner: LangGraph is no dependency of this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import saver

    return getattr(saver, name)
