"""Imports point one way: down the pipeline, and never up."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Set
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from convexgen.files.manifest import SOURCES
from project import ROOT

PACKAGE = ROOT / "generator" / "convexgen"

# What each part may import of the tool, besides itself. The pipeline is
# source → spec → resolving (into a model) → rules → facts → templates → files.
ALLOWED: dict[str, set[str]] = {
    "diagnostics": set(),
    "source": {"diagnostics", "naming", "packs"},
    "spec": {"diagnostics", "guards", "naming", "source"},
    "explanations": {"diagnostics"},
    "guards": set(),
    "naming": set(),
    "packs": set(),
    "caches": set(),
    "patterns": set(),
    "pattern_matching": set(),
    "drawn_text": {"pattern_matching"},
    "json_schemas": {"caches", "guards", "naming", "source"},
    "reserved": {"naming"},
    "model": {"naming", "patterns", "reserved"},
    "resolving": {
        "diagnostics",
        "guards",
        "json_schemas",
        "model",
        "naming",
        "packs",
        "pattern_matching",
        "patterns",
        "reserved",
        "source",
        "spec",
    },
    "changes": {"diagnostics", "model", "rules", "source"},
    "rules": {"diagnostics", "model", "naming", "packs", "reserved", "source", "spec"},
    "frontend": {"diagnostics", "model", "resolving", "rules", "source", "spec"},
    # The runtime encodes a default of the spec just as it encodes values.
    "facts": {"drawn_text", "guards", "json_schemas", "model", "naming", "patterns", "runtime"},
    "formatting": set(),
    "rendering": {"facts", "formatting", "json_schemas", "model"},
    # The tool reads `.env.local` just as clients do.
    "files": {"caches", "formatting", "guards", "packs", "runtime"},
    "embedded": set(),
    # It finds the deployment just as clients do.
    "deployed": {"diagnostics", "guards", "runtime"},
    # It says nothing that a limit of Convex is against.
    # What it changes in a text, an import changes in the same way.
    "renaming": {"diagnostics", "importing", "model", "packs", "source", "spec"},
    "importing": {
        "diagnostics",
        "guards",
        "json_schemas",
        "model",
        "naming",
        "patterns",
        "reserved",
        "rules",
        "source",
    },
    "runtime": set(),
    "testing": {"drawn_text", "embedded", "files", "guards"},
    "data": {"files"},
    "cli": {
        "changes",
        "data",
        "deployed",
        "diagnostics",
        "embedded",
        "explanations",
        "files",
        "formatting",
        "frontend",
        "guards",
        "importing",
        "json_schemas",
        "model",
        "packs",
        "renaming",
        "rendering",
        "reserved",
        "source",
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


def imported_modules(module: Path) -> set[Path]:
    """The modules of the tool that a module imports, wherever in it and for types alone too."""
    here = module.relative_to(PACKAGE.parent).with_suffix("").parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) + 1 - node.level] if node.level else ()
            name = ".".join((*above, *([node.module] if node.module else ())))
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
    files = {PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py") for name in found}
    return {file for file in files if file.is_file()}


@pytest.mark.parametrize("target", ["convex", "python", "typescript"])
def test_no_target_is_a_library_of_another(target: str) -> None:
    """Facts of one target take nothing of those of another."""
    for module in (PACKAGE / "facts" / target).rglob("*.py"):
        folders = {one.relative_to(PACKAGE).parts[:2] for one in imported_modules(module)}
        targets = {folder[1] for folder in folders if folder[0] == "facts"}
        assert not targets & ({"convex", "python", "typescript"} - {target}), module


# Of types too, which in JavaScript stand in comments.
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}/[^"]+)\.m?js\"""")


def imported_scripts(module: Path) -> set[Path]:
    """The modules of JavaScript or TypeScript that one imports, for types alone too."""
    text = module.read_text(encoding="utf-8")
    files = {(module.parent / path).with_suffix(module.suffix) for path in IMPORTED.findall(text)}
    return {file.resolve() for file in files if file.is_file()}


@pytest.mark.parametrize(
    "text",
    [
        'import { a } from "./a.mjs";',
        'import {\n  a,\n  b,\n} from "./a.mjs";',
        'import "./a.mjs";',
        'export { a } from "./a.mjs";',
        'const a = await import(\n  "./a.mjs"\n);',
        '/** @typedef {import("./a.mjs").A} A */',
        'import type { A } from "./a.js";',
    ],
)
def test_imports_of_scripts_are_found(text: str) -> None:
    assert IMPORTED.findall(text) == ["./a"]


def expect_no_circle(imports: Mapping[Path, Set[Path]]) -> None:
    assert sum(map(len, imports.values())) > len(imports) / 2
    TopologicalSorter(imports).prepare()  # which names the circle that it finds


def test_no_modules_import_each_other() -> None:
    expect_no_circle({module: imported_modules(module) for module in PACKAGE.rglob("*.py")})


@pytest.mark.parametrize("folder", ["convex", "generated/typescript"])
def test_no_generated_modules_import_each_other(folder: str) -> None:
    scripts = [path.resolve() for path in (ROOT / folder).rglob("*.ts")]
    expect_no_circle({script: imported_scripts(script) for script in scripts})


# The embedded server

SERVER = PACKAGE / "embedded" / "server"

FOLDERS = (
    "values",
    "errors",
    "log",
    "clock",
    "randomness",
    "refusals",
    "database",
    "calls",
    "jobs",
    "push",
    "identity",
    "isolate",
    "project",
    "persistence",
    "functions",
    "control",
    "threads",
    "protocol",
    "worker",
    "reader",
    "printFunctionSpec",
    "printSchema",
    "main",
)
"""Each imports of those before it alone: the folders of the server, and the modules beside them."""


def server_part(module: Path) -> str:
    return module.relative_to(SERVER).parts[0].removesuffix(".mjs")


def test_every_folder_of_the_server_has_its_place() -> None:
    assert {server_part(path) for path in SERVER.rglob("*.mjs")} == set(FOLDERS)


@pytest.mark.parametrize("part", FOLDERS)
def test_the_server_imports_one_way(part: str) -> None:
    allowed = {*FOLDERS[: FOLDERS.index(part)], part}
    for module in SERVER.rglob("*.mjs"):
        if server_part(module) == part:
            assert {server_part(one) for one in imported_scripts(module)} <= allowed, module


def test_no_modules_of_the_server_import_each_other() -> None:
    modules = [path.resolve() for path in SERVER.rglob("*.mjs")]
    expect_no_circle({module: imported_scripts(module) for module in modules})
