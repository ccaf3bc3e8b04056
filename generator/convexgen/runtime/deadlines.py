"""When something has to be over, and how long to wait at once until then."""

from __future__ import annotations

import sys
from time import monotonic

# Windows does not interrupt waits for sockets and locks, so Ctrl-C is noticed between two of them.
# Elsewhere a day is within what a socket takes, which is milliseconds in a C int.
LONGEST_WAIT: float = 0.5 if sys.platform == "win32" else 86_400.0


class Deadline:
    """A moment, so many seconds from now."""

    __slots__ = ("moment",)

    def __init__(self, seconds: float) -> None:
        self.moment = monotonic() + seconds
        """In monotonic seconds."""

    def wait(self) -> float:
        """How long to wait at once: until the deadline, or for a part of the time.

        So who waits in vain asks again. Raises `TimeoutError` once the time has passed.
        """
        left = self.moment - monotonic()
        if left <= 0:
            raise TimeoutError("the time has passed")
        return min(left, LONGEST_WAIT)
