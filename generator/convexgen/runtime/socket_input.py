"""Whether something waits to be read from a socket, and waiting for that."""

from __future__ import annotations

import select

# Sockets of any number: `select` takes those below 1024 alone, but is all that Windows has.
_CAN_POLL = hasattr(select, "poll")


class Input:
    """Looks at one socket, by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = None
        if _CAN_POLL:
            self._poll = select.poll()
            self._poll.register(descriptor, select.POLLIN)

    def is_there(self) -> bool:
        """Whether there are bytes, an error or the end of the connection."""
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait for that; whether it is there."""
        if self._poll is not None:
            return bool(self._poll.poll(seconds * 1000))
        return bool(select.select([self._descriptor], [], [], seconds)[0])


def wait_for_output(descriptor: int, seconds: float) -> None:
    """Wait until something can be written to a socket."""
    if _CAN_POLL:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        poll.poll(seconds * 1000)
    else:
        select.select([], [descriptor], [], seconds)
