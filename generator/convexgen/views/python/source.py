"""Python, written the way `ruff format` writes it at its default of 88 columns."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from convexgen.facts.text import columns, visible, wrap
from convexgen.views.layout import (
    SOFT_LINE,
    Document,
    Group,
    IfBroken,
    Indent,
    Line,
    bracketed,
    hard,
    join,
    print_document,
)

WIDTH = 88
INDENT = "    "

_CALL = re.compile(r"( = [A-Za-z]\w*\()(.+)\)", re.DOTALL)


def statement(level: int, *parts: Document) -> str:
    """A statement at an indentation level."""
    return print_document(parts, width=WIDTH, indent=INDENT, level=level)


def one_line(content: Document) -> str:
    """The content on one line, however long."""
    return print_document(content, width=sys.maxsize, indent=INDENT)


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation: one type, or several of which a value has one."""

    alternatives: tuple[Document, ...]

    @property
    def document(self) -> Document:
        """As it stands between brackets or commas."""
        if len(self.alternatives) == 1:
            return self.alternatives[0]
        return Group(join((Line(), "| "), self.alternatives))

    def or_else(self, *alternatives: Document) -> Annotation:
        """With more alternatives; None comes last (ruff's RUF036)."""
        every = (*self.alternatives, *alternatives)
        last = [one for one in every if one == "None"]
        return Annotation((*(one for one in every if one != "None"), *last))


def annotated(level: int, name: str, annotation: Annotation, default: str = "") -> str:
    """An annotated name; too long for a line, it stands in parentheses or breaks in brackets.

    Where only the default is too much, that is what breaks.
    """
    content = annotation.document
    margin = INDENT * level
    alone = f"{margin}{name}: {one_line(content)}"
    if columns(alone + default) > WIDTH >= columns(f"{alone} = (") and default:
        called = _CALL.fullmatch(default)
        opening, value = called.groups() if called else (" = (", default.removeprefix(" = "))
        if columns(alone + opening) > WIDTH:
            opening, value = " = (", default.removeprefix(" = ")
        return f"{alone}{opening}\n{margin}{INDENT}{value}\n{margin})"
    return statement(level, Group((f"{name}: ", _breakable(annotation), default)))


def assigned(name: str, annotation: Annotation) -> str:
    """A type that a name stands for, broken as an annotation is."""
    return statement(0, Group((f"{name} = ", _breakable(annotation))))


def _breakable(annotation: Annotation) -> Document:
    content = annotation.document
    if len(annotation.alternatives) > 1 or isinstance(content, str):
        inner = Indent((SOFT_LINE, content))
        return (IfBroken("("), inner, SOFT_LINE, IfBroken(")"))
    return content


def subscript(name: str, argument: Document) -> Document:
    """A generic type with its one argument, which no comma may follow."""
    return Group((f"{name}[", Indent((SOFT_LINE, argument)), SOFT_LINE, "]"))


def string(value: str) -> str:
    """A string literal, in the quotes that need fewer escapes, as ruff chooses them."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    if value.isprintable() and quote not in value and "\\" not in value:
        return f"{quote}{value}{quote}"
    escaped = "".join(_escaped(character, quote) for character in value)
    return f"{quote}{escaped}{quote}"


def plain_value(value: object) -> str:
    """A literal of plain data: a string, a number, a boolean or None."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    return repr(value)


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    if character in _CONTROLS:
        return _CONTROLS[character]
    return _python_escape(visible(character), character)


_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _python_escape(shown: str, character: str) -> str:
    if shown == character:
        return character
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def formatted(text: str, values: Sequence[tuple[str, str]]) -> Document:
    """An f-string of a text and named values; too long for a line, each value has a line."""
    if not values:
        return string(text)
    parts = [f"{name} {{{value}!r}}" for name, value in values]
    whole = f'f"{text} {" and ".join(parts)}"'
    # As an argument, eight columns in and before a comma, a formatter would join it.
    if len(whole) + 9 <= WIDTH:
        return whole
    first, *rest = parts
    lines = [string(f"{text} "), f'f"{first}"', *(f'f" and {part}"' for part in rest)]
    return hard(join(SOFT_LINE, lines))


# Most methods of an entity are described as those of the others are.
@lru_cache(maxsize=1_000)
def docstring(text: str, level: int) -> str:
    """A docstring: one line where it fits."""
    margin = INDENT * level
    # Six columns are for the quotes: what does not fit between them on one line takes several,
    # which a formatter with a wider limit would otherwise join.
    lines = [
        _QUOTE_TO_ESCAPE.sub(r'\\"', line.replace("\\", "\\\\"))
        for line in wrap(text, WIDTH - len(margin) - 6)
    ]
    if len(lines) == 1:
        return f'{margin}"""{lines[0]}"""'
    first, *rest = lines
    body = "".join(f"{margin}{line}".rstrip() + "\n" for line in rest)
    return f'{margin}"""{first}\n{body}{margin}"""'


# Three quotes would end the docstring, and one before its end would be read as one of the three.
_QUOTE_TO_ESCAPE = re.compile(r'"(?="|$)')


def call(function: str, arguments: Sequence[Document]) -> Document:
    """A call: on one line, or with each argument on its own."""
    return bracketed(f"{function}(", arguments, ")")


def dictionary(items: Sequence[Document]) -> Document:
    """A dictionary display."""
    return bracketed("{", items, "}")


def definition(keyword: str, name: str, parameters: Sequence[Document], result: str) -> Document:
    """The head of a function."""
    return bracketed(f"{keyword} {name}(", parameters, f") -> {result}:")


def imports(module: str, names: Iterable[str], level: int = 0) -> str:
    """A `from` import."""
    ordered = sort_names(names)
    flat = f"{INDENT * level}from {module} import {', '.join(ordered)}"
    if len(flat) <= WIDTH:
        return flat
    return statement(level, bracketed(f"from {module} import (", ordered, ")", broken=True))


def sort_names(names: Iterable[str]) -> list[str]:
    """Constants, then classes, then the rest, as isort sorts them."""
    return sorted(names, key=lambda name: (_rank(name), name))


def _rank(name: str) -> int:
    if name.isupper() and len(name) > 1:
        return 0
    return 1 if name[:1].isupper() else 2
