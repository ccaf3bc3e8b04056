"""What can go wrong, as one tree.

    ConvexgenError
    ├── NotFound          the entity to change is not there
    ├── AlreadyExists     the key, or a value declared unique, is taken by different content
    ├── Conflict          the entity is not in the state that the caller expected
    ├── InvalidArgument   an argument, a change or a setting cannot be used as it is
    ├── AccessDenied      the caller may not do this, or the function is not deployed
    ├── LimitExceeded     a limit of Convex: sizes, counts, nesting, the work of one transaction
    ├── Unavailable       the deployment could not be reached, or refused work for now
    ├── Timeout           the deployment did not answer in time; the call may have run
    └── ServerError       anything else that the deployment, or a function in it, did wrong

Constructors of entities raise `pydantic.ValidationError`, as every pydantic model does.
"""

from __future__ import annotations

from typing import Any


class ConvexgenError(Exception):
    """The root of the tree: everything that a store or a client raises on purpose.

    `reason` says what is wrong and, where something can be done, what to do.
    `operation` says what was attempted ("get thread by ID 't1'"); None before any call.
    `data` is the data of the `ConvexError` that the function threw, None without one.
    `__cause__` is the original error.
    """

    def __init__(
        self,
        reason: str,
        operation: str | None = None,
        data: Any = None,
    ) -> None:
        super().__init__(reason, operation, data)
        self.reason = reason
        self.operation = operation
        self.data = data

    def __str__(self) -> str:
        if self.operation is None:
            return self.reason
        return f"Failed to {self.operation}: {self.reason}"


class NotFound(ConvexgenError):
    """The entity to change is not there."""


class AlreadyExists(ConvexgenError):
    """The key, or a value declared unique, is taken by different content."""


class Conflict(ConvexgenError):
    """The entity is not in the state that the caller expected; read it again, then decide."""


class InvalidArgument(ConvexgenError):
    """An argument, a change or a setting cannot be used as it is."""


class AccessDenied(ConvexgenError):
    """The caller may not do this, or the function is not deployed; Convex says no more."""


class LimitExceeded(ConvexgenError):
    """A limit of Convex: sizes, counts, nesting, the work of one transaction."""


class Unavailable(ConvexgenError):
    """The deployment could not be reached, or refused work for now. Trying later may help."""


class Timeout(ConvexgenError):
    """The deployment did not answer in time. The call may have run all the same."""


class ServerError(ConvexgenError):
    """The deployment, or a function in it, failed or gave an answer that does not fit."""


class FunctionFailure(Exception):
    """The text that the deployment sent about a failure, in full; a cause, never raised alone."""
