"""Regular expressions that Python and JavaScript read alike.

The dialect: characters, `.` (any character but a line end), `[…]`, `(…)`, `(?:…)`, `|`, the
quantifiers `* + ? {n} {n,} {n,m}`, greedy or lazy, `\\d \\D \\w \\W` for ASCII, `\\n \\r \\t`,
`\\uXXXX` and a backslash before what is special. A pattern is matched against the whole value;
`^` at its start and `$` at its end change nothing.

What is left out differs between the two languages (`\\s`, `\\b`, `\\Z`, flags, names of groups)
or goes beyond regular languages (references, lookaround), in which alone the two have to agree.
JavaScript reads it with the flag `u`, Python with `re.ASCII`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

MAXIMUM_REPETITIONS = 1000
MAXIMUM_DEPTH = 16
MAXIMUM_LENGTH = 2000
"""Of a pattern whose repetitions are written out: matching a text takes so many steps for each of
its characters at most, by the engine that Python's models use."""

_SPECIAL = frozenset("^$\\.*+?()[]{}|/")
_CLASSES = frozenset("dDwW")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
# Line ends of JavaScript; for Python "." leaves out "\n" only.
_ANY = "[^\\n\\r\\u2028\\u2029]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of the dialect, without anchors, as each language writes it."""

    javascript: str
    python: str


