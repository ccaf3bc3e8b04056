"""What the modules of the client print besides what all TypeScript does."""

from __future__ import annotations

from collections.abc import Sequence

from convexgen.naming import JAVASCRIPT_WORDS
from convexgen.views.convex.typescript import render
from convexgen.views.layout import Document, bracketed


def signature(name: str, parameters: Sequence[Document], result: Document) -> str:
    """The head of a method, up to its opening brace."""
    return render((bracketed(f"{name}(", parameters, ")"), ": ", result, " {"), 1)


def parameter_name(field: str, own: Sequence[str]) -> str:
    """A parameter for a field; with an underscore after words and what the method has itself."""
    return f"{field}_" if field in JAVASCRIPT_WORDS or field in own else field
