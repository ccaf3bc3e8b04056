"""The comments of a schema, which its export does not have, by what they stand before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from convexgen.importing.javascript import CLOSING, OPENING, Token, tokens

_CODE = re.compile(
    r"\bv\.\w+\(|\bdefineTable\(|=>|[;{(\[]\s*$|^\s*[.)}\]]|^\s*(import|export|const|return)\b"
    r"|^\s*[\w$]+:\s*\S+,\s*$"
)
"""What looks like code that somebody took out."""
_FOR_TOOLS = re.compile(
    r"^\s*(eslint|@ts-|biome|prettier|oxlint|istanbul|c8|#(end)?region|todo\b|fixme\b|xxx\b)", re.I
)
_RULER = re.compile(r"^[\s\W_]*$")
_DECORATION = re.compile(r"^[\s=*#~─━—-]{2,}|[\s=*#~─━—-]{2,}$")


_OBJECT = ".object("


Path: TypeAlias = tuple[str, ...]


@dataclass(slots=True)
class Comments:
    """What is said of tables and of their fields."""

    said: dict[Path, str] = field(default_factory=dict[Path, str])
    """By the table, and the names of the field in its documents."""
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    """Tables that a variable of another name defines."""
    objects: dict[frozenset[str], dict[str, set[str]]] = field(
        default_factory=dict[frozenset[str], dict[str, set[str]]]
    )
    """What is said of the fields of objects, by the names of all of them."""

    def of(self, *path: str) -> str | None:
        """What is said of a table, or of a field in it."""
        table, *names = path
        alias = self.aliases.get(table, table)
        return self.said.get(path) or self.said.get((alias, *names))

    def of_object(self, names: Iterable[str]) -> Mapping[str, str]:
        """What is said of the fields of an object that has these.

        Nothing of those of which another object that has them says something else, or nothing.
        """
        found = self.objects.get(frozenset(names), {})
        only = {name: next(iter(texts)) for name, texts in found.items() if len(texts) == 1}
        return {name: text for name, text in only.items() if text}

    def add_object(self, fields: Mapping[str, str]) -> None:
        """What is said of the fields of an object, where it is."""
        found = self.objects.setdefault(frozenset(fields), {})
        for name, text in fields.items():
            found.setdefault(name, set()).add(text)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bracket that is not closed yet."""

    name: str
    """Of the property or the variable whose value it is in; empty where there is none."""
    is_table: bool
    is_object: bool
    """The arguments of `v.object`."""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    """What is said of the properties in it."""


def read_comments(texts: Iterable[str]) -> Comments:
    """The comments of the files of a schema; of what is no table, those in objects alone."""
    comments = Comments()
    for text in texts:
        is_of_tables = "defineTable" in text or "defineSchema" in text
        if is_of_tables or _OBJECT in text:
            found = comments if is_of_tables else Comments(objects=comments.objects)
            _Reader(found).read(list(tokens(text)))
    return comments


class _Reader:
    """Goes through the tokens of a file."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self._opened: list[_Opened] = []
        self._pending: list[Token] = []
        self._name = ""
        self._latest: dict[int, Path] = {}
        """The last name that was seen, by how many brackets are around it."""

    def read(self, code: Sequence[Token]) -> None:
        before: Token | None = None
        for position, token in enumerate(code):
            if token.kind == "comment":
                after = next((one for one in code[position:] if one.kind != "comment"), None)
                self._comment(token, before, after)
                continue
            following = [one.text for one in code[position + 1 : position + 3]]
            if token.kind in {"word", "text"} and _is_name(following):
                self._named(token, code[position + 2] if len(following) > 1 else None)
            elif token.text not in _MODIFIERS:
                self._pending = []
            if token.kind == "sign" and token.text in OPENING:
                caller = "" if before is None else before.text
                opened = _Opened(self._name, caller == "defineTable", caller == "object")
                self._opened.append(opened)
                self._name = ""
            elif token.kind == "sign" and token.text in CLOSING and self._opened:
                self._close()
            elif token.text == ",":
                self._name = ""
            before = token

    def _close(self) -> None:
        closed = self._opened.pop()
        self._name = closed.name
        if closed.fields and self._opened and self._opened[-1].is_object:
            self._comments.add_object(closed.fields)

    def _comment(self, token: Token, before: Token | None, after: Token | None) -> None:
        end = token.line + token.text.count("\n")
        is_ahead = after is not None and after.line == end and after.kind in {"word", "text"}
        if before is None or before.line != token.line or is_ahead:
            self._pending.append(token)
            return
        depth = len(self._opened) - (before.text in OPENING)
        depth = depth if depth in self._latest else depth - 1
        path, text = self._latest.get(depth), _text([token])
        if path is not None and text:
            self._comments.said.setdefault(path, text)
            if depth:
                fields = self._opened[depth - 1].fields
                fields[path[-1]] = fields.get(path[-1]) or text

    def _named(self, token: Token, value: Token | None) -> None:
        self._name = token.text if token.kind == "word" else token.value or ""
        around = next((n for n, one in enumerate(self._opened) if one.is_table), None)
        if around is not None:
            names = [one.name for one in self._opened[around:] if one.name]
            path: Path = (*names, self._name)
        else:
            path = (self._name,)
            if value is not None and value.kind == "word":
                self._comments.aliases.setdefault(self._name, value.text)
        depth = len(self._opened)
        self._latest = {n: one for n, one in self._latest.items() if n < depth}
        self._latest[depth] = path
        text = _text(self._pending, token)
        if text:
            self._comments.said.setdefault(path, text)
        if depth:
            self._opened[-1].fields[self._name] = text
        self._pending = []


_MODIFIERS = frozenset({"const", "export", "let"})


def _is_name(following: Sequence[str]) -> bool:
    """Whether what follows makes a word the name of a property, or of a variable with a table."""
    return following[:1] == [":"] or following == ["=", "defineTable"]


def _text(found: Sequence[Token], named: Token | None = None) -> str:
    """What comments in a row say, without those about code; those before a gap are of a section."""
    lines: list[str] = []
    end: int | None = None
    for token in found:
        if end is not None and token.line > end + 1:
            lines = []
        end = token.line + token.text.count("\n")
        lines += _lines(token.text)
    if named is not None and end is not None and named.line > end + 1:
        return ""
    said = [line for line in lines if not _RULER.match(line)]
    if any(_CODE.search(line) or _FOR_TOOLS.match(line) for line in said):
        return ""
    return " ".join(_DECORATION.sub("", line).strip() for line in said).strip()


def _lines(comment: str) -> Iterator[str]:
    if comment.startswith("//"):
        yield comment.lstrip("/").strip()
        return
    for line in comment.removeprefix("/*").removesuffix("*/").splitlines():
        text = line.strip().lstrip("*").strip()
        if text.startswith("@"):
            return  # tags say how something is used, not what it is
        yield text
