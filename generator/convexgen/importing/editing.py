"""Changing entries of a spec where they stand: all other text stays, comments and order too."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from convexgen.diagnostics.span import Position, Span
from convexgen.importing.types import Said
from convexgen.importing.yaml_text import WIDTH, flow_text, scalar, write_mapping
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence

Path = tuple[str, ...]


@dataclass
class _FlowChanges:
    """What becomes of the entries of a mapping in braces: each stands beside what is around it."""

    mapping: Mapping
    removed: set[str] = field(default_factory=set[str])
    added: list[str] = field(default_factory=list[str])


class Edits:
    """Changes of a text, made together at the end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._changes: list[tuple[int, int, str]] = []
        self._in_braces: dict[Position, _FlowChanges] = {}

    def apply(self) -> str:
        """The text with all changes."""
        text = self._text
        changes = [*self._changes]
        for one in self._in_braces.values():
            changes += self._changes_in_braces(one)
        ordered = sorted(enumerate(changes), key=lambda one: (one[1][0], one[0]))
        for _, (start, end, instead) in reversed(ordered):
            text = text[:start] + instead + text[end:]
        return text

    def replace(self, span: Span, text: str) -> None:
        """Put a text in the place of another one."""
        self._changes.append((self._offset(span.start), self._offset(span.end), text))

    def wrap(self, node: Node, key: str, more: dict[str, Said]) -> None:
        """Make a value that has a short form the mapping that it stands for, with more entries."""
        begins, ends = self._offset(node.span.start), self._offset(_end(node))
        if isinstance(node, Sequence) and not node.flow:
            self._wrap_lines(node, key, more)
            return
        said = "".join(
            f", {scalar(name, in_flow=True)}: {flow_text(one, in_flow=True)}"
            for name, one in more.items()
        )
        given = f"{{ {key}: "
        if isinstance(node, Scalar) and self._text[begins:ends] == node.text:
            # Plain text may need quotes in braces.
            given += scalar(node.text, in_flow=True)
            self._changes.append((begins, ends, given + said + " }"))
        else:
            self._changes.append((begins, begins, given))
            self._changes.append((ends, ends, f"{said} }}"))

    def _wrap_lines(self, node: Sequence, key: str, more: dict[str, Said]) -> None:
        indent = node.span.start.column + 1
        first, last = node.span.start.line, _end(node).line
        for line in range(first, last + 1):
            before = f"{' ' * indent}{key}:\n" if line == first else ""
            start = self._starts[line - 1]
            self._changes.append((start, start, f"{before}{' ' * 4}"))
        lines = [
            f"{' ' * indent}{scalar(name)}: {flow_text(one, in_flow=False)}\n"
            for name, one in more.items()
        ]
        at = self._line_after(_end(node))
        self._changes.append((at, at, "".join(lines)))

    def set(self, mapping: Mapping, path: Path, value: Said) -> None:
        """Give the entry that a path ends with another value, or make it the last one."""
        entry = mapping.entries.get(path[-1])
        if entry is None:
            self.add(mapping, {path[-1]: value}, path[:-1])
            return
        start = entry.value.span.start
        written = f"{scalar(path[-1])}: "
        margin = (0 if mapping.flow else entry.key.span.start.column - 1) + len(written)
        text = flow_text(value, in_flow=mapping.flow)
        if not mapping.flow and isinstance(value, dict) and margin + len(text) > WIDTH:
            indent = entry.key.span.start.column - 1
            _, *lines = write_mapping({path[-1]: value}, {}, path[:-1], indent)
            text = "\n" + "\n".join(lines)
        begins = self._offset(start)
        if not isinstance(entry.value, Scalar) and not entry.value.flow:
            begins = self._offset(entry.key.span.end) + 1  # the colon
            text = text if text.startswith("\n") else f" {text}"
        elif text.startswith("\n"):
            begins = self._offset(entry.key.span.end) + 1
        self._changes.append((begins, self._offset(_end(entry.value)), text))

    def add(
        self,
        mapping: Mapping,
        content: dict[str, Said],
        path: Path,
        notes: dict[Path, AbstractSequence[str]] | None = None,
        *,
        apart: bool = False,
    ) -> None:
        """Make entries the last ones of a mapping; `apart` puts an empty line before each."""
        entries = list(mapping.entries.values())
        if not content:
            return
        if mapping.flow:
            self._flow_changes(mapping).added += [
                f"{scalar(key, in_flow=True)}: {flow_text(one, in_flow=True)}"
                for key, one in content.items()
            ]
            return
        indent = entries[0].key.span.start.column - 1
        at = self._line_after(_end(entries[-1].value))
        for key, one in content.items():
            lines = write_mapping({key: one}, notes or {}, path, indent)
            self._changes.append((at, at, "\n" * apart + "\n".join(lines) + "\n"))

    def remove(self, mapping: Mapping, key: str) -> None:
        """Take an entry out, with the comment right before it."""
        if mapping.flow:
            self._flow_changes(mapping).removed.add(key)
            return
        entry = mapping.entries[key]
        start = entry.key.span.start.line
        while start > 1 and self._is_comment(start - 1, entry.key.span.start.column):
            start -= 1
        if start > 1 and self._line(start - 1).strip() == "":
            start -= 1
        self._changes.append((self._starts[start - 1], self._line_after(_end(entry.value)), ""))

    def _flow_changes(self, mapping: Mapping) -> _FlowChanges:
        return self._in_braces.setdefault(mapping.span.start, _FlowChanges(mapping))

    def _changes_in_braces(self, one: _FlowChanges) -> Iterator[tuple[int, int, str]]:
        """What is removed goes with the comma before it, or after it where nothing stays before."""
        entries = list(one.mapping.entries.items())
        added = ", ".join(one.added)
        if len(one.removed) == len(entries):
            begins, ends = self._offset(one.mapping.span.start), self._offset(one.mapping.span.end)
            yield begins, ends, f"{{ {added} }}" if added else "{}"
            return
        leading = sum(1 for _ in takewhile(lambda entry: entry[0] in one.removed, entries))
        if leading:
            begins = self._offset(entries[0][1].key.span.start)
            yield begins, self._offset(entries[leading][1].key.span.start), ""
        for (_, before), (key, entry) in pairwise(entries[leading:]):
            if key in one.removed:
                yield self._offset(_end(before.value)), self._offset(_end(entry.value)), ""
        if added:
            at = self._offset(_end(entries[-1][1].value))
            yield at, at, f", {added}"

    def _is_comment(self, line: int, column: int) -> bool:
        return self._line(line).startswith(" " * (column - 1) + "#")

    def _line(self, line: int) -> str:
        return self._text[self._starts[line - 1] : self._starts[line]]

    def _offset(self, position: Position) -> int:
        return self._starts[position.line - 1] + position.column - 1

    def _line_after(self, position: Position) -> int:
        """Where the line after a place begins; the end of a text that has no more."""
        return self._starts[min(position.line, len(self._starts) - 1)]


def _end(node: Node) -> Position:
    """Where a node ends, without what is empty after it."""
    if isinstance(node, Scalar) or node.flow:
        return node.span.end
    last = list(node.entries.values())[-1].value if isinstance(node, Mapping) else node.items[-1]
    return _end(last)


def entry_of(mapping: Node | None, name: str) -> Entry | None:
    """An entry of what may be a mapping."""
    return mapping.entries.get(name) if isinstance(mapping, Mapping) else None


def mapping_at(mapping: Mapping, *names: str) -> Mapping | None:
    """The mapping that names lead to, if there is one."""
    node: Node = mapping
    for name in names:
        entry = entry_of(node, name)
        if entry is None:
            return None
        node = entry.value
    return node if isinstance(node, Mapping) else None
