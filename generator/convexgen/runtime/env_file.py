"""Files of variables such as `.env.local`, as the npm package dotenv reads them.

`npx convex` reads them with it. What it takes is from its documentation, https://github.com/motdotla/dotenv:
quotes of three kinds, within which a value may go on over lines, comments, `export`, `NAME: value`,
and `\\n` and `\\r` as escapes within double quotes alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# What JavaScript takes for space, which a byte order mark is there.
_SPACE = r"[\s\ufeff]"
_ASSIGNMENT: Final = re.compile(
    rf"""
    (?:\A|(?<=\n)|(?<=\r)(?!\n))(?:[^\S\r\n]|\ufeff)*
    (?P<start>)(?:export{_SPACE}+)?
    (?P<name>[A-Za-z0-9_.-]+)
    (?:{_SPACE}*={_SPACE}*?|:{_SPACE}+?)
    (?P<value>
        {_SPACE}*'(?:\\'|[^'])*'
      | {_SPACE}*"(?:\\"|[^"])*"
      | {_SPACE}*`(?:\\`|[^`])*`
      | [^\#\r\n]+
    )?
    (?P<end>)
    {_SPACE}*(?:\#[^\r\n]*)?(?:\Z|(?=\r)|(?<!\r)(?=\n))
    """,
    re.VERBOSE,
)
_REST_OF_LINE = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable, and where it is in the text, with the comment behind it."""

    name: str
    value: str = field(repr=False)
    start: int
    end: int


def assignments(text: str) -> Iterator[Assignment]:
    """Those of a file, in their order: the last one of a name counts."""
    for match in _ASSIGNMENT.finditer(text):
        rest = _REST_OF_LINE.match(text, match.end("end"))
        yield Assignment(
            match["name"],
            _value(match["value"] or ""),
            match.start("start"),
            match.end("end") if rest is None else rest.end(),
        )


def variables(text: str) -> dict[str, str]:
    """What a file sets."""
    return {one.name: one.value for one in assignments(text)}


def _value(written: str) -> str:
    value = re.sub(r"\r\n?", "\n", _trimmed(written))
    quote = value[:1]
    if quote and quote in "'\"`" and len(value) > 1 and value.endswith(quote):
        value = value[1:-1]
    if quote == '"':
        value = value.replace(r"\n", "\n").replace(r"\r", "\r")
    return value


def _trimmed(text: str) -> str:
    """Without the space around it."""
    plain = text.replace("\ufeff", " ")
    return text[len(plain) - len(plain.lstrip()) : len(plain.rstrip())]
