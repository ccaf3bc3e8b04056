"""Colours of text on a terminal, as its escape sequences.

Source: ECMA-48, 8.3.117, "Select graphic rendition".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

BOLD: Final = 1
RED: Final = 31
GREEN: Final = 32
YELLOW: Final = 33
CYAN: Final = 36

Paint: TypeAlias = Callable[[str, int], str]
"""A text in a colour or a weight."""


def paint(text: str, color: int) -> str:
    """The text in one of the colours above."""
    return f"\x1b[{color}m{text}\x1b[0m"


def paint_nothing(text: str, color: int) -> str:
    """The text as it is."""
    return text
