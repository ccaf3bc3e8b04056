"""The codes of diagnostics: every one that the tool can report, and no other.

A code is kebab-case and stable. The file of its name in `convexgen/explanations` says what it
demands and why, with an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias, TypeGuard, get_args


class Severity(StrEnum):
    """An error stops everything that follows, a warning does not, and `lint` alone shows notes."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


ErrorCode: TypeAlias = Literal[
    "absent-result",
    "access-leak",
    "access-rule",
    "ambiguous-union",
    "anchors-not-allowed",
    "client-code",
    "colliding-name",
    "constraint-needs-type",
    "constraint-value",
    "contradicting-options",
    "contradiction",
    "cyclic-include",
    "cyclic-object",
    "cyclic-ref",
    "declared-twice",
    "default-value",
    "derived-field",
    "directory",
    "document-nesting",
    "duplicate-enum-value",
    "duplicate-field",
    "duplicate-index",
    "duplicate-key",
    "duplicate-table",
    "duplicate-union-member",
    "empty-file",
    "empty-range",
    "enum-value-not-text",
    "fixed-severity",
    "forbidden-character",
    "function-argument",
    "function-code",
    "function-collision",
    "function-module",
    "function-path",
    "function-spec",
    "given-needs-set",
    "idempotent-query",
    "include",
    "index-field-type",
    "index-too-long",
    "invalid-name",
    "invalid-value",
    "json-schema",
    "keep-option",
    "key-field",
    "key-not-text",
    "key-options",
    "large-option",
    "literal-value",
    "merge-keys-not-allowed",
    "merge-needs-entries",
    "missing-key",
    "missing-value",
    "name-too-long",
    "needs-key",
    "nesting-too-deep",
    "no-index-for-query",
    "no-index-for-retention",
    "no-index-for-rule",
    "not-a-mapping",
    "not-supported-yet",
    "not-utf-8",
    "one-document",
    "option-needs-ref",
    "order-by-fixed-field",
    "order-without-field",
    "pattern-dialect",
    "python-package",
    "record-key-type",
    "ref-fields",
    "ref-to-composite-key",
    "related-entity",
    "renamed-from",
    "reserved-name",
    "retention-option",
    "revision-needs-integer",
    "rows-option",
    "set-needs-timestamp",
    "tags-not-allowed",
    "too-few",
    "too-many-fields",
    "too-many-filters",
    "too-many-indexes",
    "too-many-tables",
    "touch-needs-timestamp",
    "type-syntax",
    "unique-fields",
    "union-tag",
    "unknown-entity",
    "unknown-field",
    "unknown-key",
    "unknown-type",
    "unknown-value",
    "unknown-version",
    "unquoted-comma",
    "value-nesting",
    "variant-options",
    "where-field",
    "wrong-shape",
    "yaml-syntax",
]
"""Of what cannot be read, generated or deployed."""

WarningCode: TypeAlias = Literal[
    "circular-id",
    "empty-object",
    "enum-value",
    "many-indexes",
    "redundant-index",
    "search-field-type",
    "unused-type",
]
"""Of what works, and is better done otherwise."""

NoteCode: TypeAlias = Literal["unbounded-list", "unsafe-integer"]
"""Of what may well be meant so, and is worth a look."""

AdviceCode: TypeAlias = WarningCode | NoteCode

Code: TypeAlias = ErrorCode | AdviceCode

ADVICE: Final[dict[AdviceCode, Severity]] = {
    **dict.fromkeys(get_args(WarningCode), Severity.WARNING),
    **dict.fromkeys(get_args(NoteCode), Severity.NOTE),
}
"""How grave each advice is, unless a spec says otherwise."""

Severities: TypeAlias = Mapping[AdviceCode, Severity | None]
"""How grave each advice is to a spec; None is for advice that is not wanted."""

CODES: Final[tuple[Code, ...]] = tuple(sorted((*get_args(ErrorCode), *ADVICE)))
"""All codes, in alphabetical order."""


def is_code(text: str) -> TypeGuard[Code]:
    """Whether a text is a code."""
    return text in CODES


def is_advice(code: str) -> TypeGuard[AdviceCode]:
    """Whether a code is one of advice."""
    return code in ADVICE


def default_severity(code: Code) -> Severity:
    """How grave what the code is about is, unless a spec says otherwise."""
    return ADVICE[code] if is_advice(code) else Severity.ERROR
