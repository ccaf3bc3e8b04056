"""How a value that does not fit its type is told to a reader."""

from __future__ import annotations

from pydantic import ValidationError

_SHOWN = 3


def describe_mismatch(error: ValidationError, skip: int = 0) -> str:
    """The first problems as "place: what is wrong", without the values, which may be secret.

    `skip` is the number of leading steps of each place that mean nothing to the reader.
    """
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines: list[str] = []
    for problem in problems[:_SHOWN]:
        place = ".".join(str(step) for step in problem["loc"][skip:])
        lines.append(f"{place}: {problem['msg']}" if place else problem["msg"])
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return "; ".join(lines)
