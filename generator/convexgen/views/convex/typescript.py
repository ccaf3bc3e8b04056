"""TypeScript, written the way prettier writes it: 80 columns, two spaces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from convexgen.facts.text import visible, wrap
from convexgen.guards import is_list, is_mapping
from convexgen.model.entities import Entity
from convexgen.model.types import Field
from convexgen.views.layout import (
    SOFT_LINE,
    Document,
    FirstFitting,
    Group,
    Indent,
    Line,
    bracketed,
    hard,
    join,
    print_document,
)

WIDTH = 80
INDENT = "  "


def render(document: Document, level: int = 0, *, trailing: int = 0) -> str:
    """The text of a document at an indentation level; `trailing` columns are kept free."""
    return print_document(document, width=WIDTH, indent=INDENT, level=level, trailing=trailing)


def string(value: str) -> str:
    """A string literal, in the quotes that need fewer escapes, as prettier chooses them."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    body = visible(json.dumps(value, ensure_ascii=False)[1:-1])
    if value.count('"') > value.count("'"):
        return "'" + body.replace('\\"', '"').replace("'", "\\'") + "'"
    return '"' + body + '"'


def number(value: float) -> str:
    """A number literal, as prettier writes it."""
    text = repr(value)
    if "e" in text:
        return text.replace("e+", "e").replace("e0", "e").replace("e-0", "e-").replace(".0e", "e")
    return text.removesuffix(".0")


def plain_value(value: object, *, bigint: bool = False, constant: bool = False) -> Document:
    """A literal of plain data; `constant` keeps the types of the values as narrow as they are."""
    suffix = " as const" if constant else ""
    if isinstance(value, str):
        return string(value) + suffix
    if is_list(value):
        return array([plain_value(one, bigint=bigint, constant=constant) for one in value])
    if is_mapping(value):
        return object_literal(
            [
                entry(property_name(key), plain_value(one, bigint=bigint, constant=constant))
                for key, one in value.items()
            ]
        )
    if value is None:
        return "null"
    if isinstance(value, bool):
        return ("true" if value else "false") + suffix
    if isinstance(value, int | float):
        return f"{number(value)}{'n' if bigint else ''}{suffix}"
    raise TypeError(f"{type(value).__name__} is no plain data")


def property_name(key: str) -> str:
    """The name of a property, in quotes where it needs them."""
    return key if key.replace("$", "_").isidentifier() else string(key)


def comment_lines(text: str | None, level: int) -> list[str]:
    """The lines of a JSDoc comment, without the margin of their level."""
    if text is None or not text.strip():
        return []
    margin = len(INDENT) * level
    lines = [line.replace("*/", "*\\/") for line in wrap(text, WIDTH - margin - 3)]
    if len(lines) == 1 and margin + len(lines[0]) + 7 <= WIDTH:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def comment(text: str | None, level: int = 0) -> str:
    """A JSDoc comment with its line end, or nothing where there is no text."""
    return "".join(f"{INDENT * level}{line}\n" for line in comment_lines(text, level))


def documentation(documented: Field | Entity) -> str | None:
    """The text of a JSDoc comment: what something is, and that it is deprecated."""
    if documented.deprecated is None:
        return documented.description
    return f"{documented.description or ''}\n@deprecated {documented.deprecated}".strip()


def call(function: str, arguments: Sequence[Document]) -> Document:
    """A call: on one line, or with each argument on its own."""
    return bracketed(f"{function}(", arguments, ")")


def call_with_array(function: str, first: str, items: Sequence[Document]) -> Document:
    """A call of two arguments whose array breaks before the call does."""
    flat = (f"{function}({first}, ", array(items), ")")
    hugging = (f"{function}({first}, ", bracketed("[", items, "]", broken=True), ")")
    return FirstFitting((Group(flat), hugging, _broken_call(function, (first, array(items)))))


def call_with_object(
    function: str, first: Sequence[str], properties: Sequence[Document], *, broken: bool = False
) -> Document:
    """A call whose last argument, an object, breaks before the call does."""
    head = f"{function}({', '.join(first)}, "
    literal = object_literal(properties, broken=broken)
    return FirstFitting(
        (
            Group((head, literal, ")")),
            (head, object_literal(properties, broken=True), ")"),
            _broken_call(function, (*first, literal)),
        )
    )


