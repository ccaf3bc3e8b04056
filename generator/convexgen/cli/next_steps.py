"""What `init` says that there is to do after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from convexgen.cli.roots import SPEC_FOLDER

_COMMITTED = (
    "generated/",
    ".convexgen/",
    "package.json",
    "package-lock.json",
    ".gitattributes",
    ".gitignore",
    ".prettierignore",
)
_NOT_COMMITTED = {
    ".env.local": {".env.local", ".env*", ".env.*", ".env*.local", "*.local"},
    "node_modules/": {"node_modules"},
}
"""Each with the lines of a .gitignore that leave it out."""


@dataclass(frozen=True, slots=True)
class NewSpec:
    """What a new spec prints."""

    name: str
    package: str
    is_beside: bool
    """Whether the project has functions already."""
    functions: str
    """The folder of all functions."""
    directory: str
    """The folder of those that are generated."""
    file: str
    """Where it lies in the project."""
    is_second: bool
    """Whether the project has another spec already."""
    is_schema_own: bool
    """Whether nobody has to write one first that has the tables of all specs."""


def next_steps(directory: Path, view: NewSpec, packages: Sequence[str]) -> str:
    """What to do, and how programs find what is generated.

    `packages` are those of Node.js that the package.json of the project lacks.
    """
    steps = [] if directory.resolve() == Path.cwd() else [f"cd {directory}"]
    folder = PurePosixPath(view.file).parent
    generate = f"convexgen generate {folder}" if view.is_second else "convexgen generate"
    steps.append(f"edit {view.file}")
    # That of the other spec takes away the schema that it no longer gives.
    steps += [generate] if view.is_schema_own else ["convexgen generate", generate]
    if view.is_beside:
        schema = f"{view.functions}/schema.ts"
        steps.append(
            (
                f"spread its tables in {schema}: "
                if view.is_schema_own
                else f"write {schema}, with the tables of all specs: "
            )
            + f'import {view.name} from "./{view.name}/schema" and '
            f"defineSchema({{ ...{view.name}.tables, … }})"
        )
    steps.append(" ".join(["npm install", *(["--save-dev", *packages] if packages else [])]))
    steps.append("convexgen dev --watch")
    committed = (f"{SPEC_FOLDER}/", f"{view.functions}/", *_COMMITTED)
    steps.append(f"commit {', '.join(committed)}, not {' or '.join(_NOT_COMMITTED)}")
    missing = _not_ignored(directory)
    if missing:
        steps[-1] += f": add {' and '.join(missing)} to .gitignore"
    listed = "".join(f"\n  {number}. {step}" for number, step in enumerate(steps, 1))
    return f"Next:{listed}\n\n{_imports(view)}"


def _imports(view: NewSpec) -> str:
    """How programs find what is generated."""
    return f"""\
In Python, from {view.package} import ConvexStorage, where generated/python is
  on the path of Python:  PYTHONPATH=generated/python
  on that of pytest:      pythonpath = ["generated/python"] under [tool.pytest.ini_options]
  on that of mypy:        mypy_path = "generated/python" under [tool.mypy]
  or installed:           pyproject: true under python in the spec, then
                          pip install ./generated/python
A service without this tool needs pydantic, httptools and websockets, and truststore on macOS
and Windows: the last way has them."""


def _not_ignored(directory: Path) -> list[str]:
    """What must not be committed, and is not in .gitignore."""
    try:
        lines = (directory / ".gitignore").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return list(_NOT_COMMITTED)
    patterns = {line.strip().strip("/") for line in lines}
    return [name for name, known in _NOT_COMMITTED.items() if not patterns & known]
