"""What a test sees of its backend: the address, the clock and the faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from convexgen.embedded import EmbeddedBackend

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock:
    """The time of the backend: of `Date`, `_creationTime` and scheduled functions.

    It is the machine's until it is set. Timers in actions (`setTimeout`) follow the
    machine's all the same.
    """

    def __init__(self, server: EmbeddedBackend) -> None:
        self._server = server

    def now(self) -> datetime:
        """The time of the backend, in UTC."""
        return _moment(self._server.control("clock.now")["now"])

    def set(self, moment: datetime, *, ticking: bool = False) -> datetime:
        """Goes to a moment, and stands still there unless it is told to tick on.

        Functions scheduled for a time up to `moment` run on the way, each at its own time, and
        have finished when this returns. Going back runs nothing.

        Args:
            moment: With a time zone. Milliseconds are the smallest unit.
            ticking: Whether the clock goes on from there.

        Raises:
            ValueError: `moment` has no time zone.
            BackendFailed: A scheduled function did not end, or they scheduled each other for ever.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone; use datetime(..., tzinfo=UTC)")
        time = (moment - _EPOCH) // _MILLISECOND
        answer = self._server.control("clock.set", {"time": time, "isRunning": ticking})
        return _moment(answer["now"])

    def advance(self, duration: timedelta) -> datetime:
        """Goes forward, like `set`. A clock that stands still stands still again afterwards.

        Raises:
            ValueError: `duration` is negative.
            BackendFailed: As for `set`.
        """
        if duration < timedelta(0):
            raise ValueError(f"cannot advance by {duration}; use set() to go back")
        milliseconds = duration // _MILLISECOND
        answer = self._server.control("clock.advance", {"milliseconds": milliseconds})
        return _moment(answer["now"])

    def follow_machine(self) -> datetime:
        """Goes back to the time of the machine."""
        return _moment(self._server.control("clock.follow")["now"])


class Faults:
    """Faults that calls suffer from now on, in the order in which they were added.

    `path` is a function such as `messages:send`; the path of a URL such as `/http/hook`;
    `/api/sync`, the opening of a WebSocket; or `Connect`, its first message. None means every
    request that calls a function or is made over HTTP. `nth` is the matching call, counted from 1
    and from now on, that it is for; None means every one. A subscription counts when it is made,
    not at each update.

    With `first_attempts`, only calls that were not sent before suffer, and what a client sends
    again passes. Over a WebSocket, a call is the same when its session and its request are, which
    those of PyPI's client never are; over HTTP, when its URL and its body are.
    """

    def __init__(self, server: EmbeddedBackend) -> None:
        self._server = server

    def delay(
        self,
        path: str | None,
        seconds: float,
        *,
        nth: int | None = None,
        first_attempts: bool = False,
    ) -> None:
        """Lets calls wait. Over a WebSocket, what was sent after them waits too."""
        if seconds < 0:
            raise ValueError(f"cannot delay by {seconds} s")
        self._add("delay", path, nth, first_attempts, {"seconds": seconds})

    def drop(
        self,
        path: str | None = None,
        *,
        nth: int | None = None,
        first_attempts: bool = False,
        after: bool = False,
    ) -> None:
        """Breaks the connection.

        Args:
            path: See the class.
            nth: See the class.
            first_attempts: See the class.
            after: Break it only when the function has run, so that its effect is there and its
                answer is lost. By default the function does not run.
        """
        self._add("dropAnswer" if after else "drop", path, nth, first_attempts)

    def silence(
        self,
        path: str | None = None,
        *,
        nth: int | None = None,
        first_attempts: bool = False,
        after: bool = False,
    ) -> None:
        """Never answers, and leaves the connection open until `clear` or the end of the test.

        A WebSocket is silent from then on, whatever is sent over it, and sends no pings.

        Args:
            path: See the class.
            nth: See the class.
            first_attempts: See the class.
            after: Fall silent only when the function has run. By default it does not run.
        """
        self._add("silenceAnswer" if after else "silence", path, nth, first_attempts)

    def truncate(
        self, path: str | None = None, *, nth: int | None = None, first_attempts: bool = False
    ) -> None:
        """Breaks the connection in the middle of the answer; the function has run then.

        Over a WebSocket, that is half a frame.
        """
        self._add("halfAnswer", path, nth, first_attempts)

    def error(
        self,
        status: int,
        path: str | None = None,
        *,
        nth: int | None = None,
        first_attempts: bool = False,
    ) -> None:
        """Answers with an HTTP status; the function does not run.

        An open WebSocket has no statuses: as the real backend does with an internal error, the
        server closes it with code 1011.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"{status} is not the status of an error, 400 to 599")
        self._add("error", path, nth, first_attempts, {"status": status})

    def conflict(self, path: str | None = None, *, nth: int | None = None) -> None:
        """Undoes a mutation that has run, as a conflict with another one does, and runs it again.

        The second run is behind all mutations that waited meanwhile, and sees what they have
        written. Mutations that actions, scheduled functions and cron jobs run count too.

        Args:
            path: A function: nothing else has conflicts.
            nth: See the class.
        """
        if path is not None and path.startswith("/"):
            raise ValueError(f"{path} is no mutation, and nothing else has conflicts")
        self._add("conflict", path, nth)

    def clear(self) -> None:
        """Ends all of them."""
        self._server.control("faults.clear")

    def _add(
        self,
        kind: str,
        path: str | None,
        nth: int | None,
        first_attempts: bool = False,
        extra: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        if nth is not None and nth < 1:
            raise ValueError(f"calls are counted from 1, nth is {nth}")
        if nth is not None and first_attempts:
            raise ValueError("a fault is for the nth call or for all first attempts, not for both")
        fault = {"kind": kind, "path": path, "nth": nth, "isFirstAttempt": first_attempts, **extra}
        self._server.control("faults.add", {"fault": fault})


@dataclass(frozen=True, slots=True)
class ConvexBackend:
    """The backend of one test.

    Attributes:
        url: Its address, such as `http://127.0.0.1:50321`. Each test has a port of its own.
        site_url: The address of HTTP actions, the same for all tests of a process.
        admin_key: The key that may call internal functions.
        clock: The time of the backend.
        faults: Faults for calls.
    """

    url: str
    site_url: str
    admin_key: str
    clock: Clock
    faults: Faults
    _server: EmbeddedBackend

    def log_lines(self) -> Sequence[str]:
        """The last lines that functions and the server wrote, also in earlier tests."""
        return self._server.log_lines()


def fresh_backend(server: EmbeddedBackend) -> ConvexBackend:
    """Empties the server, which moves to another port, so that no earlier client reaches it."""
    server.control("reset")
    return ConvexBackend(
        url=server.url,
        site_url=server.site_url,
        admin_key=server.admin_key,
        clock=Clock(server),
        faults=Faults(server),
        _server=server,
    )


def _moment(milliseconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
