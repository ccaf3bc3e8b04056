"""A store of conversations for PydanticAI's agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .store import ConvexConversationStore

__all__ = ["ConvexConversationStore"]


def __getattr__(name: str) -> Any:
    # Not sooner: PydanticAI is no dependency of this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import store

    return getattr(store, name)
