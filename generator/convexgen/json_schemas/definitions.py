"""The classes of a bundle as data, from the syntax tree that another generator made.

Types stay expressions of Python, of few kinds: names, None, alternatives with `|`, and names with
arguments in brackets. Whatever the tree has besides classes and aliases is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object."""

    name: str
    """In the JSON."""
    key: str
    """In the tree: two properties of a class may have the same."""
    type: ast.expr
    constraints: tuple[ast.keyword, ...]
    """The arguments of `Field`."""
    default: ast.expr | None
    description: str | None

    @property
    def deprecated(self) -> bool:
        """Whether the schema says that it is."""
        return any(one.arg == "deprecated" for one in self.constraints)


@dataclass(frozen=True, slots=True)
class ObjectDefinition:
    """A class: an object of known properties."""

    name: str
    bases: tuple[str, ...]
    """The classes whose properties it has too."""
    properties: tuple[Property, ...]
    others: ast.expr | None
    """The type of properties of any other name; None where the schema names none."""
    description: str | None


@dataclass(frozen=True, slots=True)
class AliasDefinition:
    """A name for another type."""

    name: str
    type: ast.expr
    constraints: tuple[ast.keyword, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """All classes and aliases, none before the bases that it has."""

    all: tuple[ObjectDefinition | AliasDefinition, ...]
    imported: Mapping[str, tuple[str, str]]
    """What types name besides: each with its module and its name there."""


def definitions(tree: ast.Module, base: str) -> Definitions:
    """What the tree defines; `base` is the class that all classes come from."""
    found: list[ObjectDefinition | AliasDefinition] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found.append(_object(node, base))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            found.append(_alias(node, node.value))
    return Definitions(tuple(found), dict(_imported(tree)))


def alternatives(type_: ast.expr) -> list[ast.expr]:
    """The types of which a value has one."""
    match type_:
        case ast.BinOp(left, ast.BitOr(), right):
            return [*alternatives(left), *alternatives(right)]
        case _:
            return [type_]


def annotated(type_: ast.expr) -> tuple[ast.expr, tuple[ast.keyword, ...]]:
    """The type in an `Annotated[type, Field(…)]`, and the arguments of the field."""
    match type_:
        case ast.Subscript(ast.Name("Annotated"), ast.Tuple([inner, ast.Call(keywords=arguments)])):
            return inner, tuple(arguments)
        case _:
            return type_, ()


def _object(node: ast.ClassDef, base: str) -> ObjectDefinition:
    bases = [ast.unparse(one) for one in node.bases]
    return ObjectDefinition(
        node.name,
        tuple(one for one in bases if one != base),
        tuple(_properties(node)),
        _others(node),
        _text(ast.get_docstring(node)),
    )


def _properties(node: ast.ClassDef) -> Iterator[Property]:
    keys: set[str] = set()
    for position, statement in enumerate(node.body):
        if not isinstance(statement, ast.AnnAssign):
            continue
        type_, constraints = annotated(_type(statement.annotation))
        name = key = ast.unparse(statement.target)
        number = 1
        while key in keys:
            number += 1
            key = f"{name} {number}"
        keys.add(key)
        for argument in constraints:
            if argument.arg == "alias" and isinstance(argument.value, ast.Constant):
                name = str(argument.value.value)
        description = _text_after(node, position)
        yield Property(name, key, type_, constraints, statement.value, description)


def _others(node: ast.ClassDef) -> ast.expr | None:
    """The type of further properties.

    The class has `model_config = ConfigDict(extra="allow")` and, where they have a type of their
    own, `__annotations__ = {"__pydantic_extra__": Dict[str, …]}`.
    """
    found: ast.expr | None = None
    for statement in node.body:
        match statement:
            case ast.Assign([ast.Name("model_config")], ast.Call(keywords=options)) if any(
                option.arg == "extra" and ast.unparse(option.value) == "'allow'"
                for option in options
            ):
                found = found or ast.Name("Any")
            case ast.Assign(
                [ast.Name("__annotations__")],
                ast.Dict(_, [ast.Subscript(_, ast.Tuple([_, value]))]),
            ):
                found = _type(value)
            case _:
                pass
    return found


def _alias(node: ast.Assign, made: ast.Call) -> AliasDefinition:
    """`Names = TypeAliasType("Names", list[str])`."""
    (target,) = node.targets
    name = ast.unparse(target)
    type_, constraints = annotated(_type(made.args[1]))
    if isinstance(type_, ast.Name) and type_.id == "list":
        # What a list of itself is written as.
        type_ = ast.Subscript(type_, ast.Name(name))
    return AliasDefinition(name, type_, constraints)


def _type(node: ast.expr) -> ast.expr:
    """A type without quotes around names of what comes later, its alternatives between `|`."""
    match node:
        case ast.Constant(str() as text):
            return _type(ast.parse(text, mode="eval").body)
        case ast.Subscript(ast.Name("Literal")):
            return node
        case ast.Subscript(ast.Name("Optional"), inner):
            return _either([_type(inner), ast.Constant(None)])
        case ast.Subscript(ast.Name("Union"), ast.Tuple(members)):
            return _either([_type(one) for one in members])
        case ast.Subscript(name, ast.Tuple(arguments)):
            return ast.Subscript(name, ast.Tuple([_type(one) for one in arguments]))
        case ast.Subscript(name, argument):
            return ast.Subscript(name, _type(argument))
        case ast.BinOp(left, operator, right):
            return ast.BinOp(_type(left), operator, _type(right))
        case _:
            return node


def _either(types: list[ast.expr]) -> ast.expr:
    return reduce(lambda left, right: ast.BinOp(left, ast.BitOr(), right), types)


def _imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


def _text_after(node: ast.ClassDef, position: int) -> str | None:
    """The docstring of a field: the text that follows it."""
    match node.body[position + 1 : position + 2]:
        case [ast.Expr(ast.Constant(str() as text))]:
            return _text(text)
        case _:
            return None


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None
