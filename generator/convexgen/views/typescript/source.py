"""What the modules of the client print besides what all TypeScript does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.naming import JAVASCRIPT_WORDS
from convexgen.views.convex.typescript import render
from convexgen.views.layout import SOFT_LINE, Document, Group, IfBroken, Indent, Line, join

_OPTIONS = ("cursor", "limit", "order", "pageSize")


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method of a store."""

    comment: str
    signature: str
    body: str


def option_name(field: str) -> str:
    """The option for a field; with an underscore after the names of other options."""
    return f"{field}_" if field in _OPTIONS else field


def object_type(properties: Sequence[Document]) -> Document:
    """The type of an object, on one line where it fits."""
    inner = join((";", Line()), properties)
    return Group(("{", Indent((Line(), inner, IfBroken(";"))), Line(), "}"))


def signature(name: str, parameters: Sequence[Document], result: Document) -> str:
    """The head of a method, up to its opening brace.

    What is too long breaks the parameters first, though it be the result.
    """
    given: Document = ""
    if parameters:
        listed = join((",", Line()), parameters)
        given = (Indent((SOFT_LINE, listed)), IfBroken(","), SOFT_LINE)
    return render(Group((f"{name}(", given, "): ", result, " {")), 1)


def parameter_name(field: str, own: Sequence[str]) -> str:
    """A parameter for a field; with an underscore after words and what the method has itself."""
    return f"{field}_" if field in JAVASCRIPT_WORDS or field in own else field
