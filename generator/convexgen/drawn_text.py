"""Text that matches a pattern of the spec language, drawn."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.pattern_matching import Steps, TooManySteps, matches

MOST_CHARACTERS = 2**16
"""In all that is drawn for one text: a short pattern may stand for more than anybody can hold."""
_MOST_STEPS = 1_000_000
"""To match what was drawn."""


@dataclass(slots=True)
class _Chance:
    """Chance, and how much may still be drawn by it."""

    random: random.Random
    left: int = MOST_CHARACTERS

    def take(self) -> None:
        """Draw one more. Raises `ValueError` where that is too much."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"no text of {MOST_CHARACTERS} characters was found that matches")


_Draw: TypeAlias = Callable[[_Chance], str]

_LETTERS = string.ascii_lowercase
_PRINTED = "".join(map(chr, range(ord(" "), ord("~") + 1)))
# What "." and negated classes draw from, too: what they leave out of it is left out.
_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_MORE = 3
"""How often more than the least something is repeated that may be repeated for ever."""
_ATTEMPTS = 200
_MOST_OF_RANGE = 256
"""How many characters of a range are drawn from. With them, a negated class leaves out all that is
printed of its range."""


def draw_text(
    chance: random.Random, name: str, least: int, most: int | None, patterns: list[str]
) -> str:
    """Text of so many characters that matches the patterns.

    Raises `ValueError` where none was found.
    """
    if not patterns:
        return _plain(chance, name, least, most)
    inner = [_without_anchors(pattern) for pattern in patterns]
    draws = [_Reader(pattern).read() for pattern in inner]
    drawing, steps = _Chance(chance), Steps(_MOST_STEPS)
    for _ in range(_ATTEMPTS):
        found = chance.choice(draws)(drawing)
        is_long_enough = least <= len(found) and (most is None or len(found) <= most)
        if is_long_enough and _match_all(inner, found, steps):
            return found
    raise ValueError(f"no text was found that matches {' and '.join(patterns)}")


def _plain(chance: random.Random, name: str, least: int, most: int | None) -> str:
    """The name with letters that tell it from others, as far as there is room for it."""
    if least > MOST_CHARACTERS:
        raise ValueError(f"a text of {least} characters is too long to be drawn")
    text = f"{name}-{''.join(chance.choices(_LETTERS, k=6))}"
    if most is not None and len(text) > most:
        text = "".join(chance.choices(_LETTERS, k=most))
    return text + "".join(chance.choices(_LETTERS, k=max(0, least - len(text))))


def _match_all(patterns: list[str], text: str, steps: Steps) -> bool:
    try:
        return all(matches(pattern, text, steps) for pattern in patterns)
    except TooManySteps:
        raise ValueError("whether a text matches takes too long to tell") from None


def _without_anchors(pattern: str) -> str:
    pattern = pattern.removeprefix("^")
    return pattern[:-1] if pattern.endswith("$") and not pattern.endswith("\\$") else pattern


class _Reader:
    """Reads a pattern of the dialect that `convexgen.patterns` has checked, without anchors."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._next = 0

    def read(self) -> _Draw:
        return self._alternatives()

    def _peek(self) -> str:
        return self._text[self._next : self._next + 1]

    def _take(self) -> str:
        taken = self._peek()
        self._next += 1
        return taken

    def _alternatives(self) -> _Draw:
        found: list[list[_Draw]] = [[]]
        while self._peek() not in {"", ")"}:
            if self._peek() == "|":
                self._take()
                found.append([])
            else:
                found[-1].append(self._piece())
        return lambda chance: "".join(draw(chance) for draw in chance.random.choice(found))

    def _piece(self) -> _Draw:
        character = self._take()
        match character:
            case "(":
                if self._text[self._next : self._next + 2] == "?:":
                    self._next += 2
                drawn = self._alternatives()
                self._take()
            case "[":
                drawn = _one_of(self._class())
            case ".":
                drawn = _one_of(_PRINTED)
            case "\\":
                drawn = _one_of(self._escaped())
            case _:
                drawn = _one_of(character)
        return self._repeated(drawn)

    def _class(self) -> str:
        is_negated = self._peek() == "^"
        if is_negated:
            self._take()
        members = ""
        while self._peek() != "]":
            first = self._member()
            is_range = self._peek() == "-" and self._text[self._next + 1 : self._next + 2] != "]"
            if is_range:
                self._take()
                last = self._member()
                end = min(ord(last) + 1, ord(first) + _MOST_OF_RANGE)
                first = "".join(map(chr, range(ord(first), end)))
            members += first
        self._take()
        if not is_negated:
            return members
        return "".join(one for one in _PRINTED if one not in members)

    def _member(self) -> str:
        character = self._take()
        return self._escaped() if character == "\\" else character

    def _escaped(self) -> str:
        """The characters that an escape stands for."""
        character = self._take()
        if character == "u":
            self._next += 4
            return chr(int(self._text[self._next - 4 : self._next], 16))
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.lower() not in _CLASSES:
            return character
        known = _CLASSES[character.lower()]
        if character in _CLASSES:
            return known
        return "".join(one for one in _PRINTED if one not in known)

    def _repeated(self, drawn: _Draw) -> _Draw:
        least, most = self._repetitions()
        if (least, most) == (1, 1):
            return drawn

        def draw(chance: _Chance) -> str:
            drawn_ones: list[str] = []
            for _ in range(chance.random.randint(least, most)):
                chance.take()
                drawn_ones.append(drawn(chance))
            return "".join(drawn_ones)

        return draw

    def _repetitions(self) -> tuple[int, int]:
        found = re.compile(r"([*+?]|\{(\d+)(,?)(\d*)\})\??").match(self._text, self._next)
        if found is None:
            return 1, 1
        self._next = found.end()
        match found[1]:
            case "*":
                return 0, _MORE
            case "+":
                return 1, 1 + _MORE
            case "?":
                return 0, 1
            case _:
                least = int(found[2])
                most = int(found[4]) if found[4] else least + _MORE
                return least, most if found[3] else least


def _one_of(characters: str) -> _Draw:
    def draw(chance: _Chance) -> str:
        chance.take()
        if not characters:
            raise ValueError("no character was found that a class has")
        return chance.random.choice(characters)

    return draw
