"""What is under way beside the calls of a client, and ends with it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeAlias

from .forking import call_in_children

Cut: TypeAlias = Callable[[], object]
"""Ends something, from whichever thread."""


class UnderWay:
    """What the closing of a client cuts off. May be shared by threads."""

    def __init__(self) -> None:
        self.has_ended = False
        # No lock, which a forked child could find taken: each step on a set is one.
        self._cuts: set[Cut] = set()
        call_in_children(self)

    @contextmanager
    def cut_with(self, cut: Cut) -> Generator[None, None, None]:
        """In the block, `cut` is called when the client is closed; at once where it was before."""
        self._cuts.add(cut)
        try:
            if self.has_ended:
                self._end_with(cut)
            yield
        finally:
            self._cuts.discard(cut)

    def end(self) -> None:
        """The client is closed. May be repeated: each is cut off once, and may take time to end."""
        self.has_ended = True
        for cut in list(self._cuts):
            self._end_with(cut)

    def _end_with(self, cut: Cut) -> None:
        self._cuts.discard(cut)
        cut()

    def leave_to_parent(self) -> None:
        """In a forked child: what threads of the parent do goes on there."""
        self._cuts = set()
