"""TypeScript expressions that a module has to import something for: checks and codecs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.facts.code import Code
from convexgen.facts.typescript_text import array, object_literal, string


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, and the functions that it names."""

    code: Code
    imports: frozenset[str]


def named(function: str) -> Expression:
    """A function by its name."""
    return Expression(Code(function), frozenset({function}))


def called(function: str, *arguments: Code) -> Expression:
    """A call of a function."""
    return Expression(Code(f"{function}({', '.join(arguments)})"), frozenset({function}))


def around(function: str, inner: Expression | None, *before: Code) -> Expression | None:
    """A call of a function with another expression, and some arguments before it; None of None."""
    if inner is None:
        return None
    outer = called(function, *before, inner.code)
    return Expression(outer.code, outer.imports | inner.imports)


def all_of(function: str, found: Iterable[Expression | None]) -> Expression | None:
    """A call of a function with those that there are; one alone is left as it is."""
    some = [one for one in found if one is not None]
    if len(some) < 2:
        return some[0] if some else None
    outer = called(function, *(one.code for one in some))
    return Expression(outer.code, outer.imports.union(*(one.imports for one in some)))


def by_field(function: str, found: Iterable[tuple[str, Expression | None]]) -> Expression | None:
    """A call of a function with an object of those that there are, by the names of their fields."""
    some = [(name, one) for name, one in found if one is not None]
    if not some:
        return None
    outer = called(function, object_literal((name, one.code) for name, one in some))
    return Expression(outer.code, outer.imports.union(*(one.imports for _, one in some)))


def by_tag(
    function: str, tag: str, values: Iterable[str], inner: Expression | None
) -> Expression | None:
    """What is said of an object whose tag has one of some values."""
    return around(function, inner, string(tag), array(string(value) for value in values))
