"""Where a spec names its parts, as words of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.diagnostics.span import Position, Span
from convexgen.renaming.targets import (
    CannotRename,
    EntityTarget,
    FieldTarget,
    IndexTarget,
    Target,
    ValueTarget,
)
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence

_FORMS = ("type", "list", "record", "object", "union")
_NO_NAMES = r"\"[^\"]*\"|'[^']*'|json\([^()]*\)"
"""What names stand in that are none of a type: literals, and paths of files."""


def words_of(target: Target, root: Mapping) -> Iterator[Span]:
    """Wherever a spec names something, its declaration included. Raises CannotRename."""
    match target:
        case EntityTarget(name):
            yield from _of_entity(name, root)
        case FieldTarget(entity, name):
            yield from _of_field(entity, name, root)
        case IndexTarget(entity, group, name):
            yield _key(_child(_entity(root, entity), group, name))
        case ValueTarget(enum, name):
            yield from _of_value(enum, name, root)


# Entities


def _of_entity(name: str, root: Mapping) -> Iterator[Span]:
    yield _key(_child(root, "entities", name))
    for scalar in _all_types(root):
        yield from _in_expression(scalar, name)
    for entity in _values(_at(root, "entities")):
        for one in _values(_at(entity, "refs")):
            yield from _whole(_at(one, "ref"), name)
        for one in _values(_at(entity, "related")):
            yield from _whole(_at(one, "entity"), name)
    yield from _whole(_at(root, "identity", "members", "entity"), name)


def _all_types(root: Mapping) -> Iterator[Scalar]:
    """The texts of all types."""
    for shape in _values(_at(root, "objects")):
        for field in _values(shape):
            yield from _types(field)
    for entity in _values(_at(root, "entities")):
        yield from _types_of_entity(entity)
    for function in _values(_at(root, "functions")):
        for argument in _values(_at(function, "args")):
            yield from _types(argument)
        for key in ("input", "returns"):
            yield from _types(_at(function, key))


def _types_of_entity(entity: Node) -> Iterator[Scalar]:
    for field in _values(_at(entity, "fields")):
        yield from _types(field)
    for variant in _values(_at(entity, "union")):
        yield from _types(variant)


def _types(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        forms = [node.entries[key].value for key in _FORMS if key in node.entries]
        # Of a record, the types of keys and values.
        forms += [node.entries[key].value for key in ("keys", "values") if key in node.entries]
        for form in forms:
            is_type = isinstance(form, Scalar) or "object" not in node.entries
            yield from _types(form) if is_type else _each_type(form)
    elif isinstance(node, Sequence):
        yield from _each_type(node)


def _each_type(node: Node) -> Iterator[Scalar]:
    for one in _values(node):
        yield from _types(one)


# Fields


def _of_field(entity: str, name: str, root: Mapping) -> Iterator[Span]:
    own = _entity(root, entity)
    declared = [
        fields[name]
        for fields in (_entries(_at(own, "fields")), *map(_variant, _values(_at(own, "union"))))
        if name in fields
    ]
    objects = _entries(_at(root, "objects"))
    named = [_text(one) or _text(_at(one, "type")) for one in _values(_at(own, "union"))]
    if not declared or any(
        one in objects and name in _entries(objects[one].value) for one in named
    ):
        raise CannotRename(
            f"{quoted(name)} is a field of a named object: rename it there, and say renamedFrom"
        )
    for entry in declared:
        yield _key(entry)
    for scalar in _names_of_fields(own):
        yield from _first(scalar, name)
    refs = _entries(_at(own, "refs"))
    for one in _values(_at(own, "related")):
        if _at(one, "entity") is None and name not in refs:
            yield from _first(one if isinstance(one, Scalar) else _at(one, "by"), name)
    for condition in _conditions(own):
        if condition.name == name:
            yield _key(condition)
    yield from _named_elsewhere(entity, name, root)


def _variant(node: Node) -> dict[str, Entry]:
    return _entries(_at(node, "object"))


def _names_of_fields(entity: Node) -> Iterator[Scalar]:
    """What an entity says of its own fields, by their names or by paths that start with them."""
    for key in ("key", "unique", "tag"):
        yield from _scalars(_at(entity, key))
    for index in _values(_at(entity, "indexes")):
        yield from _scalars(index if isinstance(index, Sequence) else _at(index, "fields"))
    for query in _values(_at(entity, "queries")):
        for path in (("by",), ("order",), ("where",), ("windows", "across")):
            yield from _scalars(_at(query, *path))
    for group, key in (("searchIndexes", "search"), ("vectorIndexes", "vector")):
        for index in _values(_at(entity, group)):
            yield from _scalars(_at(index, key))
            yield from _scalars(_at(index, "filter"))
    for one in _values(_at(entity, "refs")):
        yield from _scalars(_at(one, "fields"))
    for path in (("retention", "on"), ("access", "owner"), ("access", "tenant")):
        yield from _scalars(_at(entity, *path))
    variants = [field for one in _values(_at(entity, "union")) for field in _variant(one).values()]
    fields = [*_values(_at(entity, "fields")), *(entry.value for entry in variants)]
    for field in fields:
        yield from _scalars(_at(field, "from"))


def _conditions(entity: Node) -> Iterator[Entry]:
    """The values that rules of access compare, of an entity and of its fields, by their names."""
    rules = [_at(entity, "access"), *(_at(one, "access") for one in _values(_at(entity, "fields")))]
    waiting = [one for one in rules if one is not None]
    while waiting:
        one = waiting.pop()
        for entry in _entries(one).values():
            if entry.name == "where":
                yield from _entries(entry.value).values()
        waiting.extend(_values(one))


def _named_elsewhere(entity: str, name: str, root: Mapping) -> Iterator[Span]:
    for other in _values(_at(root, "entities")):
        for one in _values(_at(other, "related")):
            if _text(_at(one, "entity")) == entity:
                yield from _whole(_at(one, "by"), name)
        for one in _values(_at(other, "refs")):
            if _text(_at(one, "ref")) == entity:
                yield from _whole(_at(one, "touch"), name)
        for field in _values(_at(other, "fields")):
            if any(True for one in _types(field) for _ in _in_expression(one, entity)):
                yield from _whole(_at(field, "touch"), name)
    members = _at(root, "identity", "members")
    if _text(_at(members, "entity")) == entity:
        yield from _whole(_at(members, "by"), name)
        for key in ("tenant", "roles"):
            yield from _whole(_at(root, "identity", key), name)


# Values of enums


def _of_value(enum: str, name: str, root: Mapping) -> Iterator[Span]:
    declared = _at(root, "enums", enum)
    listed = declared if isinstance(declared, Sequence) else _at(declared, "values")
    for scalar in _scalars(listed):
        yield from _whole(scalar, name)
    for entity in _values(_at(root, "entities")):
        entries = [_entries(_at(entity, "fields")), *map(_variant, _values(_at(entity, "union")))]
        typed = {
            field: entry
            for fields in entries
            for field, entry in fields.items()
            if any(True for one in _types(entry.value) for _ in _in_expression(one, enum))
        }
        for entry in typed.values():
            for scalar in _scalars(_at(entry.value, "default")):
                yield from _whole(scalar, name)
        for condition in _conditions(entity):
            if condition.name in typed:
                yield from _whole(condition.value, name)


# Words


def _in_expression(scalar: Scalar, name: str) -> Iterator[Span]:
    """A name in the text of a type, wherever it is one."""
    for found in re.finditer(rf"{_NO_NAMES}|\b({re.escape(name)})\b", scalar.text):
        if found[1] is not None:
            yield _word(scalar, found.start(1), len(name))


def _first(node: Node | None, name: str) -> Iterator[Span]:
    """A name that a text is, or that a path or an order starts with."""
    if isinstance(node, Scalar):
        found = re.match(rf"\s*({re.escape(name)})(?=[.\s]|$)", node.text)
        if found is not None:
            yield _word(node, found.start(1), len(name))


def _whole(node: Node | None, name: str) -> Iterator[Span]:
    if isinstance(node, Scalar) and node.text == name:
        yield _word(node, 0, len(name))


def _key(entry: Entry) -> Span:
    return _word(entry.key, 0, len(entry.key.text))


def _word(scalar: Scalar, offset: int, length: int) -> Span:
    if scalar.verbatim is None:
        place = scalar.span.start
        raise CannotRename(
            f"{scalar.span.file}:{place.line}:{place.column} names it in text of several lines, or "
            "with escapes: write that plainly first"
        )
    line, column = scalar.verbatim
    start = Position(line, column + offset)
    return Span(start, Position(line, column + offset + length), scalar.span.file)


# Nodes


def _entity(root: Mapping, name: str) -> Node:
    return _child(root, "entities", name).value


def _child(node: Node, *names: str) -> Entry:
    entry = _entries(_at(node, *names[:-1])).get(names[-1])
    if entry is None:
        raise CannotRename(f"{quoted(names[-1])} is not declared by its name")
    return entry


def _at(node: Node | None, *names: str) -> Node | None:
    for name in names:
        entry = _entries(node).get(name)
        node = None if entry is None else entry.value
    return node


def _entries(node: Node | None) -> dict[str, Entry]:
    return dict(node.entries) if isinstance(node, Mapping) else {}


def _values(node: Node | None) -> list[Node]:
    if isinstance(node, Sequence):
        return list(node.items)
    return [entry.value for entry in _entries(node).values()]


def _scalars(node: Node | None) -> Iterator[Scalar]:
    """A text, or those of lists in each other."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None
