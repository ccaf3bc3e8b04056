"""How a value that does not fit its type is told to a reader."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from .foreign_values import library_of, type_name

_SHOWN = 3
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def describe_mismatch(error: ValidationError, skip: int = 0) -> str:
    """The first problems as "place: what is wrong", without the values, which may be secret.

    `skip` is the number of leading steps of each place that mean nothing to the reader.
    """
    problems = error.errors(
        include_url=False,
        include_context=False,
    )
    lines: list[str] = []
    for problem in problems[:_SHOWN]:
        place = _place(problem["loc"][skip:])
        said = problem["msg"]
        name = type_name(problem["input"])
        if library_of(problem["input"]) is not None and name not in said:
            said += f", found {name}"
        lines.append(f"{place}: {said}" if place else said)
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return "; ".join(lines)


def with_advice_for_none(error: ValidationError, optional: frozenset[str]) -> ValidationError:
    """The error, which says of None for a field that may only be absent what to write instead."""
    problems = error.errors(include_url=False)
    if not any(_is_none_for(problem, optional) for problem in problems):
        return error
    lines: list[InitErrorDetails] = []
    for problem in problems:
        # Literal text, for type checkers, is what a custom error is made of.
        kind: Any = problem["type"]
        said: Any = problem["msg"]
        if _is_none_for(problem, optional):
            said += ": None is Convex's null; leave the field out, or write MISSING, for none"
        custom = PydanticCustomError(kind, said)
        lines.append(InitErrorDetails(type=custom, loc=problem["loc"], input=problem["input"]))
    return ValidationError.from_exception_data(error.title, lines)


def _is_none_for(problem: ErrorDetails, optional: frozenset[str]) -> bool:
    place = problem["loc"]
    return problem["input"] is None and len(place) > 0 and place[0] in optional


def _place(steps: tuple[int | str, ...]) -> str:
    """The path as the functions have it: `lines[3].note`, `scores["a b"]`."""
    place = ""
    for step in steps:
        if step == "[key]":  # of pydantic, after a key that is wrong itself
            continue
        if isinstance(step, str) and _NAME.fullmatch(step):
            place += f".{step}" if place else step
        else:
            place += f"[{json.dumps(step, ensure_ascii=False)}]"
    return place
