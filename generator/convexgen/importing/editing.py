"""Changing entries of a spec where they stand: all other text stays, comments and order too."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from convexgen.diagnostics.span import Position, Span
from convexgen.importing.types import Said
from convexgen.importing.yaml_text import flow_text, scalar, write_items, write_mapping
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence

Path = tuple[str, ...]


@dataclass
class _EntryChanges:
    """What becomes of the entries of a mapping: each stands beside what is around it."""

    mapping: Mapping
    removed: set[str] = field(default_factory=set[str])
    added: list[str] = field(default_factory=list[str])
    """In braces."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What comes in the place of a part of a text, which may be nothing."""

    begins: int
    ends: int
    instead: str
    indent: int = 0
    """Of whole lines: those of an inner mapping come before those of what it is in."""

    @property
    def order(self) -> tuple[int, int, int]:
        """Of changes at the same place: what is added there comes before what is taken away."""
        return self.begins, self.ends, -self.indent


class Edits:
    """Changes of a text, made together at the end."""

    def __init__(self, text: str) -> None:
        self._is_whole = text.endswith("\n")
        self._text = text if self._is_whole else f"{text}\n"
        self._starts = [0]
        for line in self._text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._changes: list[_Change] = []
        self._of_entries: dict[Position, _EntryChanges] = {}

    def apply(self) -> str:
        """The text with all changes; lines end as they did."""
        end = "\r\n" if "\r\n" in self._text else "\n"
        changes = [*self._changes]
        for one in self._of_entries.values():
            changes += self._changes_of(one)
        parts: list[str] = []
        position = 0
        for change in sorted(changes, key=lambda one: one.order):
            parts += [self._text[position : change.begins], change.instead.replace("\n", end)]
            position = max(position, change.ends)
        text = "".join([*parts, self._text[position:]])
        return text if self._is_whole else text.removesuffix(end)

    def replace(self, span: Span, text: str) -> None:
        """Put a text in the place of another one."""
        self._changes.append(_Change(self._offset(span.start), self._offset(span.end), text))

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
            self._changes.append(_Change(begins, ends, given + said + " }"))
        else:
            self._changes.append(_Change(begins, begins, given))
            self._changes.append(_Change(ends, ends, f"{said} }}"))

    def _wrap_lines(self, node: Sequence, key: str, more: dict[str, Said]) -> None:
        indent = node.span.start.column + 1
        first, last = node.span.start.line, _end(node).line
        for line in range(first, last + 1):
            before = f"{' ' * indent}{key}:\n" if line == first else ""
            start = self._starts[line - 1]
            self._changes.append(_Change(start, start, f"{before}{' ' * 4}"))
        lines = [
            f"{' ' * indent}{scalar(name)}: {flow_text(one, in_flow=False)}\n"
            for name, one in more.items()
        ]
        at = self._line_after(_end(node))
        self._changes.append(_Change(at, at, "".join(lines)))

    def set(self, mapping: Mapping, path: Path, value: Said) -> None:
        """Give the entry that a path ends with another value, or make it the last one."""
        entry = mapping.entries.get(path[-1])
        if entry is None:
            self.add(mapping, {path[-1]: value}, path[:-1])
            return
        begins, ends = self._offset(entry.value.span.start), self._offset(_end(entry.value))
        if mapping.flow:
            self._changes.append(_Change(begins, ends, flow_text(value, in_flow=True)))
            return
        indent = entry.key.span.start.column - 1
        first, *more = write_mapping({path[-1]: value}, {}, path[:-1], indent)
        start = f"{' ' * indent}{scalar(path[-1])}:"
        begins = self._offset(entry.key.span.end) + 1  # the colon
        heading = self._line(entry.key.span.end.line)[entry.key.span.end.column :].rstrip()
        is_apart = entry.value.span.start.line > entry.key.span.end.line
        beside = heading if is_apart else ""  # a comment
        text = "\n".join([first.removeprefix(start) + beside, *more])
        self._changes.append(_Change(begins, ends, text))

    def set_items(self, items: Sequence, values: AbstractSequence[str]) -> None:
        """Make these the values of a list of texts: those that stay keep their places."""
        texts = [one.text if isinstance(one, Scalar) else "" for one in items.items]
        gone = [position for position, text in enumerate(texts) if text not in values]
        self.change_items(items, gone, [one for one in values if one not in texts])

    def change_items(
        self,
        items: Sequence,
        gone: AbstractSequence[int],
        added: AbstractSequence[Said],
        path: Path = (),
    ) -> None:
        """Take items out of a list, by their positions, and add others at its end."""
        if len(gone) == len(items.items):
            said = flow_text([*added], in_flow=items.flow)
            begins = self._offset(items.span.start)
            self._changes.append(_Change(begins, self._offset(_end(items)), said))
            return
        for position in gone:
            self._remove_item(items, position, gone)
        last = _end(items.items[-1])
        if added and items.flow:
            said = ", ".join(flow_text(one, in_flow=True) for one in added)
            at = self._offset(last)
            self._changes.append(_Change(at, at, f", {said}"))
        elif added:
            indent = items.span.start.column - 1
            at = self._line_after(last)
            lines = "".join(f"{line}\n" for line in write_items(added, {}, path, indent))
            self._changes.append(_Change(at, at, lines, indent))

    def _remove_item(self, items: Sequence, position: int, gone: AbstractSequence[int]) -> None:
        item = items.items[position]
        begins, ends = self._offset(item.span.start), self._offset(_end(item))
        if not items.flow:
            column = items.span.start.column
            start = item.span.start.line
            first = items.span.start.line
            while start > first and not self._line(start).startswith(" " * (column - 1) + "-"):
                start -= 1  # a comment stands beside the dash
            while self._is_comment(start - 1, column):
                start -= 1
            begins, ends = self._starts[start - 1], self._line_after(_end(item))
        elif set(gone) >= set(range(position)):
            ends = self._offset(items.items[position + 1].span.start)
        else:
            begins = self._offset(_end(items.items[position - 1]))
        self._changes.append(_Change(begins, ends, ""))

    def add(
        self,
        mapping: Mapping,
        content: dict[str, Said],
        path: Path,
        notes: dict[Path, AbstractSequence[str]] | None = None,
        *,
        apart: bool = False,
        after: str | None = None,
    ) -> None:
        """Make entries the last ones of a mapping; `apart` puts an empty line before each.

        In lines, they come `after` another one.
        """
        entries = list(mapping.entries.values())
        if not content:
            return
        if mapping.flow:
            self._entry_changes(mapping).added += [
                f"{scalar(key, in_flow=True)}: {flow_text(one, in_flow=True)}"
                for key, one in content.items()
            ]
            return
        indent = entries[0].key.span.start.column - 1
        before = entries[-1] if after is None else mapping.entries[after]
        at = self._line_after(_end(before.value))
        for key, one in content.items():
            lines = write_mapping({key: one}, notes or {}, path, indent)
            text = "\n" * apart + "\n".join(lines) + "\n"
            self._changes.append(_Change(at, at, text, indent))

    def remove(self, mapping: Mapping, key: str) -> None:
        """Take an entry out, with the comment right before it."""
        self._entry_changes(mapping).removed.add(key)

    def _entry_changes(self, mapping: Mapping) -> _EntryChanges:
        return self._of_entries.setdefault(mapping.span.start, _EntryChanges(mapping))

    def _changes_of(self, one: _EntryChanges) -> Iterator[_Change]:
        if one.mapping.flow:
            yield from self._changes_in_braces(one)
            return
        is_first = True
        for key, entry in one.mapping.entries.items():
            if key in one.removed:
                yield self._without_lines(entry, is_first=is_first)
            else:
                is_first = False

    def _without_lines(self, entry: Entry, *, is_first: bool) -> _Change:
        """An entry goes with an empty line: the one before it, or after the first of all."""
        start, end = entry.key.span.start.line, _end(entry.value).line
        while start > 1 and self._is_comment(start - 1, entry.key.span.start.column):
            start -= 1
        if is_first and end < len(self._starts) - 1 and self._is_empty(end + 1):
            end += 1
        elif not is_first and start > 1 and self._is_empty(start - 1):
            start -= 1
        return _Change(self._starts[start - 1], self._starts[min(end, len(self._starts) - 1)], "")

    def _is_empty(self, line: int) -> bool:
        return self._line(line).strip() == ""

    def _changes_in_braces(self, one: _EntryChanges) -> Iterator[_Change]:
        """What is removed goes with the comma before it, or after it where nothing stays before."""
        entries = list(one.mapping.entries.items())
        added = ", ".join(one.added)
        if len(one.removed) == len(entries):
            begins, ends = self._offset(one.mapping.span.start), self._offset(one.mapping.span.end)
            yield _Change(begins, ends, f"{{ {added} }}" if added else "{}")
            return
        leading = sum(1 for _ in takewhile(lambda entry: entry[0] in one.removed, entries))
        if leading:
            begins = self._offset(entries[0][1].key.span.start)
            yield _Change(begins, self._offset(entries[leading][1].key.span.start), "")
        for (_, before), (key, entry) in pairwise(entries[leading:]):
            if key in one.removed:
                yield _Change(self._offset(_end(before.value)), self._offset(_end(entry.value)), "")
        if added:
            at = self._offset(_end(entries[-1][1].value))
            yield _Change(at, at, f", {added}")

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


def scalars(node: Node) -> Iterator[Scalar]:
    """The single values that a node has anywhere in it."""
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(entries=entries):
            for entry in entries.values():
                yield from scalars(entry.value)


def plain(node: Node) -> Said:
    """What a node says, without comments."""
    match node:
        case Scalar(value=value):
            return "null" if value is None else value
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(entries=entries):
            return {name: plain(entry.value) for name, entry in entries.items()}


def mapping_at(mapping: Mapping, *names: str) -> Mapping | None:
    """The mapping that names lead to, if there is one."""
    node: Node = mapping
    for name in names:
        entry = entry_of(node, name)
        if entry is None:
            return None
        node = entry.value
    return node if isinstance(node, Mapping) else None
