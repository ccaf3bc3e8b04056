"""What the sync protocol tells of a query or of a mutation, and what that means to who asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from .convex_values import convex_value_from_wire
from .errors import ConvexgenError, InvalidArgument, ServerError, Timeout
from .failures import function_error
from .mismatches import describe_mismatch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """What a function returned, in encoded JSON that is parsed."""

    value: Any
    log_lines: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class Failure:
    """How a function failed: its message, and the encoded data of a `ConvexError`."""

    message: str
    data: Any = None
    log_lines: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes, for this reason; `kind` is the class of the error that says so."""

    kind: type[ConvexgenError]
    reason: str
    cause: BaseException | None = None
    is_unsupported: bool = False
    """Whether it is that what answers takes no WebSockets."""


class NoWebSockets(Exception):
    """What answers takes no WebSockets, and nothing was sent to it."""


Outcome: TypeAlias = Result | Failure | Ended
"""What is known of a query or of a mutation."""


def request_of(late: Timeout) -> Any:
    """What `resume` sends again. Raises `InvalidArgument` where there is nothing."""
    if late.request is None:
        raise InvalidArgument("only a mutation that is run once can be resumed", late.operation)
    return late.request


def read_outcome(outcome: Outcome, decode: Callable[[Any], T], operation: str) -> T:
    """What the function returned. Raises the error for anything else."""
    match outcome:
        case Result(value):
            return _decoded(value, decode, operation)
        case Failure(message, data):
            raise function_error(message, _data(data, operation), operation)
        case Ended(kind, reason, cause):
            raise kind(reason, operation) from cause


def _decoded(value: Any, decode: Callable[[Any], T], operation: str) -> T:
    try:
        return decode(value)
    except ValidationError as error:
        raise ServerError(
            "the result does not fit the types that this client was generated with: "
            f"{describe_mismatch(error)}. Generate and deploy from the same spec",
            operation,
        ) from error


def _data(data: Any, operation: str) -> Any:
    try:
        # A copy, since it is decoded in place, and others may have the same outcome.
        return convex_value_from_wire(from_json(to_json(data)))
    except ValueError as error:
        raise ServerError(f"the data of an error is no value: {error}", operation) from error
