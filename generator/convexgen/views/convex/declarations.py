"""How the functions of an entity are declared, begin and fail."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.entities import Entity, Visibility
from convexgen.views.convex.typescript import INDENT, WIDTH, call, statement, string


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of an exported function."""

    text: str
    level: int
    """Of the statements in its handler."""

    @property
    def margin(self) -> str:
        """Of all lines after the beginning, which takes two where the name is long."""
        return INDENT * (self.level - 2)


def registrar(kind: str, visibility: Visibility) -> str:
    """`query` for everybody, `internalQuery` for holders of a deploy key."""
    return kind if visibility is Visibility.PUBLIC else f"internal{kind.capitalize()}"


def opening(name: str, kind: str, visibility: Visibility) -> Opening:
    """The beginning of the function of that name."""
    head, tail = f"export const {name} =", f"{registrar(kind, visibility)}({{"
    if len(head) + 1 + len(tail) > WIDTH:
        return Opening(f"{head}\n{INDENT}{tail}", 3)
    return Opening(f"{head} {tail}", 2)


def requirement(entity: Entity, operation: str, visibility: Visibility, level: int = 2) -> str:
    """The statement that checks who calls, with its line end; nothing where a key is needed."""
    if visibility is not Visibility.PUBLIC:
        return ""
    return statement(level, call("requireAccess", [string(entity.table), string(operation)]), ";\n")


def failure(level: int, function: str, entity: Entity, *arguments: str) -> str:
    """The statement that throws an error about an entity, which tells the key."""
    return statement(level, "throw ", call(function, [string(entity.name), "key", *arguments]), ";")
