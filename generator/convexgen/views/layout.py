"""Line breaking: documents that a printer lays out in a width.

The algebra is Wadler's ("A prettier printer", 2003), which prettier and ruff follow too, so that
what leaves the templates is a fixed point of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.views.text import columns


@dataclass(frozen=True, slots=True)
class Line:
    """A place to break: `flat` stands there when the group fits on one line."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only when the group around it is broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Indent:
    """Lines broken inside are indented by one more level."""

    content: Document


@dataclass(frozen=True, slots=True)
class Group:
    """Breaks all its own lines or none; `broken` breaks them even where they would fit."""

    content: Document
    broken: bool = False


@dataclass(frozen=True, slots=True)
class FirstFitting:
    """The first of some layouts, each already broken where it breaks, whose first line fits."""

    layouts: tuple[Document, ...]


Document: TypeAlias = str | Line | IfBroken | Indent | Group | FirstFitting | tuple["Document", ...]

SOFT_LINE = Line("")


def hard(content: Document) -> Document:
    """A group that is always broken."""
    return Group(content, broken=True)


def join(separator: Document, items: Sequence[Document]) -> Document:
    """The items with the separator between each two."""
    parts: list[Document] = []
    for item in items:
        if parts:
            parts.append(separator)
        parts.append(item)
    return tuple(parts)


def bracketed(
    opening: str,
    items: Sequence[Document],
    closing: str,
    *,
    padding: str = "",
    broken: bool = False,
) -> Document:
    """Items between brackets: on one line, or each on its own with a trailing comma."""
    if not items:
        return opening + closing
    edge = Line(padding)
    return Group(
        (opening, Indent((edge, join((",", Line()), items))), IfBroken(","), edge, closing),
        broken,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    level: int
    is_flat: bool
    content: Document


def print_document(
    document: Document, *, width: int, indent: str, level: int = 0, trailing: int = 0
) -> str:
    """The text of a document that starts at an indentation level.

    The first line is indented too. `trailing` columns after its end are kept free.
    """
    start = indent * level
    one_line = _flat(document)
    if one_line is not None and len(start) + columns(one_line) + trailing <= width:
        return start + one_line
    output: list[str] = [start]
    column = len(start)
    stack = [_Entry(level, False, document)]
    while stack:
        entry = stack.pop()
        content = entry.content
        if isinstance(content, str):
            output.append(content)
            column += columns(content)
        elif isinstance(content, tuple):
            stack.extend(_Entry(entry.level, entry.is_flat, part) for part in reversed(content))
        elif isinstance(content, Indent):
            stack.append(_Entry(entry.level + 1, entry.is_flat, content.content))
        elif isinstance(content, IfBroken):
            if not entry.is_flat:
                output.append(content.text)
                column += columns(content.text)
        elif isinstance(content, Line):
            if entry.is_flat:
                output.append(content.flat)
                column += len(content.flat)
            else:
                output.append("\n" + indent * entry.level)
                column = len(indent) * entry.level
        elif isinstance(content, FirstFitting):
            chosen = next(
                (
                    layout
                    for layout in content.layouts
                    if _fits(_Entry(entry.level, False, layout), stack, width - column, trailing)
                ),
                content.layouts[-1],
            )
            stack.append(_Entry(entry.level, entry.is_flat, chosen))
        else:
            flat = _Entry(entry.level, True, content.content)
            fits = entry.is_flat or (
                not _must_break(content) and _fits(flat, stack, width - column, trailing)
            )
            stack.append(_Entry(entry.level, fits, content.content))
    return "".join(output)


def _flat(document: Document) -> str | None:
    """The document on one line; None if something in it is always broken."""
    if isinstance(document, str):
        return document
    if isinstance(document, Line):
        return document.flat
    if isinstance(document, IfBroken):
        return ""
    if isinstance(document, tuple):
        parts: list[str] = []
        for part in document:
            flat = _flat(part)
            if flat is None:
                return None
            parts.append(flat)
        return "".join(parts)
    if isinstance(document, FirstFitting):
        return _flat(document.layouts[0])
    if isinstance(document, Group) and document.broken:
        return None
    return _flat(document.content)


def _must_break(document: Document) -> bool:
    if isinstance(document, tuple):
        return any(_must_break(part) for part in document)
    if isinstance(document, Indent):
        return _must_break(document.content)
    if isinstance(document, Group):
        return document.broken or _must_break(document.content)
    if isinstance(document, FirstFitting):
        return _must_break(document.layouts[0])
    return False


def _fits(first: _Entry, rest: Sequence[_Entry], remaining: int, trailing: int) -> bool:
    """Whether everything up to the next possible line break fits in the remaining columns."""
    stack = [first]
    position = len(rest)
    while remaining >= 0:
        if not stack:
            if position == 0:
                return remaining >= trailing
            position -= 1
            stack.append(rest[position])
            continue
        entry = stack.pop()
        content = entry.content
        if isinstance(content, str):
            remaining -= columns(content)
        elif isinstance(content, tuple):
            stack.extend(_Entry(entry.level, entry.is_flat, part) for part in reversed(content))
        elif isinstance(content, Indent):
            stack.append(_Entry(entry.level, entry.is_flat, content.content))
        elif isinstance(content, IfBroken):
            if not entry.is_flat:
                remaining -= columns(content.text)
        elif isinstance(content, Line):
            if not entry.is_flat:
                return True
            remaining -= len(content.flat)
        elif isinstance(content, FirstFitting):
            stack.append(_Entry(entry.level, entry.is_flat, content.layouts[0]))
        else:
            # A group in a broken place may still lie flat, unless it is itself broken.
            is_flat = entry.is_flat if entry is not first else not content.broken
            stack.append(_Entry(entry.level, is_flat and not content.broken, content.content))
    return False
