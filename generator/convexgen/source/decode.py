"""Bytes of a file to text that a YAML document may consist of."""

from __future__ import annotations

import re

from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.display import escape
from convexgen.diagnostics.span import Position, Span

BYTE_ORDER_MARK = "\ufeff"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# What YAML 1.2.2, production 1 (c-printable), leaves out, and the three characters that YAML 1.1,
# but not 1.2, takes for line breaks: a reader of the other version would see other lines.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def decode(data: bytes, name: str) -> tuple[str, Diagnostic | None]:
    """The text of UTF-8 bytes, a byte order mark removed; with replacements if they are not."""
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        text = data.decode("utf-8-sig", errors="replace")
        before = data[: error.start].decode("utf-8-sig")
        return text, Diagnostic(
            "not-utf-8",
            f"byte 0x{data[error.start]:02X} is not UTF-8",
            _character_span(before, len(before), name),
            help="save the file as UTF-8",
        )


def forbidden_character(text: str, name: str) -> Diagnostic | None:
    """The first character that no YAML document may hold as it is."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    return Diagnostic(
        "forbidden-character",
        f"the character {escape(found.group())} may not stand in a YAML file",
        _character_span(text, found.start(), name),
        help=f'remove it, or write it as "\\u{ord(found.group()):04x}" in double quotes',
    )


def _character_span(text: str, index: int, name: str) -> Span:
    lines = _LINE_BREAK.split(text[:index])
    start = Position(len(lines), len(lines[-1]) + 1)
    return Span(start, Position(start.line, start.column + 1), name)
