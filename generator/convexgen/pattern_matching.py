"""Whether a pattern matches a text, in a number of steps that is bounded.

`re` tries one way after another, and of `(a+)+` there are more than anybody can wait for. Here the
places in the text that all ways lead to are followed together.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import TypeAlias


class TooManySteps(Exception):
    """Matching would take longer than it may."""


class Steps:
    """The steps that are left for matching."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, number: int) -> None:
        """Take some steps. Raises TooManySteps where there are fewer."""
        self._left -= number
        if self._left < 0:
            raise TooManySteps


@dataclass(frozen=True, slots=True)
class _Character:
    matches: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _All:
    """Parts, one after another."""

    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Any:
    """Alternatives."""

    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Repeated:
    part: _Part
    least: int
    most: int | None


_Part: TypeAlias = _Character | _All | _Any | _Repeated

# What a pattern of the dialect consists of, as Python writes it.
_TOKEN = re.compile(
    r"(?P<open>\(\?:)|(?P<close>\))|(?P<or>\|)"
    r"|(?P<sign>[*+?])\??|\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}\??"
    r"|\[(?:\\.|[^\]\\])*\]|\\u[0-9A-Fa-f]{4}|\\.|.",
    re.DOTALL,
)
_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def matches(pattern: str, text: str, steps: Steps) -> bool:
    """Whether a pattern, as Python writes it, matches the whole of a text. Raises TooManySteps."""
    return len(text) in _follow(_parse(pattern), {0}, text, steps)


def _parse(pattern: str) -> _Part:
    """The parts of a pattern of the dialect."""
    # Of each group that is open: its alternatives, each with its parts.
    groups: list[list[list[_Part]]] = [[[]]]
    for token in _TOKEN.finditer(pattern):
        parts = groups[-1][-1]
        match token.lastgroup:
            case "open":
                groups.append([[]])
            case "close":
                group = _alternatives(groups.pop())
                groups[-1][-1].append(group)
            case "or":
                groups[-1].append([])
            case "sign":
                parts.append(_Repeated(parts.pop(), *_SIGNS[token["sign"]]))
            case "least" | "comma":
                least = int(token["least"])
                most = least if token["comma"] is None else int(token["most"] or -1)
                parts.append(_Repeated(parts.pop(), least, None if most < 0 else most))
            case _:
                parts.append(_Character(re.compile(token[0], re.ASCII)))
    return _alternatives(groups.pop())


def _alternatives(group: list[list[_Part]]) -> _Part:
    return _Any(tuple(_All(tuple(parts)) for parts in group))


def _follow(part: _Part, places: Set[int], text: str, steps: Steps) -> Set[int]:
    """The places in a text where matches of a part end that start in some places."""
    steps.take(1 + len(places))
    match part:
        case _Character(character):
            # In a class, a line end is a character as others are.
            return {place + 1 for place in places if character.match(text, place)}
        case _All(parts):
            for one in parts:
                places = _follow(one, places, text, steps)
            return places
        case _Any(parts):
            return {end for one in parts for end in _follow(one, places, text, steps)}
        case _Repeated(repeated, least, most):
            for _ in range(least):
                before, places = places, _follow(repeated, places, text, steps)
                if places == before:
                    break  # and so it goes on
            found, latest = set(places), places
            count = least
            while latest and (most is None or count < most):
                latest = _follow(repeated, latest, text, steps) - found
                found |= latest
                count += 1
            return found
