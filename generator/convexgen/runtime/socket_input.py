"""Whether something waits to be read from a socket."""

from __future__ import annotations

import select


class Input:
    """Looks at one socket, by its descriptor, and waits for nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # Sockets of any number: `select` takes those below 1024 alone, but is all that Windows has.
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(descriptor, select.POLLIN)

    def is_there(self) -> bool:
        """Whether there are bytes, an error or the end of the connection."""
        if self._poll is not None:
            return bool(self._poll.poll(0))
        return bool(select.select([self._descriptor], [], [], 0)[0])
