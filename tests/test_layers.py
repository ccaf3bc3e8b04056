"""Imports point one way: down the pipeline, and never up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from convexgen.files.manifest import SOURCES
from project import ROOT

PACKAGE = ROOT / "generator" / "convexgen"

# What each part may import of the tool, besides itself. The pipeline is
# source → spec → resolving (into a model) → rules → views → templates → files.
ALLOWED: dict[str, set[str]] = {
    "diagnostics": set(),
    "source": {"diagnostics", "naming", "packs"},
    "spec": {"diagnostics", "guards", "naming", "source"},
    "explanations": {"diagnostics"},
    "guards": set(),
    "naming": set(),
    "packs": set(),
    "patterns": set(),
    "json_schemas": {"guards", "naming", "source"},
    "model": {"naming", "patterns"},
    "resolving": {
        "diagnostics",
        "guards",
        "json_schemas",
        "model",
        "naming",
        "patterns",
        "source",
        "spec",
    },
    "rules": {"diagnostics", "model", "naming", "packs", "source", "spec"},
    "frontend": {"diagnostics", "model", "resolving", "rules", "source", "spec"},
    # The runtime encodes a default of the spec just as it encodes values.
    "facts": {"guards", "json_schemas", "model", "naming", "patterns", "runtime"},
    "views": {"facts", "guards", "json_schemas", "model", "naming", "patterns", "runtime"},
    "formatting": set(),
    "rendering": {"facts", "formatting", "json_schemas", "model", "views"},
    "files": {"guards", "packs"},
    "embedded": set(),
    "runtime": set(),
    "testing": {"embedded"},
    "cli": {
        "diagnostics",
        "embedded",
        "explanations",
        "files",
        "formatting",
        "frontend",
        "guards",
        "json_schemas",
        "model",
        "packs",
        "rendering",
        "spec",
    },
    "__main__": {"cli"},
}


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(module: Path) -> set[str]:
    """The parts of the tool that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("convexgen.")}
    return found


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_point_down(part: str) -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if part_of(path) == part]
    assert modules
    for module in modules:
        assert imported_parts(module) <= ALLOWED[part] | {part}, module


def test_every_part_has_its_place() -> None:
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")}
    assert parts - {"__init__"} == set(ALLOWED)


def test_the_runtime_stands_alone() -> None:
    """It is copied into other packages, so it may not even name this one."""
    for module in (PACKAGE / "runtime").glob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        absolute = [
            node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level == 0
        ]
        assert not [name for name in absolute if name.startswith("convexgen")], module


def test_the_manifest_covers_what_the_output_depends_on() -> None:
    """A change of any of these makes `generate` run again, instead of answering from hashes."""
    needed = {"frontend", "rendering", "runtime"}
    while True:
        found = needed.union(
            *(
                imported_parts(module)
                for part in needed
                for module in PACKAGE.rglob("*.py")
                if part_of(module) == part
            )
        )
        if found == needed:
            break
        needed = found
    # How problems are printed changes no file.
    assert needed - {"diagnostics"} == {source.removesuffix(".py") for source in SOURCES}
