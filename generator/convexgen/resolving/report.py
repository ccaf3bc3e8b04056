"""The problems of the resolving passes."""

from __future__ import annotations

from convexgen.diagnostics.codes import Code
from convexgen.diagnostics.diagnostic import Diagnostic, Related
from convexgen.diagnostics.span import Span
from convexgen.source.nodes import Path
from convexgen.source.source import Part, Source


class Report:
    """Collects problems, placed in the source, and the parts that stay unresolved by them."""

    def __init__(self, source: Source, unresolved: frozenset[Path]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.unresolved = set(unresolved)
        self._source = source

    def silent(self) -> Report:
        """A report on the same source, for a pass whose problems another one reports."""
        return Report(self._source, frozenset())

    def has_unresolved(self, path: Path) -> bool:
        """Whether the part at the path, or a part of it, is unresolved."""
        return any(unresolved[: len(path)] == path for unresolved in self.unresolved)

    def file_of(self, path: Path) -> str:
        """The name of the file that has the part at the path."""
        return self._source.span(path, Part.VALUE).file

    def is_included(self, path: Path) -> bool:
        """Whether the part at the path is of a file that the spec includes."""
        return self.file_of(path) != self._source.name

    def error(
        self,
        code: Code,
        message: str,
        path: Path,
        *,
        part: Part = Part.VALUE,
        advice: str | None = None,
        related: tuple[tuple[str, Path], ...] = (),
    ) -> None:
        """A problem of the part of the spec at the path."""
        span = self._source.span(path, part)
        places = tuple(Related(text, self._source.span(place, Part.KEY)) for text, place in related)
        self._add(code, message, span, advice, places)

    def word_error(
        self,
        code: Code,
        message: str,
        path: Path,
        *,
        offset: int,
        length: int,
        advice: str | None = None,
    ) -> None:
        """A problem of some characters of the scalar at the path."""
        self._add(code, message, self._source.word_span(path, offset, length), advice, ())

    def _add(
        self, code: Code, message: str, span: Span, advice: str | None, related: tuple[Related, ...]
    ) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, help=advice, related=related))
