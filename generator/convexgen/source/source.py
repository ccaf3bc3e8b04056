"""A spec as it was read, and where each part of it stands."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from enum import Enum, auto

from convexgen.diagnostics.span import Position, Span, start_of
from convexgen.source.nodes import Mapping, Node, Path, Scalar, Sequence


class Part(Enum):
    """Which part of an entry a place is."""

    KEY = auto()
    VALUE = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """The texts of a spec under the names that messages call their files by."""

    name: str
    """The file that includes the others."""
    texts: AbstractMapping[str, str]
    """By the names of their files."""
    root: Mapping | None
    """None if the text could not be read as a mapping."""
    described: frozenset[str] = frozenset()
    """The functions that function specs describe, and nothing else does."""

    def node(self, path: Path) -> Node | None:
        """The node at the path, or None if the path leads nowhere."""
        node, _, rest = self._walk(path)
        return None if rest else node

    def span(self, path: Path, part: Part = Part.VALUE) -> Span:
        """Where the part of the node at the path stands.

        A path may be longer than the tree is deep, as where `key: id` stands for `key: [id]`:
        then the deepest node on it counts, or, for a key that a mapping lacks, the name of the
        mapping. A collection without brackets is shown by its key.
        """
        node, key, rest = self._walk(path)
        if node is None:
            return start_of(self.name)
        missing = bool(rest) and isinstance(node, Mapping)
        if key is not None and not isinstance(node, Scalar):
            if part is Part.KEY or missing or not node.flow:
                return key
        elif key is not None and part is Part.KEY and not rest:
            return key
        if not isinstance(node, Scalar) and not node.flow:
            start = node.span.start
            return Span(start, Position(start.line, start.column + 1), node.span.file)
        return node.span

    def word_span(self, path: Path, offset: int, length: int) -> Span:
        """Where the characters of the scalar at the path stand, counted from its first one.

        The whole scalar, if its text is not on one line as it is (escapes, folded lines).
        """
        node, _, _ = self._walk(path)
        if not isinstance(node, Scalar) or node.verbatim is None:
            return self.span(path)
        start = Position(node.verbatim.line, node.verbatim.column + offset)
        return Span(start, Position(start.line, start.column + max(1, length)), node.span.file)

    def _walk(self, path: Path) -> tuple[Node | None, Span | None, Path]:
        """The deepest node on the path, the key nearest above it, and the steps left over.

        A name is skipped in a sequence, which may stand for a mapping (`[a, b]` for
        `{values: [a, b]}`).
        """
        node: Node | None = self.root
        key: Span | None = None
        for done, step in enumerate(path):
            match node:
                case Mapping() if isinstance(step, str):
                    entry = node.entries.get(step)
                    if entry is None:
                        return node, key, path[done:]
                    node, key = entry.value, entry.key.span
                case Sequence() if isinstance(step, int):
                    if step >= len(node.items):
                        return node, key, path[done:]
                    node, key = node.items[step], None
                case Sequence():
                    continue
                case _:
                    return node, key, path[done:]
        return node, key, ()
