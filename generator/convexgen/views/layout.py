"""Line breaking: documents that a printer lays out in a width.

The algebra is Wadler's ("A prettier printer", 2003), which prettier and ruff follow too, so that
what leaves the templates is a fixed point of both. As in Oppen's printer ("Prettyprinting", 1980),
no group is measured twice: it is built with its text on one line. Whether it fits is asked with
what follows it, up to the next place to break and no further than the line is wide.

Nothing changes a document, which is why its hash is safe. There are hundreds for each entity, and
to make one of a frozen class would take three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from convexgen.facts.text import columns


@dataclass(slots=True, unsafe_hash=True)
class Line:
    """A place to break: `flat` stands there when the group fits on one line."""

    flat: str = " "


@dataclass(slots=True, unsafe_hash=True)
class IfBroken:
    """Text that stands only when the group around it is broken."""

    text: str
    flat: str = field(default="", init=False)


@dataclass(slots=True, unsafe_hash=True)
class Indent:
    """Lines broken inside are indented by one more level."""

    content: Document

    @property
    def flat(self) -> str | None:
        """The content on one line."""
        return _on_one_line(self.content)


@dataclass(slots=True, unsafe_hash=True)
class Group:
    """Breaks all its own lines or none; `broken` breaks them even where they would fit."""

    content: Document
    broken: bool = False
    flat: str | None = field(init=False)

    def __post_init__(self) -> None:
        """Put the content on one line, unless it is always broken."""
        self.flat = None if self.broken else _on_one_line(self.content)


@dataclass(slots=True, unsafe_hash=True)
class Bracketed:
    """A group of items between brackets; broken, each has its own line and a comma behind it.

    Most lie on one line, and only the others need the documents of which it is made.
    """

    opening: str
    items: tuple[Document, ...]
    closing: str
    padding: str
    broken: bool
    flat: str | None = field(init=False)

    def __post_init__(self) -> None:
        """Put the items on one line, unless they are always broken."""
        self.flat = None
        if not self.broken:
            items = _texts(self.items)
            if items is not None:
                inside = f"{self.padding}{', '.join(items)}{self.padding}"
                self.flat = f"{self.opening}{inside}{self.closing}"

    @property
    def content(self) -> Document:
        """What the group breaks."""
        edge = Line(self.padding)
        inside = Indent((edge, join(_COMMA, self.items)))
        return (self.opening, inside, _COMMA_IF_BROKEN, edge, self.closing)


@dataclass(slots=True, unsafe_hash=True)
class FirstFitting:
    """The first of some layouts, each already broken where it breaks, whose first line fits."""

    layouts: tuple[Document, ...]

    @property
    def flat(self) -> str | None:
        """The first layout on one line; the others are for several."""
        return _on_one_line(self.layouts[0])


Node: TypeAlias = Line | IfBroken | Indent | Group | Bracketed | FirstFitting
"""`flat` is its text on one line, None if something in it is always broken."""
Document: TypeAlias = str | Node | tuple["Document", ...]
"""Text, or a node, or several documents in a row."""

LINE = Line()
SOFT_LINE = Line("")

_COMMA = (",", LINE)
_COMMA_IF_BROKEN = IfBroken(",")


def _on_one_line(document: Document) -> str | None:
    if isinstance(document, str):
        return document
    if isinstance(document, tuple):
        texts = _texts(document)
        return None if texts is None else "".join(texts)
    return document.flat


def _texts(documents: Sequence[Document]) -> list[str] | None:
    """Each of them on one line; None if something in one is always broken."""
    texts: list[str] = []
    for document in documents:
        text = document if isinstance(document, str) else _on_one_line(document)
        if text is None:
            return None
        texts.append(text)
    return texts


def hard(content: Document) -> Document:
    """A group that is always broken."""
    return Group(content, broken=True)


def join(separator: Document, items: Sequence[Document]) -> Document:
    """The items with the separator between each two."""
    between = separator if isinstance(separator, tuple) else (separator,)
    parts: list[Document] = []
    for item in items:
        if parts:
            parts.extend(between)
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
    return Bracketed(opening, tuple(items), closing, padding, broken)


_Rest: TypeAlias = list[tuple[Document, int]]
"""What is still to be printed in broken groups, with its levels; what comes next is at the end."""


def print_document(
    document: Document, *, width: int, indent: str, level: int = 0, trailing: int = 0
) -> str:
    """The text of a document that starts at an indentation level.

    The first line is indented too. `trailing` columns after its end are kept free.
    """
    margin = indent * level
    one_line = _on_one_line(document)
    if one_line is not None and len(margin) + columns(one_line) + trailing <= width:
        return margin + one_line
    output = [margin]
    column = len(margin)
    rest: _Rest = [(document, level)]
    while rest:
        content, level = rest.pop()
        if isinstance(content, str):
            output.append(content)
            column += columns(content)
        elif isinstance(content, tuple):
            rest.extend([(part, level) for part in reversed(content)])
        elif isinstance(content, Line):
            output.append("\n" + indent * level)
            column = len(indent) * level
        elif isinstance(content, IfBroken):
            output.append(content.text)
            column += columns(content.text)
        elif isinstance(content, Indent):
            rest.append((content.content, level + 1))
        elif isinstance(content, (Group, Bracketed)):
            flat = content.flat
            if flat is not None and _fits(columns(flat), rest, width - column, trailing):
                rest.append((flat, level))
            else:
                rest.append((content.content, level))
        else:
            layout = _first_fitting(content.layouts, rest, width - column, trailing)
            rest.append((layout, level))
    return "".join(output)


def _fits(needed: int, rest: _Rest, room: int, trailing: int) -> bool:
    """Whether the columns needed are there, and those of what follows up to a place to break."""
    for content, _ in reversed(rest):
        if needed > room:
            return False
        more, breaks = _first_line(content, broken=True)
        needed += more
        if breaks:
            return needed <= room
    return needed + trailing <= room


def _first_fitting(layouts: Sequence[Document], rest: _Rest, room: int, trailing: int) -> Document:
    for layout in layouts:
        # A layout that is a group lies on one line, but for what is always broken in it.
        needed, breaks = _first_line(layout, broken=not isinstance(layout, (Group, Bracketed)))
        if needed <= room and (breaks or _fits(needed, rest, room, trailing)):
            return layout
    return layouts[-1]


def _first_line(document: Document, *, broken: bool) -> tuple[int, bool]:
    """The columns up to the first place to break, or all; and whether there is such a place.

    The lines of a group are places to break if it is always broken, or is in a broken place.
    """
    if isinstance(document, str):
        return columns(document), False
    if isinstance(document, tuple):
        total = 0
        for part in document:
            needed, breaks = _first_line(part, broken=broken)
            total += needed
            if breaks:
                return total, True
        return total, False
    if not broken and document.flat is not None:
        return columns(document.flat), False
    if isinstance(document, Line):
        return 0, True
    if isinstance(document, IfBroken):
        return columns(document.text), False
    if isinstance(document, FirstFitting):
        return _first_line(document.layouts[0], broken=broken)
    always = isinstance(document, (Group, Bracketed)) and document.broken
    return _first_line(document.content, broken=broken or always)
