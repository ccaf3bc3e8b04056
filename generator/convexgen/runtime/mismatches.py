"""How a value that does not fit its type is told to a reader."""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

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
