"""TypeScript as a row of tokens: enough to find calls and comments, never to find facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
    | (?P<word>[A-Za-z_$][\w$]*)
    | (?P<sign>\.\.\.|=>|\?\.|.)
    """,
    re.DOTALL | re.VERBOSE,
)
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a text."""

    kind: str
    """`comment`, `text`, `word` or `sign`."""
    text: str
    line: int

    @property
    def value(self) -> str | None:
        """What a text without escapes says; None of anything else."""
        if self.kind != "text" or "\\" in self.text or "${" in self.text:
            return None
        return self.text[1:-1]


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, comments included."""
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, match.group(), line)
        line += match.group().count("\n")


def closing(code: Sequence[Token], opened: int) -> int:
    """Where a bracket is closed, by its position; the end where it is not."""
    depth = 0
    for position in range(opened, len(code)):
        token = code[position]
        if token.kind != "sign":
            continue
        if token.text in OPENING:
            depth += 1
        elif token.text in CLOSING:
            depth -= 1
            if depth == 0:
                return position
    return len(code)
