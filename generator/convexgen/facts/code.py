"""Text that may stand in code.

A template prints nothing but `Code`: text of a spec that no filter has made code is an error when
it is rendered, not an injection when the output runs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

Code = Markup
"""What may be printed as it is. Jinja's own type for it, so that what macros give is Code too."""

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_PATH = re.compile(rf"{_IDENTIFIER.pattern}(\.{_IDENTIFIER.pattern})*", re.ASCII)


class UnescapedText(TypeError):
    """A template prints text as if it were code."""

    def __init__(self, value: object) -> None:
        super().__init__(f"{value!r} needs a filter: ts, py, jsdoc, docstring or name")


@lru_cache(maxsize=10_000)
def identifier(name: str) -> Code:
    """A name, which has been checked to be one, in TypeScript and in Python.

    Raises `UnescapedText`.
    """
    if _IDENTIFIER.fullmatch(name) is None:
        raise UnescapedText(name)
    return Code(name)


@lru_cache(maxsize=10_000)
def column(name: str) -> Code:
    """What an index is over: a name, or a path of names, to stand in text of TypeScript.

    Raises `UnescapedText`.
    """
    if _PATH.fullmatch(name) is None:
        raise UnescapedText(name)
    return Code(name)
