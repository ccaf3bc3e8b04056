"""Connections for threads: one exchange after the other on each, and those that are kept."""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic

from .connecting import connect
from .deadlines import Deadline
from .http_answers import HttpAnswers
from .keeping import IDLE_SECONDS, MAX_CONNECTIONS, MAX_IDLE_CONNECTIONS
from .routes import Route
from .sockets import Line
from .transport import ConnectFailed, client_closed
from .under_way import UnderWay

_READ_BYTES = 64 * 1024


class HttpConnection:
    """One connection, of one thread at a time."""

    def __init__(self, connected: Line) -> None:
        self._line = connected
        self._answers = HttpAnswers()
        self.idle_since = 0.0

    @property
    def keeps_alive(self) -> bool:
        """Whether it may be used for another request."""
        return self._answers.keeps_alive

    def is_stale(self) -> bool:
        """Whether something came that nobody asked for, mostly the end."""
        return self._line.has_input()

    def exchange(self, request: bytes, deadline: Deadline) -> tuple[int, bytes]:
        """The status and the body of the answer to a request. Raises what `Transport.post` does."""
        answers = self._answers
        answers.expect()
        failure = self._send(request, deadline)
        try:
            while not answers.is_complete:
                data = self._line.receive(_READ_BYTES, deadline)
                if data:
                    answers.feed(data)
                else:
                    answers.end()
        except TimeoutError:
            raise
        except OSError as error:
            raise failure or _broken(error) from error
        if failure is not None:
            answers.keeps_alive = False
        return answers.take()

    def _send(self, request: bytes, deadline: Deadline) -> ConnectionError | None:
        """The failure after which there may be an answer all the same: one to a part of it.

        Raises `ConnectFailed` where nothing was sent.
        """
        left = memoryview(request)
        try:
            while left:
                left = left[self._line.send(left, deadline) :]
        except TimeoutError:
            raise
        except OSError as error:
            if len(left) == len(request):
                raise ConnectFailed(str(_broken(error))) from error
            return _broken(error)
        return None

    def cut(self) -> None:
        """End it for the thread that waits on it, whose turn it is to close it."""
        self._line.cut()

    def close(self) -> None:
        """Close it. May be repeated."""
        self._line.close()


def _broken(error: OSError) -> ConnectionError:
    if isinstance(error, ConnectionError) and error.errno is None:
        return error
    return ConnectionError(error.strerror or str(error))


class HttpConnections:
    """The connections to one origin."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._changed = threading.Condition(threading.Lock())
        self._idle: deque[HttpConnection] = deque()
        self._busy: set[HttpConnection] = set()
        self._opening = 0
        self._connecting = UnderWay()
        self._is_closed = False

    def take(self, deadline: Deadline) -> HttpConnection:
        """A connection for one exchange, after which it is given back or dropped."""
        while (kept := self._take_kept(deadline)) is not None:
            if self._is_open(kept):
                return kept
        try:
            opened = HttpConnection(connect(self.route, deadline, self._connecting))
        except BaseException as error:
            with self._changed:
                self._opening -= 1
                self._changed.notify()
            if self._is_closed and isinstance(error, OSError):
                raise client_closed() from error
            raise
        with self._changed:
            self._opening -= 1
            if not self._is_closed:
                self._busy.add(opened)
                return opened
        opened.close()
        raise client_closed()

    def _take_kept(self, deadline: Deadline) -> HttpConnection | None:
        """One that was kept; None where one is to be opened."""
        with self._changed:
            while not self._is_closed:
                while self._idle:
                    # The one that was used last is the least likely to be closed meanwhile.
                    connection = self._idle.pop()
                    if _is_kept(connection):
                        self._busy.add(connection)
                        return connection
                    connection.close()
                if len(self._busy) + self._opening < MAX_CONNECTIONS:
                    self._opening += 1
                    return None
                try:
                    self._changed.wait(deadline.wait())
                except TimeoutError as error:
                    raise ConnectFailed("all connections were in use") from error
        raise client_closed()

    def _is_open(self, connection: HttpConnection) -> bool:
        """Whether one that was kept can be used; it is dropped where it cannot.

        Not under the lock: to look lets other threads run, which would wait for it.
        """
        is_open = False
        try:
            is_open = not connection.is_stale()
        finally:
            if not is_open:
                self.drop(connection)
        return is_open

    def give(self, connection: HttpConnection) -> None:
        """The exchange is over."""
        closed: list[HttpConnection] = []
        with self._changed:
            self._busy.discard(connection)
            if self._is_closed or not connection.keeps_alive:
                closed.append(connection)
            else:
                connection.idle_since = monotonic()
                self._idle.append(connection)
                while self._idle and (
                    len(self._idle) > MAX_IDLE_CONNECTIONS or not _is_kept(self._idle[0])
                ):
                    closed.append(self._idle.popleft())
            self._changed.notify()
        for one in closed:
            one.close()

    def drop(self, connection: HttpConnection) -> None:
        """The exchange failed."""
        connection.close()
        with self._changed:
            self._busy.discard(connection)
            self._changed.notify()

    def close(self) -> None:
        """Close those that wait, and end those that threads wait on."""
        with self._changed:
            self._is_closed = True
            idle, self._idle = self._idle, deque()
            busy = list(self._busy)
            self._changed.notify_all()
        for one in idle:
            one.close()
        for one in busy:
            one.cut()
        self._connecting.end()

    def leave_to_parent(self) -> None:
        """In a forked child, which has no other thread: close what is the parent's for this process
        alone. Nothing is said on it, and no lock is taken, which a thread may hold for ever."""
        for one in (*self._idle, *self._busy):
            one.close()


def _is_kept(connection: HttpConnection) -> bool:
    return monotonic() - connection.idle_since < IDLE_SECONDS
