"""One call as a sequence of requests: what is sent, what an answer means, when to try again.

Nothing here waits or sends, so the synchronous and the asynchronous client share it.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Mapping
from math import isfinite
from time import monotonic
from types import NoneType
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import to_json

from .call_events import Traffic
from .calls import Call, json_of
from .errors import (
    ConvexgenError,
    InvalidArgument,
    LimitExceeded,
    ServerError,
    Timeout,
    Unavailable,
)
from .failures import (
    ANSWER_STATUSES,
    RETRIED_STATUSES,
    function_error,
    has_not_run,
    require_retained,
    shown,
    status_error,
)
from .foreign_values import type_name
from .json_values import MAX_ELEMENTS
from .mismatches import describe_mismatch
from .sentinels import MISSING, UNSET
from .transport import ConnectFailed

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

_CONNECTION_ATTEMPTS = 3
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 2.0


class Exchange(Generic[T]):
    """The requests of one call, until its deadline.

    `send` what `body` holds within `remaining()` seconds; then `receive` turns the answer into the
    result or into a delay after which to send again, and `fail` does so for a transport's error.
    Delays grow exponentially, with full jitter, so that clients do not return in step
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    def __init__(
        self,
        call: Call[T],
        timeout: float,
        url: str,
        traffic: Traffic | None,
        *,
        timestamp: str | None = None,
    ) -> None:
        """`timestamp` is the moment of which a query tells; the present, where there is none."""
        self._call = call
        self.traffic = traffic
        self._is_of_the_past = timestamp is not None
        self.operation = call.operation
        self.endpoint: str = call.kind if timestamp is None else "query_at_ts"
        self._timeout = timeout
        self._url = url
        self._deadline = monotonic() + timeout
        self._attempts = 0
        self._failed_connections = 0
        self._may_have_run = False
        """Whether an attempt may have run whose answer did not say so."""
        self.body = encode_request(call, timestamp)
        self.result: T

    def remaining(self) -> float:
        """The seconds until the deadline, never less than a moment."""
        return max(self._deadline - monotonic(), 0.001)

    def receive(self, status: int, body: bytes) -> float | None:
        """None when `result` is there, else the delay until the next attempt. Raises the error."""
        if status in RETRIED_STATUSES and self._is_of_the_past:
            require_retained(body, self.operation)
        if status in RETRIED_STATUSES and self._call.idempotent:
            delay = self._next_delay()
            if delay is not None:
                self._may_have_run |= not has_not_run(status, body)
                return delay
        self.result = self.read(status, body)
        return None

    def read(self, status: int, body: bytes) -> T:
        """The value that the function returned. Raises the error for anything else."""
        return read_answer(self._call, status, body)

    def fail(self, error: OSError) -> float:
        """The delay until the next attempt. Raises `Unavailable` or `Timeout`."""
        operation = self._call.operation
        if isinstance(error, ConnectFailed):
            if self.traffic is not None:
                self.traffic.take_back(self.body)
            self._failed_connections += 1
            attempts = _CONNECTION_ATTEMPTS if self._call.idempotent else 1
            if self._failed_connections < attempts:
                delay = self._next_delay()
                if delay is not None:
                    return delay
            raise Unavailable(
                f"cannot connect to {self._url}: {error}",
                operation,
            ) from error
        if isinstance(error, TimeoutError):
            late = Timeout(f"no answer from {self._url} within {self._timeout:g} s", operation)
            raise _doubted(late, self._call) from error
        delay = self._next_delay() if self._call.idempotent else None
        if delay is not None:
            self._may_have_run = True
            return delay
        broken = Unavailable(f"the connection to {self._url} broke: {error}", operation)
        raise _doubted(broken, self._call) from error

    def admit(self, error: ConvexgenError) -> None:
        """Let an error that ends the call tell of earlier attempts, whose answers were lost."""
        if self._may_have_run and not self._call.only_reads:
            error.doubt("an earlier attempt of the call may have run")

    def _next_delay(self) -> float | None:
        longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2**self._attempts)
        self._attempts += 1
        delay = random.uniform(0, longest)
        return delay if delay < self._deadline - monotonic() else None


MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Of arguments, in bytes of encoded JSON: docs.convex.dev/production/state/limits."""


_HOLDERS = frozenset({dict, list, tuple})
"""What may have such a list in it."""


def encode_request(call: Call[Any], timestamp: str | None = None) -> bytes:
    """The body of the request; a query may tell of a moment of the past.

    Raises `InvalidArgument` for text that is not valid Unicode and `LimitExceeded`, which names
    the largest argument, or the list, for more than Convex takes.
    """
    timed = {} if timestamp is None else {"ts": timestamp}
    arguments = checked_arguments(call)
    return _encoded(
        {**timed, "path": call.path, "format": "convex_encoded_json", "args": arguments},
        arguments,
        call.operation,
    )


def encode_arguments(call: Call[Any]) -> bytes:
    """The arguments of a call. Raises what `encode_request` does."""
    arguments = checked_arguments(call)
    return _encoded(arguments, arguments, call.operation)


def _encoded(request: Mapping[str, Any], arguments: dict[str, Any], operation: str) -> bytes:
    body = json_of(request, arguments, "arguments", operation)
    if len(body) > MAX_REQUEST_BYTES:
        path, size = _largest(arguments)
        raise LimitExceeded(
            f"`{path}` takes {mebibytes(size)} as JSON, and Convex takes 16 MiB of arguments",
            operation,
        )
    # In a list of more elements, each is a character and a comma at least.
    if len(body) > 2 * MAX_ELEMENTS:
        _refuse_long_lists("", arguments, operation)
    return body


def _refuse_long_lists(path: str, value: Any, operation: str) -> None:
    """Raises `LimitExceeded`: of such a list, a production deployment says only "Server Error"."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for name, one in fields.items():
            if type(one) in _HOLDERS:
                _refuse_long_lists(f"{path}.{name}" if path else name, one, operation)
        return
    if len(value) > MAX_ELEMENTS:
        raise LimitExceeded(
            f"`{path}` has {len(value)} elements, and Convex takes {MAX_ELEMENTS} of a list",
            operation,
        )
    # Of many numbers, as in vectors, none is looked at by itself.
    if _HOLDERS.isdisjoint(map(type, value)):
        return
    for index, one in enumerate(value):
        if type(one) in _HOLDERS:
            _refuse_long_lists(f"{path}[{index}]", one, operation)


