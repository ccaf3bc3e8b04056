"""Checkpointers for LangGraph's graphs, and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .saver import AsyncConvexSaver, ConvexSaver
    from .store import AsyncConvexStore, ConvexStore

__all__ = ["AsyncConvexSaver", "AsyncConvexStore", "ConvexSaver", "ConvexStore"]


def __getattr__(name: str) -> Any:
    # Not sooner: LangGraph is no dependency of this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import saver, store

    return getattr(store if name.endswith("Store") else saver, name)
