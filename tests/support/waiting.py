"""Waiting for what happens in another process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 900.0
"""Seconds after which what did not happen never will. No test takes as long as a tenth of it, on a
machine with other work to do as well: it ends what hangs, and judges nothing that is slow."""
MOMENT = 0.1
"""The limit of what ends by nothing but its limit, on any machine."""
_PAUSE = 0.02


def wait_until(holds: Callable[[], T]) -> T:
    """The first result that is true. Fails when there is none ever."""
    deadline = time.monotonic() + PATIENCE
    while not (result := holds()):
        assert time.monotonic() < deadline
        time.sleep(_PAUSE)
    return result
