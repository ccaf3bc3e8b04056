"""The text of a file before it is laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Draft:
    """What a template gives for a file, or a file that is copied."""

    given: str | Callable[[], str]
    """The text, or what renders it."""
    header: str = ""
    """The lines before the text, of which formatters see nothing: they tell them to leave the file
    alone."""
    is_copied: bool = False
    """Whether it is laid out already, as the runtimes are."""
    entity: str | None = None
    """The entity whose module it is: its inputs tell whether the text is another."""

    @cached_property
    def text(self) -> str:
        """The text, rendered when it is first asked for. Raises `UnescapedText`."""
        return self.given if isinstance(self.given, str) else self.given()

    def with_header(self, text: str) -> str:
        """A text with the header before it, as it is written."""
        if not self.header:
            return text
        return f"{self.header}\n\n{text}" if text else f"{self.header}\n"


def copy(path: Path, header: str) -> Draft:
    """A module of a runtime, which is copied as it is."""
    return Draft(path.read_text(encoding="utf-8"), header, is_copied=True)
