# Copied by convexgen from schema/mastra/python/__init__.py. Do not edit.
# fmt: off
# isort: skip_file

"""Mastra's storage, with an object for each of its domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .store import AsyncMastraStore, MastraStore

__all__ = ["AsyncMastraStore", "MastraStore"]


def __getattr__(name: str) -> Any:
    # Not sooner: the storage classes, which the stores have as bases, may import of this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import store

    return getattr(store, name)
