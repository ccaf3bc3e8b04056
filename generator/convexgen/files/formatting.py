"""Telling what a formatter did to files from what a person did."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import replace

from convexgen.files.compare import Difference, Drift
from convexgen.files.line_ends import with_plain_ends
from convexgen.formatting.format import FormattingFailed, is_typescript, lay_out_alike

# What formatters add and remove. Only what is the same without it is looked at more closely.
_LAYOUT = re.compile(rb"[\s;,()\\\"'`|]+")


def explain_formatting(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences; what looks edited and is but laid out otherwise is told from what is edited.

    Of Python, that is what means the same, with the same comments; of TypeScript, what our
    formatter lays out alike. Another order of imports is an edit. Raises `FormatterMissing`, and
    OSError where temporary files cannot be written.
    """
    similar = [
        one
        for one in differences
        if one.drift is Drift.EDITED and _bare(one.current) == _bare(one.rendered)
    ]
    reformatted = {one.path for one in similar if one.path.endswith(".py") and _is_same_python(one)}
    reformatted |= _same_typescript([one for one in similar if is_typescript(one.path)])
    return tuple(
        replace(one, drift=Drift.REFORMATTED) if one.path in reformatted else one
        for one in differences
    )


def _bare(text: bytes) -> bytes:
    return _LAYOUT.sub(b"", text)


def _same_typescript(differences: Sequence[Difference]) -> set[str]:
    """The paths of the files that are laid out alike."""
    rendered = {one.path: one.rendered for one in differences}
    current = {one.path: with_plain_ends(one.current) for one in differences}
    try:
        expected, found = _laid_out(rendered), _laid_out(current)
    except (FormattingFailed, UnicodeDecodeError):
        # One of the files is no code any more.
        if len(differences) == 1:
            return set()
        return {path for one in differences for path in _same_typescript([one])}
    return {path for path in expected if expected[path] == found[path]}


def _laid_out(texts: Mapping[str, bytes]) -> dict[str, str]:
    return lay_out_alike({path: text.decode() for path, text in texts.items()}) if texts else {}


def _is_same_python(difference: Difference) -> bool:
    try:
        current, rendered = difference.current.decode(), difference.rendered.decode()
        return _meaning(current) == _meaning(rendered) and _comments(current) == _comments(rendered)
    except (SyntaxError, ValueError):
        return False


def _meaning(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        # Formatters indent docstrings with the code around them.
        match node:
            case ast.Expr(value=ast.Constant(value=str(documentation)) as constant):
                constant.value = inspect.cleandoc(documentation)
            case _:
                pass
    return ast.dump(tree)


def _comments(text: str) -> list[str]:
    """The comments, without the white space around them and after their marks."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        re.sub(r"^(#+)\s*", r"\1", token.string.strip())
        for token in tokens
        if token.type == tokenize.COMMENT
    ]
