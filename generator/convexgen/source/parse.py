"""YAML text to nodes.

The parser is libyaml's, read event by event: events, unlike composed nodes, come without
recursion and without following aliases, so no input exhausts the stack or the memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from convexgen.diagnostics.diagnostic import Diagnostic, Related
from convexgen.diagnostics.display import quoted
from convexgen.diagnostics.span import Position, Span, start_of
from convexgen.source.core_schema import resolve_plain
from convexgen.source.decode import BYTE_ORDER_MARK, forbidden_character
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from convexgen.source.source import Source

MAXIMUM_DEPTH = 64
"""Collections within collections. A document in Convex has 16 levels, a spec two for each."""

_SYNTAX_HELP = {
    "mapping values are not allowed in this context": (
        'put text that holds ": " in quotes, or check the indentation'
    ),
    "could not find expected ':'": "a key needs a colon and a space after it",
    "did not find expected key": "check the indentation: keys of one mapping start in one column",
    "did not find expected '-' indicator": (
        "check the indentation: items of one list start in one column"
    ),
    "did not find expected ',' or '}'": "close the brace, or separate the entries by commas",
    "did not find expected ',' or ']'": "close the bracket, or separate the items by commas",
    "did not find expected <document start>": (
        "check the indentation: keys of one mapping start in one column"
    ),
    "found unexpected end of stream": "close the quote",
    "found unknown escape character": "use single quotes, in which a backslash is a backslash",
}


def parse(text: str, name: str) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The nodes of a text, and everything wrong with it as YAML.

    `name` is what messages call the file. The source has no root if the text is not a mapping,
    or is not YAML.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    forbidden = forbidden_character(text, name)
    if forbidden is not None:
        return Source(name, {name: text}, None), (forbidden,)
    builder = _Builder(text.splitlines())
    try:
        root = builder.build(yaml.parse(_NamedText(text, name), Loader=yaml.CSafeLoader))
        if not isinstance(root, Mapping):
            raise _Refused(_not_a_mapping(root, name))
    except _Refused as refused:
        return Source(name, {name: text}, None), (*builder.diagnostics, refused.diagnostic)
    except yaml.MarkedYAMLError as error:
        return Source(name, {name: text}, None), (
            *builder.diagnostics,
            _syntax_error(error, text, name),
        )
    return Source(name, {name: text}, root), tuple(builder.diagnostics)


class _NamedText(io.StringIO):
    """A text that libyaml gives the name of its file to, and so to each mark in it."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


