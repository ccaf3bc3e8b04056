"""The nodes of a YAML document."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import TypeAlias

from convexgen.diagnostics.span import Position, Span

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the root to a node."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    span: Span
    value: str | int | float | bool | None
    text: str
    """The characters of the value, without quotes and escapes."""
    verbatim: Position | None
    """Where the text stands, character for character, on one line; None if it does not."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    span: Span
    flow: bool
    """Written in brackets, as opposed to dashes."""
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        """The text of the key."""
        return self.key.text


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values; each key once."""

    span: Span
    flow: bool
    """Written in braces, as opposed to indentation."""
    entries: AbstractMapping[str, Entry]
    """By their keys, in the order of the text."""


Node: TypeAlias = Scalar | Sequence | Mapping
