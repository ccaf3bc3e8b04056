"""The examples of the README and of the pages in `docs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from project import ROOT

PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))


@dataclass(frozen=True)
class Block:
    """A code block of a page, wherever it stands in it."""

    language: str
    """All that its fence says; nothing of one that is only indented."""
    text: str


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
    return [block.text for block in all_blocks(page) if block.language == language]


def named_blocks(page: str) -> dict[str, str]:
    """The code blocks of a page that are files, by their paths."""
    words = [(block.language.split(), block.text) for block in all_blocks(page)]
    return {named[1]: text for named, text in words if len(named) > 1 and "." in named[1]}


@cache
def all_blocks(page: str) -> tuple[Block, ...]:
    """Every code block of a page, as a reader of Markdown finds them."""
    tokens = MarkdownIt("commonmark").parse(read_page(page))
    return tuple(
        Block(token.info.strip(), token.content)
        for token in tokens
        if token.type in {"fence", "code_block"}
    )


def examples(language: str) -> list[Example]:
    """The code blocks of all pages."""
    return [
        Example(page, number, text)
        for page in PAGES
        for number, text in enumerate(blocks(page, language), 1)
    ]
