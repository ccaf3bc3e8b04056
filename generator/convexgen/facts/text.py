"""Text from a spec, made safe to stand in generated files."""

from __future__ import annotations

import textwrap
import unicodedata


def visible(text: str) -> str:
    """The text with control, bidirectional and other format characters written as `\\uXXXX`.

    They could hide what a comment says, or end a line where none ends: see "Trojan Source"
    (CVE-2021-42574) and Unicode Technical Standard 55.
    """
    if text.isprintable():
        # It has none of them.
        return text
    return "".join(
        character if character == "\n" or _is_plain(character) else _escaped(character)
        for character in text
    )


def columns(text: str) -> int:
    """How many columns the text takes, of which a wide character takes two."""
    return len(text) if text.isascii() else sum(_columns(character) for character in text)


def wrap(text: str, width: int) -> list[str]:
    """The paragraphs of a description, wrapped; an empty string stands between two of them."""
    lines: list[str] = []
    for paragraph in visible(text.strip()).split("\n"):
        if len(paragraph) <= width and paragraph.isprintable() and not paragraph.endswith(" "):
            # Wrapping would leave it as it is, and takes longer.
            lines.append(paragraph)
        else:
            wrapped = textwrap.wrap(
                paragraph, width, break_long_words=False, break_on_hyphens=False
            )
            lines.extend(wrapped or [""])
    return lines


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
