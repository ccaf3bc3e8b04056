"""How text of a stranger is shown on a terminal: nothing in it may move the cursor or hide."""

from __future__ import annotations

import unicodedata

TAB_WIDTH = 4
QUOTED_LENGTH = 80
"""The most characters of a name that a message repeats."""

# Control, format (bidirectional controls among them), surrogate, private, unassigned, and
# the two separators that break lines.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_COMBINING_CATEGORIES = frozenset({"Mn", "Me"})
_WIDE = frozenset({"W", "F"})


def is_hidden(character: str) -> bool:
    """Whether the character has no glyph of its own."""
    return unicodedata.category(character) in _HIDDEN_CATEGORIES


def escape(character: str) -> str:
    """The character as its code point."""
    return f"<U+{ord(character):04X}>"


def printable(text: str) -> str:
    """The text on one line, with every hidden character as its code point."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(character) if is_hidden(character) else character for character in text)


def quoted(text: str) -> str:
    """The text in double quotes, printable, and cut if it is long."""
    if len(text) > QUOTED_LENGTH:
        text = text[:QUOTED_LENGTH] + "…"
    return f'"{printable(text)}"'


def cell(character: str) -> tuple[str, int]:
    """The character as shown in a line of source, and the columns it takes."""
    if character == "\t":
        return " " * TAB_WIDTH, TAB_WIDTH
    if is_hidden(character):
        shown = escape(character)
        return shown, len(shown)
    if unicodedata.category(character) in _COMBINING_CATEGORIES:
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in _WIDE else 1
