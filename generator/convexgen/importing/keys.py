"""What the code of a project says of keys: what it reads as if one document had the values.

`query("users").withIndex("by_email", (q) => q.eq("email", …)).unique()` throws where two documents
have them, so that the code takes the fields for unique; `.first()` may only want the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convexgen.importing.javascript import Token, closing, tokens

_UNIQUE = "unique"
_FIRST = "first"
_ONLY = (";", "return", "await", "only", "(")
"""What follows such a read in `model/` of this tool, which says itself what is there twice."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A read of one document by an index."""

    table: str
    index: str
    fields: tuple[str, ...]
    """Those that it compares for equality."""
    is_unique: bool
    """By `.unique()`; else by `.first()`."""


def readings(texts: Iterable[str]) -> Iterator[Reading]:
    """The reads of one document in some files of TypeScript."""
    for text in texts:
        if ".withIndex" not in text:
            continue
        code = [token for token in tokens(text) if token.kind != "comment"]
        for position, token in enumerate(code):
            if token.text == "query" and position and code[position - 1].text in {".", "?."}:
                found = _reading(code, position)
                if found is not None:
                    yield found


def _reading(code: Sequence[Token], position: int) -> Reading | None:
    """The read that starts with a call of `query`."""
    calls: list[tuple[str, Sequence[Token]]] = []
    for name, opened, closed in _calls(code, position):
        calls.append((name, code[opened + 1 : closed]))
        position = closed + 1
    names = [name for name, _ in calls]
    following = [token.text for token in code[position : position + len(_ONLY)]]
    if following == list(_ONLY):
        names.append(_UNIQUE)
    if names[:2] != ["query", "withIndex"]:
        return None
    end = names[-1]
    if end not in {_UNIQUE, _FIRST} or set(names[2:-1]) - {"order"}:
        return None  # what a filter leaves of them may be one of many
    (_, query), (_, index) = calls[0], calls[1]
    table = query[0].value if query else None
    by = index[0].value if index else None
    fields = tuple(_compared(index))
    if table is None or by is None or not fields or "" in fields:
        return None
    return Reading(table, by, fields, end == _UNIQUE)


def _calls(code: Sequence[Token], position: int) -> Iterator[tuple[str, int, int]]:
    """The methods that are called one after another, each with the brackets of its arguments."""
    while position + 1 < len(code) and code[position].kind == "word":
        name = code[position].text
        opened = position + 1
        if code[opened].text == "<":  # types, which are no more than names here
            while opened < len(code) and code[opened].text != "(":
                opened += 1
        if opened >= len(code) or code[opened].text != "(":
            return
        end = closing(code, opened)
        yield name, opened, end
        position = end + 1
        if position >= len(code) or code[position].text not in {".", "?."}:
            return
        position += 1


def _compared(arguments: Sequence[Token]) -> Iterator[str]:
    """The fields that a narrowing compares for equality, and "" for what else it does."""
    for position, token in enumerate(arguments):
        if token.kind != "word" or position + 2 >= len(arguments):
            continue
        if arguments[position - 1].text != "." or arguments[position + 1].text != "(":
            continue
        if token.text == "eq":
            yield arguments[position + 2].value or ""
        elif token.text in {"gt", "gte", "lt", "lte"}:
            yield ""
