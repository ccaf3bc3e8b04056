"""What can go wrong, as one tree.

    ConvexgenError
    ├── NotFound          the entity to change is not there
    ├── AlreadyExists     the key, or a value declared unique, is taken by different content
    ├── DuplicateKey      several documents have the key, of which one is to have it
    ├── Conflict          the entity is not in the state that the caller expected
    ├── InvalidArgument   an argument, a change or a setting cannot be used as it is
    ├── AccessDenied      the caller may not do this, or the function is not deployed
    ├── NotCounted        an index with documents of before it was counted is not filled yet
    ├── LimitExceeded     a limit of Convex: sizes, counts, nesting, the work of one transaction
    ├── Unavailable       the deployment could not be reached, or refused work for now
    ├── Timeout           the deployment did not answer in time
    └── ServerError       anything else that the deployment, or a function in it, did wrong

Constructors of entities raise `pydantic.ValidationError`, as every pydantic model does.
"""

from __future__ import annotations

import re
from typing import Any, cast

from .json_values import MAX_SAFE_INTEGER

_REQUEST_ID = re.compile(r"\[Request ID: (\w+)\]")


class ConvexgenError(Exception):
    """The root of the tree: everything that a store or a client raises on purpose.

    `reason` says what is wrong and, where something can be done, what to do.
    `operation` says what was attempted ("get thread by ID 't1'"); None before any call.
    `data` is the data of the `ConvexError` that the function threw, None without one.
    `__cause__` is the original error.
    `may_have_run` says whether what was asked for may have happened all the same: an answer was
    lost, of this attempt or of an earlier one, or it says nothing of that. Where it is False,
    nothing of it has happened. Queries change nothing, so that it is False of them.

    Of a call for many items, and None otherwise: `index` is the position among all that were
    given, from 0, where one of them is at fault; `batch` is the batch that failed, from 1, of which
    `may_have_run` tells; `done` is how many were saved or deleted by those before it.
    """

    may_have_run: bool = False
    index: int | None = None
    batch: int | None = None
    done: int | None = None

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

    @property
    def entity(self) -> str | None:
        """The name of the entity at fault; None where none is known."""
        name = _object(self.data).get("entity")
        return None if name is None else str(name)

    @property
    def key(self) -> dict[str, Any] | None:
        """The key of the entity at fault, by the names in Convex; None where none is known.

        Whole numbers are ints, timestamps the numbers of milliseconds.
        """
        return _key(_object(self.data).get("key"))

    @property
    def item(self) -> dict[str, Any] | None:
        """Of a call for many: the key of the item at `index`, by the names in Convex.

        The entity at fault may be another one, such as what the item refers to.
        """
        return _key(_object(self.data).get("item")) or self.key

    @property
    def request_id(self) -> str | None:
        """What the logs of the deployment call the request that failed; None where it said none.

        Convex says it of functions that fail.
        """
        cause = self.__cause__
        found = _REQUEST_ID.match(str(cause)) if isinstance(cause, FunctionFailure) else None
        return None if found is None else found[1]

    def locate(self, *, batch: int, done: int, index: int | None = None) -> None:
        """Say where in a call for many items this happened."""
        self.batch, self.done, self.index = batch, done, index

    def doubt(self, said: str = "the call may have run") -> None:
        """Say that this may have happened all the same."""
        if not self.may_have_run:
            self.may_have_run = True
            self.reason += f"; {said}"

    def __str__(self) -> str:
        text = self.reason
        if self.operation is not None:
            text = f"Failed to {self.operation}: {text}"
        if self.batch is None:
            return text
        return f"{text} ({self._place()})"

    def _place(self) -> str:
        item = ""
        if self.index is not None:
            item = f"item {self.index}"
            if self.item:
                key = ", ".join(f"{name} {one!r}" for name, one in self.item.items())
                item += f" ({key})"
            item += ", "
        return f"{item}in batch {self.batch}, after {self.done} were done"


class NotFound(ConvexgenError):
    """The entity to change is not there."""


class AlreadyExists(ConvexgenError):
    """The key, or a value declared unique, is taken by different content."""


class DuplicateKey(ConvexgenError):
    """Several documents have the key: other functions, an import or the dashboard wrote them.

    Keep one, and delete the others by their IDs: `storage.system.delete(table, doc_id)`.
    """

    @property
    def doc_ids(self) -> list[str]:
        """The IDs of the first of the documents."""
        ids: Any = _object(self.data).get("ids")
        kind: type[Any] = ids.__class__
        return [str(one) for one in ids] if kind is list else []


class Conflict(ConvexgenError):
    """The entity is not in the state that the caller expected; read it again, then decide."""


class InvalidArgument(ConvexgenError):
    """An argument, a change or a setting cannot be used as it is."""


class AccessDenied(ConvexgenError):
    """The caller may not do this, or the function is not deployed; Convex says no more."""


class NotCounted(ConvexgenError):
    """An index has no full counts: documents were there before, or something else wrote them.

    Count them: `storage.system.fill_counts()`, or anew: `storage.system.refill_counts(index)`.
    """


class LimitExceeded(ConvexgenError):
    """A limit of Convex: sizes, counts, nesting, the work of one transaction."""


class Unavailable(ConvexgenError):
    """The deployment could not be reached, or refused work for now. Trying later may help.

    `may_have_run` says whether trying again may do it twice.
    """


class Timeout(ConvexgenError):
    """The deployment did not answer in time. `may_have_run` says whether it was asked.

    `request` is what `resume` of the client takes, of a mutation that is run once; None of others.
    """

    request: Any = None


class ServerError(ConvexgenError):
    """The deployment, or a function in it, failed or gave an answer that does not fit."""


def _key(value: Any) -> dict[str, Any] | None:
    """A key that the data of an error has, with the numbers that methods take."""
    return {name: _plain(one) for name, one in _object(value).items()} or None


def _plain(value: object) -> object:
    """The value, where it is a whole number as an int: `integer` takes no 9.0."""
    if isinstance(value, float):
        is_integer = value.is_integer() and abs(value) <= MAX_SAFE_INTEGER
        return int(value) if is_integer else value
    # An int64 is of a class of its own here, and so would be shown with its name.
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _object(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class FunctionFailure(Exception):
    """The text that the deployment sent about a failure; a cause, never raised alone.

    It is in full, but for a value that a validator refused: that may be a secret.
    """
