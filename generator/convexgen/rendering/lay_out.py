"""Drafts into the bytes of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from convexgen.formatting.format import OPTIONS, format_texts, is_formatted
from convexgen.rendering.draft import Draft


def digest(draft: Draft) -> str:
    """Tells drafts apart: half of a SHA-256, in hexadecimal. Equal ones are laid out equally."""
    content = "\0".join((OPTIONS, str(draft.is_copied), draft.header, draft.text))
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:32]


def lay_out(drafts: Mapping[str, Draft], laid_out: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files by their paths; those that are `laid_out` already are not formatted again.

    Raises `FormatterMissing` and `FormattingFailed`.
    """
    texts = {
        path: draft.text
        for path, draft in drafts.items()
        if path not in laid_out and is_formatted(path) and not draft.is_copied
    }
    formatted = format_texts(texts) if texts else {}
    return {
        path: laid_out[path]
        if path in laid_out
        else draft.with_header(formatted.get(path, draft.text)).encode("utf-8")
        for path, draft in drafts.items()
    }