def call_with_arrow(function: str, first: str, parameter: str, body: Document) -> Document:
    """A call of two arguments whose arrow function moves its body down before the call breaks."""
    flat = f"({parameter}) => "
    hugging = hard((f"({parameter}) =>", Indent((Line(), body)), ",", SOFT_LINE))
    return FirstFitting(
        (
            Group((f"{function}({first}, ", flat, body, ")")),
            (f"{function}({first}, ", hugging, ")"),
            _broken_call(function, (first, (f"({parameter}) =>", Group(Indent((Line(), body)))))),
        )
    )


def call_with_block(
    function: str, first: str, parameter: str, statements: Sequence[Document]
) -> Document:
    """A call of two arguments, the second an arrow function with a block."""
    block = (
        f"({parameter}) => ",
        hard(("{", Indent(tuple((SOFT_LINE, one) for one in statements)), SOFT_LINE, "}")),
    )
    return FirstFitting(
        ((f"{function}({first}, ", block, ")"), _broken_call(function, (first, block)))
    )


def conditional(condition: Document, consequence: Document) -> Document:
    """`if (…) …;` without braces, its consequence on the next line where it does not fit."""
    test = Group(("if (", Indent((SOFT_LINE, condition)), SOFT_LINE, ")"))
    return Group((test, Indent((Line(), consequence))))


def is_not(expression: str, value: str) -> Document:
    """`expression !== value`, broken after the operator where it does not fit."""
    return Group((f"{expression} !==", Line(), value))


def block_opening(keyword: str, condition: Document) -> Document:
    """`keyword (…) {`, the condition on lines of its own where it does not fit."""
    return Group((f"{keyword} (", Indent((SOFT_LINE, condition)), SOFT_LINE, ") {"))


def _broken_call(function: str, arguments: Sequence[Document]) -> Document:
    return bracketed(f"{function}(", arguments, ")", broken=True)


def array(items: Sequence[Document]) -> Document:
    """An array literal."""
    return bracketed("[", items, "]")


def object_literal(properties: Sequence[Document], *, broken: bool = False) -> Document:
    """An object literal; `broken` puts each property on its own line, which prettier keeps."""
    return bracketed("{", properties, "}", padding=" ", broken=broken)


def member_chain(head: Document, calls: Sequence[Document]) -> Document:
    """A chain of calls, each on its own line: what prettier does from the third call on."""
    return hard((head, Indent(tuple((SOFT_LINE, call_) for call_ in calls))))


def equal(names: Sequence[str], source: str) -> Document:
    """The range of an index in which fields are equal to those of `source`."""
    return equal_to_each([(name, f"{source}.{name}") for name in names])


def equal_to_each(fields: Sequence[tuple[str, Document]]) -> Document:
    """The range of an index in which each field is equal to a value."""
    calls = [call(".eq", [string(name), value]) for name, value in fields]
    return ("q", *calls) if len(calls) < 2 else short_chain("q", calls)


def short_chain(head: Document, calls: Sequence[Document]) -> Document:
    """A chain of two calls: on one line where it fits."""
    return Group((head, Indent(tuple((SOFT_LINE, call_) for call_ in calls))))


def statement(level: int, *parts: Document) -> str:
    """A statement at an indentation level."""
    return render(parts, level)


def assignment(target: str, value: Document) -> Document:
    """`target = value;`"""
    return (_assigned(f"{target} =", value), ";")


def constant(name: str, value: Document) -> str:
    """`const name = value;` of a module."""
    return statement(0, assignment(f"const {name}", value))


def entry(name: str, value: Document) -> Document:
    """A property of an object: `name: value`."""
    return _assigned(f"{name}:", value)


def _assigned(target: str, value: Document) -> Document:
    """A value moves to a line of its own if not even its beginning fits behind its name."""
    below = hard((target, Indent((Line(), value))))
    return FirstFitting(((target, " ", value), below))


def imports(
    module: str,
    names: Iterable[str],
    *,
    default: str | None = None,
    types_only: bool = False,
) -> str:
    """An import of names, sorted without regard to case; `type ` may stand before a name."""
    ordered = sorted(names, key=lambda name: name.removeprefix("type ").casefold())
    parts: list[Document] = [default] if default else []
    if len(ordered) == 1 and default is None:
        # prettier leaves a single name on the line, however long.
        parts.append(f"{{ {ordered[0]} }}")
    elif ordered:
        parts.append(object_literal(ordered))
    keyword = "import type " if types_only else "import "
    return render((keyword, join(", ", parts), f" from {string(module)};"))
