"""Functions that somebody wrote by hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from convexgen.model.types import Field


class FunctionKind(StrEnum):
    """What a function is to Convex."""

    QUERY = "query"
    MUTATION = "mutation"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class CopiedModule:
    """A module of functions that comes with the spec, and is copied into the directory."""

    name: str
    """With the folders that lead to it from the directory."""
    file: str
    """The one beside the spec, by its path in the project; `pack:` and its path for a pack's."""
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function that somebody wrote by hand, which the client calls."""

    path: str
    """As Convex has it: `reports:weekly`, or `reports` for a default export.

    In a module that is copied or generated, from the directory on: see `System.path_of`.
    """
    kind: FunctionKind
    arguments: tuple[Field, ...]
    input: Field | None
    """Stands for all arguments at once, where they are no object of known fields. Called `input`,
    as the spec calls it."""
    result: Field
    """Called `returns`, as the spec calls it."""
    idempotent: bool
    """It may run twice, and so be repeated."""
    positional: bool = False
    """Clients take the arguments by position: those that may be left out are the last ones."""
    description: str | None = None
    is_generated: bool = False
    """Whether nobody wrote it: it is one of those for users."""

    @property
    def whole(self) -> tuple[Field, ...]:
        """The input, if there is one, and the result."""
        return (self.result,) if self.input is None else (self.input, self.result)

    @property
    def module(self) -> str:
        """The module, with the folders that lead to it."""
        return self.path.partition(":")[0]

    @property
    def name(self) -> str:
        """The name in the module; that of the module for a default export."""
        module, _, name = self.path.partition(":")
        return module.rpartition("/")[2] if name in {"", "default"} else name

    @property
    def method(self) -> str:
        """What clients call it: in a class, an underscore at the start means that it is private."""
        return self.name.lstrip("_")