class _Refused(Exception):
    """The text cannot be read any further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Collection:
    """A mapping or a list of which the end has not been read yet."""

    start: Position
    flow: bool
    is_mapping: bool
    items: list[Node] = field(default_factory=list[Node])
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    key: Scalar | None = None


class _Builder:
    """Builds nodes from events, with a stack of its own."""

    def __init__(self, lines: list[str]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._lines = lines
        self._open: list[_Collection] = []
        self._root: Node | None = None
        self._documents = 0

    def build(self, events: Iterator[Event]) -> Node | None:
        """The root, or None if there is no document. Raises _Refused and yaml.YAMLError."""
        for event in events:
            match event:
                case ScalarEvent():
                    self._check_properties(event, event.tag)
                    self._add(self._scalar(event))
                case AliasEvent():
                    raise _Refused(_anchor("*", event))
                case DocumentStartEvent():
                    self._start_document(event)
                case CollectionStartEvent():
                    self._check_properties(event, event.tag)
                    self._start_collection(event)
                case CollectionEndEvent():
                    self._end_collection(event)
                case _:
                    pass
        return self._root

    def _start_document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused(
                Diagnostic(
                    "one-document",
                    "a spec is one YAML document, and here a second one starts",
                    _span(event),
                    help="put each spec in a file of its own",
                )
            )

    def _check_properties(self, event: NodeEvent, tag: str | None) -> None:
        if event.anchor is not None:
            raise _Refused(_anchor("&", event))
        if tag is not None:
            shown = "!!" + tag.removeprefix("tag:yaml.org,2002:") if ":" in tag else tag
            self.diagnostics.append(
                Diagnostic(
                    "tags-not-allowed",
                    f"the tag {quoted(shown)} is not allowed",
                    _first_character(event),
                    help="remove it: the spec language has no tags",
                )
            )

    def _start_collection(self, event: CollectionStartEvent) -> None:
        if self._awaits_key():
            raise _Refused(_not_text("a list or a mapping", _first_character(event)))
        if len(self._open) == MAXIMUM_DEPTH:
            raise _Refused(
                Diagnostic(
                    "nesting-too-deep",
                    f"lists and mappings are nested more than {MAXIMUM_DEPTH} deep",
                    _first_character(event),
                )
            )
        span = _span(event)
        self._open.append(
            _Collection(
                start=span.start,
                flow=span.start != span.end,
                is_mapping=isinstance(event, MappingStartEvent),
            )
        )

    def _end_collection(self, event: CollectionEndEvent) -> None:
        done, last = self._open.pop(), _span(event)
        span = Span(done.start, last.end, last.file)
        if done.is_mapping:
            self._add(Mapping(span, done.flow, done.entries))
        else:
            self._add(Sequence(span, done.flow, tuple(done.items)))

    def _add(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            if not isinstance(node, Scalar):
                raise _Refused(_not_text("a list or a mapping", node.span))
            parent.key = node
        else:
            self._add_entry(parent, parent.key, node)
            parent.key = None

    def _add_entry(self, parent: _Collection, key: Scalar, value: Node) -> None:
        if key.text == "<<" and key.verbatim == key.span.start:
            self.diagnostics.append(
                Diagnostic(
                    "merge-keys-not-allowed",
                    'the merge key "<<" is not allowed',
                    key.span,
                    help="write the entries out",
                )
            )
            return
        if not isinstance(key.value, str):
            self.diagnostics.append(_not_text(f"{quoted(key.text)} without quotes", key.span))
        earlier = parent.entries.get(key.text)
        if earlier is not None:
            self.diagnostics.append(
                Diagnostic(
                    "duplicate-key",
                    f"the key {quoted(key.text)} is there twice",
                    key.span,
                    help="keep one of the two",
                    related=(Related("the first one is", earlier.key.span),),
                )
            )
            return
        parent.entries[key.text] = Entry(key, value)

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None

    def _scalar(self, event: ScalarEvent) -> Scalar:
        span = _span(event)
        plain = event.implicit[0]
        value = resolve_plain(event.value) if plain else event.value
        return Scalar(span, value, event.value, self._verbatim(span, event.value))

    def _verbatim(self, span: Span, text: str) -> Position | None:
        if span.start.line != span.end.line or span.start.line > len(self._lines):
            return None
        written = self._lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1]
        if written == text:
            return span.start
        if written[1:-1] == text:
            return Position(span.start.line, span.start.column + 1)
        return None


def _not_a_mapping(root: Node | None, name: str) -> Diagnostic:
    if root is None or (isinstance(root, Scalar) and root.text == ""):
        return Diagnostic(
            "empty-file",
            "the file says nothing",
            start_of(name),
            help='a spec starts with "convexgen: 1"',
        )
    return Diagnostic(
        "not-a-mapping",
        f"a spec is a mapping, and this is {'text' if isinstance(root, Scalar) else 'a list'}",
        Span(root.span.start, Position(root.span.start.line, root.span.start.column + 1), name),
        help='a spec starts with "convexgen: 1"; write keys with a colon and a space',
    )


def _not_text(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "key-not-text", f"a key is text, and this is {what}", span, help="put the key in quotes"
    )


def _anchor(sign: str, event: NodeEvent) -> Diagnostic:
    return Diagnostic(
        "anchors-not-allowed",
        f"anchors and aliases are not allowed, and here is {quoted(sign + (event.anchor or ''))}",
        _first_character(event),
        help="write the part out, or share it as an enum or an object of the spec",
    )


# How git begins what one side of a merge has.
_CONFLICT = re.compile(r"^<{7} .*$", re.MULTILINE)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, name: str) -> Diagnostic:
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        line = text.count("\n", 0, conflict.start()) + 1
        width = len(conflict.group().rstrip("\r"))
        return Diagnostic(
            "yaml-syntax",
            "a merge has left a conflict here",
            Span(Position(line, 1), Position(line, 1 + width), name),
            help="choose what is right, and take out the lines with <<<<<<<, ======= and >>>>>>>",
        )
    problem = error.problem or "the text is not YAML"
    span = _mark_span(error.problem_mark, name)
    related = (
        (Related(error.context, _mark_span(error.context_mark, name)),)
        if error.context is not None and error.context_mark is not None
        else ()
    )
    advice = _SYNTAX_HELP.get(problem)
    if problem == "found character that cannot start any token":
        index = error.problem_mark.index if error.problem_mark is not None else 0
        if text[index : index + 1] == "\t":
            problem = "found a tab where the indentation is"
            advice = "indent with spaces"
        else:
            advice = "put text that starts with this character in quotes"
    return Diagnostic("yaml-syntax", problem, span, help=advice, related=related)


def _mark_span(mark: yaml.Mark | None, name: str) -> Span:
    if mark is None:
        return start_of(name)
    start = Position(mark.line + 1, mark.column + 1)
    return Span(start, Position(start.line, start.column + 1), name)


def _span(event: Event) -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return start_of("")
    return Span(
        Position(start.line + 1, start.column + 1),
        Position(end.line + 1, end.column + 1),
        start.name,
    )


def _first_character(event: Event) -> Span:
    start = _span(event).start
    return Span(start, Position(start.line, start.column + 1), _span(event).file)
