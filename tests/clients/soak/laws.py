"""What a random client may see, by what it did: the states in which each item can be."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from waiting import PATIENCE

State: TypeAlias = float | None
"""The number that an item has; None where there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on an item, and what came of it."""

    item: str
    """Or several of them, with commas."""
    operation: str
    numbers: tuple[float, ...]
    outcome: str
    """`done`, or the name of an error."""
    result: Any = None
    may_have_run: bool = False
    late: float = 0.0
    """Seconds behind its deadline, without those that the machine itself took."""


MOST_LATE = 0.5 if "SOAK_SECONDS" in os.environ else PATIENCE
"""Seconds. Beside other tests, a machine takes more from a program than a program can tell."""

Effect: TypeAlias = tuple[str, State, Any]
"""The outcome, the state after it, and the result; ... for any."""


def _create(state: State, number: float) -> Effect:
    if state is None or state == number:
        return "done", number, number
    return "AlreadyExists", state, None


def _save(state: State, number: float) -> Effect:
    return "done", number, number


def _get(state: State) -> Effect:
    return "done", state, state


def _delete(state: State) -> Effect:
    return "done", None, state is not None


def _increment(state: State, by: float) -> Effect:
    if state is None:
        return "NotFound", None, None
    return "done", state + by, state + by


def _exchange(state: State, expected: float, number: float) -> Effect:
    if state is None:
        return "NotFound", None, None
    if state != expected:
        return "Conflict", state, None
    return "done", number, number


def _nothing(state: State) -> Effect:
    return "done", state, None


EFFECTS: dict[str, Callable[..., Effect]] = {
    "create": _create,
    "save": _save,
    "get": _get,
    "delete": _delete,
    "increment": _increment,
    "exchange": _exchange,
    "save many": _save,
    "delete many": _delete,
    "watch": _get,
    "first snapshot": _nothing,  # see Item.follow
    "file": _nothing,
    "close": _nothing,
}
# What may fail before anything ran.
_OUTSIDE = {"Unavailable", "Timeout", "ServerError", "closed before"}


@dataclass(slots=True)
class Item:
    """What is known of an item."""

    states: set[State] = field(default_factory=lambda: {None})
    before: set[State] = field(default_factory=lambda: {None})
    """All in which it may have been: what others write is shown a moment later."""
    steps: list[Step] = field(default_factory=list[Step])

    def follow(self, step: Step) -> bool:
        """Whether a step could come out so, of what is known."""
        self.steps.append(step)
        effect = EFFECTS[step.operation]
        possible: set[State] = set()
        for state in self.states:
            outcome, after, result = effect(state, *step.numbers)
            if step.may_have_run:
                # It ran, or it did not; what it raises is of its last attempt.
                possible |= {state, after}
            elif step.outcome in _OUTSIDE or self._is_shown_late(step):
                possible.add(state)
            elif outcome == step.outcome and step.result in {result, "unknown"}:
                possible.add(after)
        if possible:
            self.states = possible
            self.before |= possible
        return bool(possible)

    def _is_shown_late(self, step: Step) -> bool:
        return step.operation == "first snapshot" and step.result in self.before


class Ledger:
    """All items of a run, and which laws were broken."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.violations: list[str] = []
        self.doubts = 0

    def follow(self, step: Step) -> None:
        """Note a step."""
        self.doubts += step.may_have_run
        if step.late > MOST_LATE:
            self.violations.append(f"{step} was {step.late:.1f} s late")
        for name in step.item.split(","):
            item = self.items.setdefault(name, Item())
            known = set(item.states)
            if not item.follow(step):
                self.violations.append(f"{step} where it could be {known}: {item.steps}")

    def compare(self, found: list[tuple[str, float]]) -> None:
        """Whether what there is in the end is what there can be, each once."""
        there = dict(found)
        if len(there) != len(found):
            self.violations.append(f"items that are there twice: {sorted(found)}")
        for name, item in self.items.items():
            state = there.pop(name, None)
            if state not in item.states:
                self.violations.append(f"{name} is {state}, not {item.states}: {item.steps}")
        if there:
            self.violations.append(f"items that nobody made: {there}")
