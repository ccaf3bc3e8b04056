"""How a value that does not fit its type is told to a reader."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticSerializationError

from .foreign_values import library_of, type_name
from .sentinels import UNSET

NO_NAMES: Mapping[str, str] = MappingProxyType({})

_SHOWN = 3
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# The steps at which pydantic tries the types of a union, by what it calls their schemas.
_TRIED = re.compile(r"(?:function-\w+|literal|\w+-enum|nullable|json-or-python)\[.*\]", re.DOTALL)


def describe_mismatch(
    error: ValidationError, skip: int = 0, names: Mapping[str, str] = NO_NAMES
) -> str:
    """The first problems as "place: what is wrong", without the values, which may be secret.

    `skip` is the number of leading steps of each place that mean nothing to the reader; `names`
    are those of Python by their aliases.
    """
    problems = error.errors(
        include_url=False,
        include_context=False,
    )
    lines: list[str] = []
    for problem in problems[:_SHOWN]:
        place = _place(_by_name(problem["loc"][skip:], names))
        # What pydantic puts before the words of what a validator raises says nothing more.
        said = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        name = type_name(problem["input"])
        # What is of another type altogether, and values that look like those of Python.
        is_other = problem["type"].endswith("_type") or library_of(problem["input"]) is not None
        if is_other and name not in said:
            said += f", found {name}"
        lines.append(f"{place}: {said}" if place else said)
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return "; ".join(lines)


def common(error: ValidationError, other: ValidationError) -> ValidationError:
    """The problems of an error that another one has too, of a schema that takes more values.

    That has further steps in its places, for it tries several schemas at each.
    """
    problems = error.errors(include_url=False)
    places = {problem["loc"] for problem in problems}
    starts = {place[:length] for place in places for length in range(len(place) + 1)}
    found: set[tuple[int | str, ...]] = set()
    for problem in other.errors(include_url=False, include_input=False):
        found |= _without_steps(problem["loc"], starts)
    lines: list[InitErrorDetails] = []
    for problem in problems:
        if problem["loc"] not in found:
            continue
        kind: Any = problem["type"]
        said: Any = problem["msg"]
        custom = PydanticCustomError(kind, said)
        lines.append(InitErrorDetails(type=custom, loc=problem["loc"], input=problem["input"]))
    if not lines:
        return error
    return ValidationError.from_exception_data(error.title, lines, hide_input=True)


def _without_steps(
    place: tuple[int | str, ...], starts: AbstractSet[tuple[int | str, ...]]
) -> set[tuple[int | str, ...]]:
    """What a place is without some of its steps, of these starts of places.

    By them, as comparing each place of one error with each of another takes quadratic time.
    """
    reached: set[tuple[int | str, ...]] = {()}
    for step in place:
        reached |= {(*one, step) for one in reached} & starts
    return reached


_WARNING = re.compile(r"Expected (.*?) - serialized value may not be as expected", re.DOTALL)
_FIELD = re.compile(r"\[field_name='(\w+)', ")


def describe_unwritten(error: PydanticSerializationError) -> str:
    """What of a value does not fit, where it was changed in place; without it: it may be secret.

    Of several problems, the first one: behind its value, nothing tells text of pydantic from it.
    """
    said = str(error).partition("input_value=")[0]
    expected, field = _WARNING.search(said), _FIELD.search(said)
    if expected is None:
        return said
    what = f"expected {expected[1]}"
    return what if field is None else f"{field[1]}: {what}"


def as_python_writes(
    error: ValidationError, optional: frozenset[str], names: Mapping[str, str], *, hidden: bool
) -> ValidationError:
    """The error of a constructor or an assignment, by the names of Python for its aliases.

    It says what to write for what stands for absence elsewhere. `hidden` leaves the values out.
    """
    problems = error.errors(include_url=False)
    places = [_by_name(problem["loc"], names) for problem in problems]
    advice = [
        _advice_on(problem["input"], place, optional)
        for problem, place in zip(problems, places, strict=True)
    ]
    if not any(advice) and all(
        place == problem["loc"] for problem, place in zip(problems, places, strict=True)
    ):
        return error
    lines: list[InitErrorDetails] = []
    for problem, place, told in zip(problems, places, advice, strict=True):
        # Literal text, for type checkers, is what a custom error is made of.
        kind: Any = problem["type"]
        said: Any = problem["msg"] + told
        custom = PydanticCustomError(kind, said)
        lines.append(InitErrorDetails(type=custom, loc=place, input=problem["input"]))
    return ValidationError.from_exception_data(error.title, lines, hide_input=hidden)


def _by_name(place: tuple[int | str, ...], names: Mapping[str, str]) -> tuple[int | str, ...]:
    if not place or not isinstance(place[0], str):
        return place
    return (names.get(place[0], place[0]), *place[1:])


def _advice_on(value: object, place: tuple[int | str, ...], optional: frozenset[str]) -> str:
    """What to write in place of a value that says nothing of a field that may be absent."""
    if not place or place[0] not in optional:
        return ""
    if value is None:
        return ": None is Convex's null; leave the field out, or write MISSING, for none"
    if value is UNSET:
        return ": UNSET is for updates and queries; leave the field out, or write MISSING, for none"
    return ""


def _place(steps: tuple[int | str, ...]) -> str:
    """The path as the functions have it: `lines[3].note`, `scores["a b"]`."""
    place = ""
    for step in steps:
        # Of pydantic: after a key that is wrong itself, and at the types of a union.
        if isinstance(step, str) and (step == "[key]" or _TRIED.fullmatch(step)):
            continue
        if isinstance(step, str) and _NAME.fullmatch(step):
            place += f".{step}" if place else step
        else:
            place += f"[{json.dumps(step, ensure_ascii=False)}]"
    return place
