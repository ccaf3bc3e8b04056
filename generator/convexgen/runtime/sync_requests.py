"""Mutations that are run once, however often a connection breaks.

Each is a request of the session, whose first answer a deployment keeps in the same transaction as
what the mutation writes: what is sent again after a break is answered, not run again. Source: the
backend's `crates/application/src/application_function_runner` and
`crates/model/src/session_requests`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from .calls import Call
from .errors import ConvexgenError, InvalidArgument, Timeout
from .following import function_call, log_what_it_logged
from .sync_outcomes import Ended, Failure, NoWebSockets, Outcome, read_outcome
from .sync_state import Mutation

T = TypeVar("T")


@dataclass(frozen=True)
class Request(Generic[T]):
    """A mutation that was sent, or is to be: the same one, however often."""

    call: Call[T]
    mutation: Mutation

    def go_over(self, connection: object) -> None:
        """It is a request of the session of this connection, from now on.

        Raises `InvalidArgument` where it is one of another: in this one, the request of its number
        is another mutation, whose answer it would have.
        """
        mutation = self.mutation
        if mutation.owner not in (None, connection):
            raise InvalidArgument(
                "a call is resumed by the client that made it, in the same process and event loop",
                self.call.operation,
            )
        mutation.owner = connection

    def read(self, outcome: Outcome) -> T:
        """What the mutation returned. Raises the error for anything else, and `NoWebSockets`."""
        call = self.call
        log_what_it_logged(call.path, outcome)
        is_unsupported = isinstance(outcome, Ended) and outcome.is_unsupported
        if is_unsupported and not self.mutation.was_sent:
            raise NoWebSockets
        try:
            return read_outcome(outcome, call.decoder.decode_parsed, call.operation)
        except ConvexgenError as error:
            # Of a failure, the deployment has undone what it did.
            if self.mutation.was_sent and not isinstance(outcome, Failure):
                error.doubt()
            raise

    def late(self, url: str, timeout: float, problem: str) -> Timeout:
        """The error for no answer in time; nothing is sent any more."""
        because = f" ({problem})" if problem else ""
        error = Timeout(
            f"no answer from {url} within {timeout:g} s{because}; {self._fate}",
            self.call.operation,
        )
        error.request = self
        error.may_have_run = self.mutation.was_sent
        return error

    @property
    def _fate(self) -> str:
        if self.mutation.was_sent:
            return "the call may have run, and `resume` of the client has its answer"
        return "the call was not sent, and is not run"


def request_for(call: Call[T]) -> Request[T]:
    """A new one. Raises `InvalidArgument` and `LimitExceeded` for arguments that none takes."""
    return Request(call, Mutation(function_call(call)))
