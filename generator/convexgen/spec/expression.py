"""Type expressions: `list<string>`, `record<string, int64 | null>`, `ref<Thread>?`.

expression = union ["?"]
union      = atom {"|" atom}
atom       = name ["<" union {"," union} ">"] | "(" union ")" | constant
           | "json(" file ["#" pointer] ")"
constant   = "true" | "false" | number | integer "n" | text in single or double quotes
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn, TypeAlias

from convexgen.diagnostics.display import is_hidden, quoted

MAXIMUM_DEPTH = 32
"""Brackets within brackets; a document in Convex has 16 levels."""

_TOKEN = re.compile(
    r"""[ \t\r\n]+
    |(?P<constant>
        (?: true | false | -?[0-9]+n | -?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)? )
        (?![A-Za-z0-9_.])
        | "[^"]*" | '[^']*' )
    |(?P<schema>json\([^()]*\))
    |(?P<word>[A-Za-z0-9_]+)
    |(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A type by its name, with the types it is applied to."""

    text: str
    offset: int
    """Where it starts in the expression, in characters."""
    arguments: tuple[Expression, ...] = ()
    opened: str = ""
    """The bracket after the name, if there is one."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The type of a single value, as it is written: `true`, `1.5`, `5n`, `"a"`."""

    text: str
    offset: int
    """Where it starts in the expression, in characters."""


@dataclass(frozen=True, slots=True)
class SchemaReference:
    """JSON that fits a JSON Schema, by the file and the fragment behind its `#`."""

    file: str
    fragment: str
    offset: int
    """Where it starts in the expression, in characters."""
    length: int


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Types of which the value has one."""

    members: tuple[Expression, ...]


Expression: TypeAlias = Name | Constant | SchemaReference | Alternatives


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression, and whether it ends in `?`."""

    expression: Expression
    optional: bool


class ExpressionError(Exception):
    """Text that is not a type expression; says where, and what to do."""

    def __init__(self, message: str, offset: int, length: int, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.advice = advice


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    offset: int
    is_word: bool
    is_constant: bool = False
    is_schema: bool = False


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Parsed:
    """The expression in a text. Raises ExpressionError."""
    return _Parser(text).parse()


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(
            match.group(),
            match.start(),
            match.lastgroup == "word",
            match.lastgroup == "constant",
            match.lastgroup == "schema",
        )
        for match in _TOKEN.finditer(text)
        if match.lastgroup is not None
    ]


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._end = _Token("", len(text.rstrip()), False)
        self._next = 0
        self._depth = 0

    def parse(self) -> Parsed:
        expression = self._union()
        optional = self._accept("?")
        if self._peek() is not self._end:
            self._fail_at_rest(optional)
        return Parsed(expression, optional)

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end

    def _accept(self, text: str) -> bool:
        if self._peek().text != text:
            return False
        self._next += 1
        return True

    def _union(self) -> Expression:
        members = [self._atom()]
        while self._accept("|"):
            members.append(self._atom())
        return members[0] if len(members) == 1 else Alternatives(tuple(members))

    def _atom(self) -> Expression:
        token = self._peek()
        if token.text == "(":
            self._next += 1
            inner = self._nested(token)
            self._close(token, ")")
            return inner
        if token.is_constant:
            self._next += 1
            return Constant(token.text, token.offset)
        if token.is_schema:
            self._next += 1
            return _schema_reference(token)
        if not token.is_word:
            self._fail(token, "a type is missing here")
        self._next += 1
        opening = self._peek()
        if opening.text == "<":
            self._next += 1
            arguments = [self._nested(opening)]
            while self._accept(","):
                arguments.append(self._nested(opening))
            self._close(opening, ">")
            return Name(token.text, token.offset, tuple(arguments), "<")
        if opening.text == "(":
            if token.text == "json":
                self._fail(opening, '"(" is never closed', 'add a ")"')
            self._fail(token, f'"(" does not follow {quoted(token.text)}')
        return Name(token.text, token.offset)

    def _nested(self, opening: _Token) -> Expression:
        if self._depth == MAXIMUM_DEPTH:
            self._fail(opening, f"types are nested more than {MAXIMUM_DEPTH} deep")
        self._depth += 1
        inner = self._union()
        self._depth -= 1
        return inner

    def _close(self, opening: _Token, closing: str) -> None:
        if self._accept(closing):
            return
        token = self._peek()
        if token is self._end:
            self._fail(opening, f"{quoted(opening.text)} is never closed", f'add a "{closing}"')
        if token.text == "?":
            self._fail(token, *_MISPLACED_QUESTION)
        self._fail(token, f'expected "{closing}", found {quoted(token.text)}')

    def _fail_at_rest(self, optional: bool) -> NoReturn:
        token = self._peek()
        if token.text == "[":
            self._fail(token, 'a list is not written with "[]"', "write list<…>")
        if optional:
            question = self._tokens[self._next - 1]
            self._fail(question, *_MISPLACED_QUESTION)
        if token.text in {">", ")"}:
            self._fail(token, f"{quoted(token.text)} closes nothing", "remove it")
        if token.text == ",":
            self._fail(token, 'a "," stands between the types in brackets only')
        if token.is_word or token.is_constant or token.is_schema:
            self._fail(
                token,
                f"{quoted(token.text)} follows a type",
                'put "|" between the types of a union',
            )
        self._fail(token, f"{quoted(token.text)} has no place in a type")

    def _fail(self, token: _Token, message: str, advice: str | None = None) -> NoReturn:
        is_other = token.is_word or token.is_constant or token.is_schema
        is_sign = token is not self._end and not is_other
        if is_sign and is_hidden(token.text):
            message, advice = f"the character {quoted(token.text)} has no place in a type", None
        raise ExpressionError(message, token.offset, len(token.text), advice)


def _schema_reference(token: _Token) -> SchemaReference:
    inner = token.text.removeprefix("json(").removesuffix(")").strip()
    file, _, fragment = inner.partition("#")
    if not file:
        raise ExpressionError(
            "the file of the JSON Schema is missing",
            token.offset,
            len(token.text),
            "such as json(chat.schema.json#/$defs/Message)",
        )
    return SchemaReference(file, fragment, token.offset, len(token.text))


_MISPLACED_QUESTION = (
    '"?" stands at the end of the whole type only',
    "only a field can be absent; an element that may be null is written | null",
)