def checked_arguments(call: Call[Any]) -> dict[str, Any]:
    """The arguments that are given. Raises `InvalidArgument` for what no function takes."""
    arguments = call.given_arguments()
    _refuse_other_types(arguments, call.operation)
    return arguments


# Of these `to_json` makes what Convex takes; of others, such as bytes and dates, text.
_SENT = (str, int, float, dict, list, tuple, NoneType)


def _refuse_other_types(arguments: Mapping[str, Any], operation: str) -> None:
    """Raises `InvalidArgument` for keys and values of queries: documents are encoded before."""
    for name, value in _unchecked(arguments):
        if value is UNSET:
            raise InvalidArgument(
                f"`{name}` is UNSET, which finds nothing: it is always there", operation
            )
        if not isinstance(value, _SENT):
            raise InvalidArgument(
                f"`{name}` is of type {type_name(value)}, which it does not take",
                operation,
            )
        if isinstance(value, float) and not isfinite(value):
            raise InvalidArgument(f"`{name}` is {value!r}, which it does not take", operation)


def _unchecked(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        kind: type[Any] = value.__class__
        if name == "values" and issubclass(kind, dict):
            yield from _unchecked(value)
        elif issubclass(kind, dict):
            yield from ((f"{name}.{bound}", one) for bound, one in value.items())
        elif name == "keys" and issubclass(kind, list):
            for key in value:
                yield from key.items() if isinstance(key, Mapping) else ((name, key),)
        else:
            yield name, value


def _largest(arguments: Mapping[str, Any]) -> tuple[str, int]:
    """The path of the largest field or item of the largest argument, and its size in bytes."""
    path = ""
    value: Any = arguments
    size = 0
    for _ in range(2):
        fields = _fields(path, value)
        if not fields:
            break
        sizes = {name: len(to_json(field)) for name, field in fields.items()}
        path = max(sizes, key=sizes.__getitem__)
        value, size = fields[path], sizes[path]
    return path, size


def _fields(path: str, value: object) -> Mapping[str, object]:
    """What is in an object or in a list, by path."""
    match value:
        case dict():
            fields = cast("Mapping[str, object]", value)
            return {f"{path}.{name}" if path else name: one for name, one in fields.items()}
        case list():
            items = cast("list[object]", value)
            return {f"{path}[{index}]": one for index, one in enumerate(items)}
        case _:
            return {}


def mebibytes(size: int) -> str:
    """A size for a message."""
    return f"{size / 1024 / 1024:.2f} MiB"


def read_answer(call: Call[T], status: int, body: bytes) -> T:
    """The value that the function returned. Raises the error for anything else."""
    if status not in ANSWER_STATUSES:
        failure = status_error(status, body, call.operation)
        raise failure if has_not_run(status, body) else _doubted(failure, call)
    try:
        answer = call.decoder.decode_answer(body)
    except ValidationError as error:
        raise _doubted(unreadable(body, error, call.operation), call) from error
    if _LOGGER.isEnabledFor(logging.DEBUG):
        _log_lines(call.path, body)
    if answer.status == "success" and answer.value is not MISSING:
        value: T = answer.value
        return value
    if answer.status == "error":
        failed = function_error(answer.error_message, answer.error_data, call.operation)
        # A transaction is undone; what an action has done is not.
        failed.may_have_run = call.kind == "action" and not call.only_reads
        raise failed
    foreign = ServerError(f"the answer is not Convex's: {shown(body)}", call.operation)
    raise _doubted(foreign, call)


def _doubted(error: ConvexgenError, call: Call[Any]) -> ConvexgenError:
    """The error, which says that the call may have run, unless it only reads."""
    if not call.only_reads:
        error.doubt()
    return error


def unreadable(body: bytes, error: ValidationError, operation: str) -> ServerError:
    """The error for an answer of other types than expected."""
    problems = error.errors(include_url=False)
    if any(problem["type"] == "json_invalid" for problem in problems):
        # Of an answer that was cut off, what is there may be secret.
        said = "it is cut off" if body.lstrip().startswith(b"{") else shown(body)
        return ServerError(
            f"the answer is not JSON, check the URL of the deployment: {said}",
            operation,
        )
    return ServerError(
        "the answer does not fit the types that this client was generated with: "
        f"{describe_mismatch(error, skip=1)}. Generate and deploy from the same spec",
        operation,
    )


def _log_lines(path: str, body: bytes) -> None:
    for line in json.loads(body).get("logLines", []):
        _LOGGER.debug("%s: %s", path, line)
