"""Names and paths in YAML, and in files that list patterns of paths."""

from __future__ import annotations

import json
import re

from convexgen.facts.code import Code

_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_NO_STRING = re.compile(r"(?:true|false|null|yes|no|on|off|y|n|~|\.inf|\.nan)", re.IGNORECASE)
_NO_PATH = re.compile(r"[^\w./-]")


def scalar(text: str) -> Code:
    """A scalar of YAML for a name or a path, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and not _NO_STRING.fullmatch(text):
        return Code(text)
    return Code(json.dumps(text, ensure_ascii=False))


def glob(path: str) -> Code:
    """A path as a pattern of gitignore; a question mark stands for each character that may mean
    something, which no way of escaping keeps in all tools that read such files.
    """
    return Code(_NO_PATH.sub("?", path))
