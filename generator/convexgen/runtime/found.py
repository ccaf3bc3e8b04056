"""Writes of all that a query finds, as calls: each does a part, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from .calls import Call, Decoder, PagedCall
from .copied_keys import CopiedKey
from .errors import InvalidArgument
from .number_values import Integer
from .sentinels import MISSING
from .updates import changes_of


@dataclass(frozen=True, slots=True)
class Step:
    """How far such a write is: repeated until `is_done`, with what is unfinished."""

    done: Integer
    """How many documents, in all steps."""
    is_done: Annotated[bool, Field(validation_alias="isDone")]
    unfinished: str | None = None
    steps: Integer | None = None


_STEP: Decoder[Step] = Decoder(Step)

Steps: TypeAlias = Callable[[Step | None], Call[Step]]
"""The call for the step after another one; for the first one, after None."""


def removal(query: PagedCall[Any]) -> Steps:
    """The calls that delete what a query finds."""
    return _steps(query, "removeFound", "delete", {})


def update(query: PagedCall[Any], given: Mapping[str, Any], unset: Sequence[str]) -> Steps:
    """The calls that change what a query finds. Raises `InvalidArgument`."""
    if query.changes is None:
        raise InvalidArgument("its fields are those of the key, which stay", query.operation)
    changes = query.changes(changes_of(given, unset))
    return _steps(query, "updateFound", "update", {"changes": changes})


def copying(
    query: PagedCall[Any], key: CopiedKey, given: Mapping[str, Any], unset: Sequence[str]
) -> Steps:
    """The calls that copy what a query finds. Raises `InvalidArgument`."""
    if query.copied_key is None:
        raise InvalidArgument("what it finds has no key, and is not copied", query.operation)
    arguments: dict[str, Any] = {"key": query.copied_key(key)}
    changed = changes_of(given, unset)
    if changed:
        if query.changes is None:
            raise InvalidArgument("its fields are those of the key", query.operation)
        arguments |= query.changes(changed)
        if arguments.keys() - {"key", "set", "unset"}:
            raise InvalidArgument(
                "`set` of copies has whole values: neither increments nor entries to remove",
                query.operation,
            )
    return _steps(query, "copyFound", "copy", {"copying": arguments})


def _steps(query: PagedCall[Any], function: str, verb: str, more: Mapping[str, Any]) -> Steps:
    module, _, found_by = query.path.rpartition(":")
    compared = {
        name: value
        for name, value in query.arguments.items()
        if name != "order" and value is not MISSING
    }
    arguments = {"query": found_by, "values": compared, **more}
    operation = query.operation.replace("list", verb, 1)

    def after(step: Step | None) -> Call[Step]:
        if step is None:
            at: dict[str, Any] = {}
        else:
            at = {"unfinished": step.unfinished, "steps": step.steps}
        # A step that is repeated is known by its number. The first one has none: to repeat it
        # would lose what it has counted.
        return Call.mutation(
            f"{module}:{function}",
            {**arguments, **at},
            _STEP,
            operation,
            idempotent=step is not None,
        )

    return after
