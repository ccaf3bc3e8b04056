"""The examples of the README and of the pages in `docs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))

_BLOCK = re.compile(r"^```(?P<language>\S.*)\n(?P<text>(?s:.*?))^```$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A code block of a page."""

    page: str
    number: int
    """Among those of its language on its page, from 1."""
    text: str

    @property
    def file(self) -> str:
        """A name for its file, without a suffix."""
        return f"{Path(self.page).stem.lower()}_{self.number}"

    @property
    def is_pytest(self) -> bool:
        """Whether it is a file of tests, not a program."""
        return re.search(r"^def test_", self.text, re.MULTILINE) is not None


def read_page(page: str) -> str:
    """The text of a page, by its path in the project."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page whose fences name exactly this language."""
    found = _BLOCK.finditer(read_page(page))
    return [match["text"] for match in found if match["language"] == language]


def examples(language: str) -> list[Example]:
    """The code blocks of all pages."""
    return [
        Example(page, number, text)
        for page in PAGES
        for number, text in enumerate(blocks(page, language), 1)
    ]
