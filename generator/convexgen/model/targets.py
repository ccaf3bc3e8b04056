"""What is generated, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.naming import functions_folder


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """Where the Python package goes."""

    package: str
    directory: str
    """The folder that holds the package, relative to the project, with forward slashes."""
    is_installable: bool = False
    """Whether there is a pyproject.toml beside it."""
    has_aliases: bool = False
    """Whether the fields of models have the names of the spec as aliases."""
    has_testing: bool = False
    """Whether there is a suite for pytest beside it, where there are functions for users."""


@dataclass(frozen=True, slots=True)
class TypeScriptTarget:
    """Where the TypeScript client goes."""

    directory: str
    """The folder of its `index.ts`, relative to the project, with forward slashes."""
    has_testing: bool = False
    """Whether there is a fixture for vitest beside it."""
    has_react: bool = False
    """Whether there are hooks of React beside it."""


@dataclass(frozen=True, slots=True)
class ConvexTarget:
    """Where the Convex functions go."""

    directory: str
    """Relative to the project, with forward slashes.

    The root of the functions, or a folder below it, whose tables join a schema that somebody else
    wrote.
    """
    functions: str | None = None
    """That root, where the spec names it, relative to the project."""
    has_validation: bool = True
    """Whether Convex refuses documents that are not as the schema says."""
    schema_is_theirs: bool = False
    """Whether that schema has the tables of this spec too, written by hand."""
    crons_are_theirs: bool = False
    """Whether cron jobs written by hand delete what is kept no longer."""

    @property
    def path(self) -> tuple[str, ...]:
        """The folders from the root of the functions down to the directory; none for the root."""
        return functions_folder(self.directory, self.functions)

    @property
    def root(self) -> str:
        """The root of the functions, relative to the project."""
        parts = self.directory.split("/")
        return "/".join(parts[: len(parts) - len(self.path)])