class PatternError(Exception):
    """Text that is not a pattern of the dialect; says where, and what to do."""

    def __init__(self, message: str, offset: int, length: int, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.advice = advice


def read_pattern(text: str) -> Pattern:
    """The pattern in a text. Raises PatternError."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._next = 0
        self._python: list[str] = []
        self._length = 0

    def read(self) -> Pattern:
        first = 1 if self._text.startswith("^") else 0
        anchored_end = self._text.endswith("$") and not self._is_escaped(len(self._text) - 1)
        last = len(self._text) - (1 if anchored_end else 0)
        self._text, whole = self._text[:last], self._text
        self._next = first
        alternatives = self._alternatives(0)
        if self._next < last:
            self._fail('")" closes nothing', self._next, 1, 'write "\\)" for the character')
        if alternatives and (first or anchored_end):
            self._fail(
                '"^" and "$" would stand for one alternative only',
                0 if first else len(whole) - 1,
                1,
                "remove them: a pattern is matched against the whole value",
            )
        return Pattern(self._text[first:], "".join(self._python))

    def _is_escaped(self, position: int) -> bool:
        before = self._text[:position]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _peek(self) -> str:
        return self._text[self._next] if self._next < len(self._text) else ""

    def _take(self) -> str:
        taken = self._peek()
        self._next += 1
        return taken

    def _alternatives(self, depth: int) -> bool:
        """Reads up to the bracket that ends it. Answers whether there is more than one."""
        several = False
        while self._next < len(self._text) and self._peek() != ")":
            if self._peek() == "|":
                several = True
                self._python.append(self._take())
            else:
                self._piece(depth)
        return several

    def _piece(self, depth: int) -> None:
        start = self._next
        before = self._length
        character = self._take()
        if character != "(":
            self._length += 1
        match character:
            case "(":
                self._group(start, depth)
            case "[":
                self._class(start)
            case "\\":
                self._python.append(self._escape(start, in_class=False)[1])
            case ".":
                self._python.append(_ANY)
            case "^" | "$":
                self._fail(
                    f'"{character}" stands at the {"start" if character == "^" else "end"} only',
                    start,
                    1,
                    f'a pattern is matched against the whole value; "\\{character}" is the '
                    "character",
                )
            case "*" | "+" | "?":
                self._fail(f'"{character}" repeats nothing', start, 1, f'write "\\{character}"')
            case "{" | "}" | "]":
                self._fail(f'"{character}" has no place here', start, 1, f'write "\\{character}"')
            case _:
                self._python.append(_literal(character))
        times = self._quantifier()
        self._length = before + max(times, 1) * (self._length - before)
        if self._length > MAXIMUM_LENGTH:
            self._fail(
                f"with its repetitions written out, it has more than {MAXIMUM_LENGTH} characters",
                start,
                self._next - start,
                'repeat it with "*" or "+", and limit the whole by `maxLength`',
            )

    def _group(self, start: int, depth: int) -> None:
        if depth == MAXIMUM_DEPTH:
            self._fail(f"groups are nested more than {MAXIMUM_DEPTH} deep", start, 1)
        if self._peek() == "?":
            if self._text[self._next : self._next + 2] != "?:":
                self._fail(
                    "lookaround, flags and names of groups are not part of the dialect",
                    start,
                    2,
                    "write (…) or (?:…)",
                )
            self._next += 2
        self._python.append("(?:")
        self._alternatives(depth + 1)
        if self._take() != ")":
            self._fail('"(" is never closed', start, 1, 'write "\\(" for the character')
        self._python.append(")")

    def _quantifier(self) -> int:
        """Reads it. Answers how often what is repeated would be written."""
        start = self._next
        times = 1
        if self._peek() in {"*", "+", "?"}:
            self._python.append(self._take())
        elif self._peek() == "{":
            end = self._text.find("}", start)
            body = self._text[start + 1 : end] if end > 0 else ""
            least, comma, most = body.partition(",")
            if not _is_number(least) or (most and not _is_number(most)):
                self._fail(
                    '"{" starts no number of repetitions', start, 1, 'write {n}, {n,m} or "\\{"'
                )
            length = len(body) + 2
            if max(int(least), int(most or 0)) > MAXIMUM_REPETITIONS:
                self._fail(f"more than {MAXIMUM_REPETITIONS} repetitions", start, length)
            if comma and most and int(most) < int(least):
                self._fail("the greatest number of repetitions is the lesser", start, length)
            self._next = end + 1
            self._python.append(self._text[start : self._next])
            times = max(int(least), int(most or 0))
        else:
            return times
        if self._peek() == "?":
            self._python.append(self._take())
        if self._peek() in {"*", "+", "?", "{"}:
            self._fail("a repetition cannot be repeated", self._next, 1, "use a group")
        return times

    def _class(self, start: int) -> None:
        self._python.append("[")
        if self._peek() == "^":
            self._python.append(self._take())
        if self._peek() == "]":
            self._fail("the brackets hold nothing", start, self._next - start + 1)
        opened = self._next
        while self._peek() != "]":
            if self._next >= len(self._text):
                self._fail('"[" is never closed', start, 1, 'write "\\[" for the character')
            place = self._next
            low = self._member(opened)
            is_range = self._peek() == "-" and self._text[self._next + 1 : self._next + 2] != "]"
            if not is_range:
                continue
            self._python.append(self._take())
            if self._next >= len(self._text):
                self._fail('"[" is never closed', start, 1, 'write "\\[" for the character')
            high = self._member(opened)
            if low is None or high is None or low > high:
                self._fail(
                    "the range has no order",
                    place,
                    self._next - place,
                    'put the lesser character first; "\\-" is the character',
                )
        self._python.append(self._take())

    def _member(self, opened: int) -> str | None:
        """One character of a class; None for several, such as `\\d`."""
        place = self._next
        character = self._take()
        if character == "\\":
            value, python = self._escape(place, in_class=True)
            self._python.append(python)
            return value
        if character == "[" or (character in "&|~" and self._peek() == character):
            self._fail(
                f'"{character}" means something else in newer versions of the languages',
                place,
                1,
                f'write "\\{character}"' if character in _SPECIAL else "write it once",
            )
        if character == "-" and place != opened and self._peek() != "]":
            self._fail('"-" stands between two characters', place, 1, 'write "\\-"')
        self._python.append("\\-" if character == "-" else _literal(character))
        return character

    def _escape(self, start: int, *, in_class: bool) -> tuple[str | None, str]:
        """The character that an escape stands for, if it is one, and what Python writes."""
        character = self._take()
        if character in _SPECIAL and character:
            return character, _literal(character)
        if character == "-" and in_class:
            return character, "\\-"
        if character in _CLASSES and character:
            return None, f"\\{character}"
        if character in _CONTROLS:
            return _CONTROLS[character], f"\\{character}"
        if character == "u":
            digits = self._text[self._next : self._next + 4]
            if len(digits) == 4 and _HEXADECIMAL.issuperset(digits):
                value = chr(int(digits, 16))
                if not "\ud800" <= value <= "\udfff":
                    self._next += 4
                    return value, f"\\u{digits}"
            self._fail('"\\u" needs four digits of a character', start, 2, "write the character")
        if not character:
            self._fail('"\\" escapes nothing', start, 1, 'write "\\\\" for the character')
        advice = "write the characters in brackets" if character in "sS" else None
        if character in "sSbBpP" or character.isdigit():
            self._fail(
                f'"\\{character}" is not part of the dialect: it is not the same in Python and '
                "in JavaScript",
                start,
                2,
                advice,
            )
        self._fail(f'"\\{character}" is not part of the dialect', start, 2, "remove the backslash")

    def _fail(self, message: str, offset: int, length: int, advice: str | None = None) -> NoReturn:
        raise PatternError(message, offset, length, advice)


def _literal(character: str) -> str:
    return f"\\{character}" if character in _SPECIAL else character


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
