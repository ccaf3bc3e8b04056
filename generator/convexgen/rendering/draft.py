"""The text of a file before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template gave for a file, or a file that is copied."""

    text: str
    header: str = ""
    """The lines before the text, of which formatters see nothing: they tell them to leave the file
    alone."""
    is_copied: bool = False
    """Whether it is laid out already, as the runtimes are."""

    def with_header(self, text: str) -> str:
        """A text with the header before it, as it is written."""
        return f"{self.header}\n\n{text}" if self.header else text


def copy(path: Path, header: str) -> Draft:
    """A module of a runtime, which is copied as it is."""
    return Draft(path.read_text(encoding="utf-8"), header, is_copied=True)
