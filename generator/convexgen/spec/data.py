"""Nodes to the plain values that the surface is checked against."""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from typing import TypeAlias

from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.display import quoted
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence

_MOST_PIECES = 64
"""No type that somebody wrote has as many commas."""
_OPENED_TYPE = re.compile(r"\w\s*<")

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"


def to_data(node: Node, diagnostics: list[Diagnostic]) -> Data:
    """The value of a node. What has no value is reported and left out."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return _to_list(node, diagnostics)
        case Mapping():
            return _to_dict(node, diagnostics)


def _to_list(node: Sequence, diagnostics: list[Diagnostic]) -> list[Data]:
    values: list[Data] = []
    texts = [_text(item) for item in node.items] if node.flow else []
    index = 0
    while index < len(node.items):
        item = node.items[index]
        index += 1
        split = _split_type(item, texts, index)
        if split is not None:
            diagnostics.append(_split_diagnostic(item, split))
            values.append(", ".join(split))
            index += len(split) - 1
        elif _is_empty(item):
            diagnostics.append(
                Diagnostic(
                    "missing-value",
                    "the item of the list has no value",
                    item.span,
                    help="write one, or remove the item",
                )
            )
        else:
            values.append(to_data(item, diagnostics))
    return values


def _to_dict(node: Mapping, diagnostics: list[Diagnostic]) -> dict[str, Data]:
    values: dict[str, Data] = {}
    entries = list(node.entries.values())
    texts = [_lone_key(entry) for entry in entries] if node.flow else []
    index = 0
    while index < len(entries):
        entry = entries[index]
        index += 1
        split = _split_type(entry.value, texts, index)
        if split is not None:
            diagnostics.append(_split_diagnostic(entry.value, split))
            values[entry.name] = ", ".join(split)
            index += len(split) - 1
        elif _is_empty(entry.value):
            diagnostics.append(
                Diagnostic(
                    "missing-value",
                    f"{quoted(entry.name)} has no value",
                    entry.key.span,
                    help="write one, or remove the key",
                )
            )
        else:
            values[entry.name] = to_data(entry.value, diagnostics)
    return values


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None and node.text in {"", "~"}


def _text(node: Node) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _lone_key(entry: Entry) -> str | None:
    return entry.name if _is_empty(entry.value) else None


def _split_type(
    first: Node, texts: AbstractSequence[str | None], following: int
) -> list[str] | None:
    """The pieces of a type, such as `record<string, integer>`, that its comma has split.

    The texts from `following` on may be its other ones.

    In brackets and braces, a comma ends a value that is not in quotes.
    """
    if not isinstance(first, Scalar) or first.verbatim != first.span.start:
        return None  # in quotes, if it is text at all
    if _OPENED_TYPE.search(first.text) is None:
        return None
    pieces = [first.text]
    depth = first.text.count("<") - first.text.count(">")
    for piece in texts[following : following + _MOST_PIECES]:
        if depth <= 0 or piece is None:
            break
        pieces.append(piece)
        depth += piece.count("<") - piece.count(">")
    return pieces if depth == 0 and len(pieces) > 1 else None


def _split_diagnostic(first: Node, pieces: list[str]) -> Diagnostic:
    return Diagnostic(
        "unquoted-comma",
        f"the comma ends the type after {quoted(pieces[0])}",
        first.span,
        help=f"inside brackets and braces, put it in quotes: {quoted(', '.join(pieces))}",
    )
