"""What a forked child does with its parent's connections: nothing is said on them, nor closed."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from asyncio import BaseTransport


class Heir(Protocol):
    """What has connections."""

    def leave_to_parent(self) -> None:
        """In a forked child: let go of what is the parent's, and begin anew.

        No lock is taken: one that another thread held is held for ever.
        """
        ...


_HEIRS: weakref.WeakSet[Heir] = weakref.WeakSet()
_INHERITED: list[object] = []


def call_in_children(heir: Heir) -> None:
    """Let the heir know of every forked child, as long as it lives."""
    _HEIRS.add(heir)


def let_go(owner: object, transport: BaseTransport | None) -> None:
    """Let an inherited connection lead nowhere in this process, without a word of TLS on it.

    Its owner is kept, for its end would be told to the parent's event loop.
    """
    _INHERITED.append(owner)
    its_socket: Any = None if transport is None else transport.get_extra_info("socket")
    if its_socket is not None and its_socket.fileno() >= 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, its_socket.fileno())
        os.close(nothing)


def _in_child() -> None:
    for heir in list(_HEIRS):
        heir.leave_to_parent()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_in_child)
