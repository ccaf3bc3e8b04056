"""Small specs in projects, for tests of what commands do with files."""

from __future__ import annotations

from pathlib import Path

from project import Project

FOLDERS = "convex: {{directory: convex/{0}}}\npython: {{package: {0}_convex}}\n" + (
    "typescript: {{directory: generated/{0}}}\n"
)


def small_spec(name: str, *tables: str, more: str = "") -> str:
    """A spec with a table or several."""
    entities = "".join(
        f"  {table.title()}:\n    table: {table}\n    key: id_\n    fields: {{id_: string}}\n"
        for table in tables or ("sales",)
    )
    return f"convexgen: 1\nname: {name}\n{more}entities:\n{entities}"


def apart(name: str, *tables: str) -> str:
    """A spec with folders of its own."""
    return small_spec(name, *tables, more=FOLDERS.format(name))


def project_of(folder: Path, **specs: str) -> Project:
    """A project with specs in `schema/`, by the names of their files."""
    for name, text in specs.items():
        put(folder, f"schema/{name}.yaml", text)
    return Project(folder)


def put(folder: Path, path: str, text: str) -> Path:
    """Write a text file."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def expect(project: Project, *arguments: str, code: int = 0) -> str:
    """Run a command that ends with a code; what it says on standard error."""
    finished = project.convexgen(*arguments)
    assert finished.returncode == code, finished.stdout + finished.stderr
    return finished.stderr
