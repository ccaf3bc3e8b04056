"""Waiting for what happens in another process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_DEADLINE = 30.0
_PAUSE = 0.02


def wait_until(holds: Callable[[], T]) -> T:
    """The first result that is true. Fails when there is none for 30 s."""
    deadline = time.monotonic() + _DEADLINE
    while not (result := holds()):
        assert time.monotonic() < deadline
        time.sleep(_PAUSE)
    return result
