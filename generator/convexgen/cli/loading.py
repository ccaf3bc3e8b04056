"""A spec loaded from its project; and its problems, with the files as messages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convexgen.cli.project import FoundSpec, shown
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.span import Span
from convexgen.frontend import Loaded, load_bytes
from convexgen.packs import PACK


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with a spec, and the texts of its files by the names that messages show."""

    diagnostics: Sequence[Diagnostic]
    texts: Mapping[str, str]


def load(found: FoundSpec, content: bytes) -> Loaded:
    """The spec; its files are called by their paths in the project, wherever a command runs."""
    return load_bytes(content, found.name, found.read_included, found.beside)


def problems(loaded: Loaded, root: Path) -> Problems:
    """What is wrong, with the files by their paths from the current folder."""
    diagnostics = loaded.diagnostics
    texts = loaded.source.texts
    if root == Path():
        return Problems(diagnostics, texts)
    return Problems(
        [_from_here(one, root) for one in diagnostics],
        {_shown(name, root): text for name, text in texts.items()},
    )


def _from_here(diagnostic: Diagnostic, root: Path) -> Diagnostic:
    return replace(
        diagnostic,
        span=placed(diagnostic.span, root),
        related=tuple(replace(one, span=placed(one.span, root)) for one in diagnostic.related),
    )


def placed(span: Span, root: Path) -> Span:
    """The span, with its file by its path from the current folder."""
    return span._replace(file=_shown(span.file, root))


def _shown(name: str, root: Path) -> str:
    return name if name.startswith(PACK) else shown(root / name)
