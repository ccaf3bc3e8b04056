"""Rules on the spec as a whole: where its output goes, and how much of it there is."""

from __future__ import annotations

import keyword
import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from convexgen.diagnostics.display import quoted
from convexgen.model.system import System
from convexgen.reserved import DEVICE_NAMES, IMPORTED_PACKAGES
from convexgen.rules.limits import IDENTIFIER_LENGTH, TABLES
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_FUNCTION_FOLDER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def check_package(system: System) -> Iterator[Finding]:
    """A Python package that cannot be imported, or takes the place of another."""
    if system.python is None:
        return
    package = system.python.package
    problem: str | None = None
    if not package.isascii() or not package.isidentifier():
        problem = "is no name of a Python package"
    elif keyword.iskeyword(package):
        problem = "is a word of Python"
    elif package in sys.stdlib_module_names:
        problem = "is a module of Python itself"
    elif package in IMPORTED_PACKAGES:
        problem = "is a package that the generated one uses"
    elif package.startswith("_"):
        problem = "starts with _, as private names do"
    if problem is not None:
        yield Finding(
            f"{quoted(package)} {problem}",
            ("python", "package"),
            advice="small letters, digits and _, such as mastra_convex",
        )


def check_directories(system: System) -> Iterator[Finding]:
    """Folders outside of the project, or that not every system can have."""
    folders: tuple[tuple[str, Path], ...] = (
        (system.convex.directory, ("convex", "directory")),
        *(
            [(system.convex.functions, ("convex", "functions"))]
            if system.convex.functions is not None
            else []
        ),
        *(
            [(system.python.directory, ("python", "directory"))]
            if system.python is not None
            else []
        ),
        *(
            [(system.typescript.directory, ("typescript", "directory"))]
            if system.typescript is not None
            else []
        ),
    )
    for folder, path in folders:
        problem = _directory_problem(folder)
        if problem is not None:
            yield Finding(
                f"{quoted(folder)} {problem}",
                path,
                advice="a path inside the project with forward slashes, such as generated/python",
            )


def _directory_problem(folder: str) -> str | None:
    if folder.startswith("/") or re.match(r"[A-Za-z]:", folder):
        return "is an absolute path"
    names = folder.split("/")
    plain = posixpath.normpath(folder)
    if plain.split("/")[0] == "..":
        return "leads out of the project"
    if ".." in names:
        return f"goes up and down: it is {quoted(plain)}"
    for name in names:
        if _FOLDER.fullmatch(name) is None or name.endswith("."):
            return "is not a path of names of letters, digits, _, - and ."
        if name.split(".")[0].lower() in DEVICE_NAMES:
            return f"has a part {quoted(name)}, which Windows has no folders of"
    return None


def check_function_folders(system: System) -> Iterator[Finding]:
    """Folders below the root of the functions whose modules Convex refuses, or passes over.

    The root itself has the schema that Convex reads.
    """
    directory, functions = system.convex.directory, system.convex.functions
    if functions is not None and not f"{directory}/".startswith(f"{functions}/"):
        yield Finding(
            f"{quoted(directory)} is not in {quoted(functions)}, the folder of all functions",
            ("convex", "directory"),
            advice=f"choose a folder there, such as {functions}/shop",
        )
    if system.convex.schema_is_theirs and not system.convex.path:
        yield Finding(
            "the schema is theirs, and here is where the spec has its own written",
            ("convex", "directory"),
            advice="choose a folder below theirs, such as convex/shop",
        )
    for name in system.convex.path:
        problem: str | None = None
        if _FUNCTION_FOLDER.fullmatch(name) is None:
            problem = "is not a name of letters, digits and _ that starts with a letter"
        elif len(name) > IDENTIFIER_LENGTH:
            problem = f"has more than {IDENTIFIER_LENGTH} characters"
        elif name == "actions" and system.convex.path[0] == name:
            problem = "is for actions that run in Node"
        if problem is not None and _directory_problem(system.convex.directory) is None:
            yield Finding(
                f"Convex takes no functions from the folder {quoted(name)}: it {problem}",
                ("convex", "directory"),
                advice="choose another folder, such as convex/shop",
            )


@dataclass(frozen=True, slots=True)
class _Output:
    """A folder that the tool fills, and what it is filled with."""

    what: str
    path: Path
    parts: tuple[str, ...]

    def holds(self, other: _Output) -> bool:
        return other.parts[: len(self.parts)] == self.parts


def _outputs(system: System) -> Iterator[_Output]:
    folders: list[tuple[str, str, str]] = []
    if system.entities:
        folders.append(("the Convex functions", "convex", system.convex.directory))
    if system.python is not None:
        package = f"{system.python.directory}/{system.python.package}"
        folders.append(("the Python package", "python", package))
    if system.typescript is not None:
        folders.append(("the TypeScript client", "typescript", system.typescript.directory))
    for what, key, folder in folders:
        # Some file systems know no capitals.
        yield _Output(what, (key, "directory"), tuple(folder.casefold().split("/")))


def check_overlap(system: System) -> Iterator[Finding]:
    """A folder of output in another."""
    for first, second in combinations(_outputs(system), 2):
        for inner, outer in ((second, first), (first, second)):
            if outer.holds(inner):
                verb = "are" if inner.what.endswith("s") else "is"
                yield Finding(
                    f"{inner.what} {verb} in the folder of {outer.what}",
                    second.path,
                    advice="put them into folders of their own",
                )
                break


def check_table_number(system: System) -> Iterator[Finding]:
    """More tables than a deployment can have."""
    tables = len(system.entities) + system.has_large_fields
    if tables > TABLES:
        chunks = ", one of them for large values" if system.has_large_fields else ""
        yield Finding(
            f"there are {tables} tables{chunks}, and Convex allows {TABLES}",
            ("entities",),
            Part.KEY,
        )


RULES = (
    Rule("python-package", check_package),
    Rule("directory", check_directories),
    Rule("directory", check_function_folders),
    Rule("directory", check_overlap),
    Rule("too-many-tables", check_table_number),
)
