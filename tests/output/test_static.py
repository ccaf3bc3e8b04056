"""No checker finds anything: in the tool, in what it generates, in the examples."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from convexgen.formatting.formatters import formatter
from project import ROOT, make_project, node_tool, run, runtime_texts, tsc

CASES = {path.parent.name: path for path in (ROOT / "tests/cases").glob("good-*/spec.yaml")}
OWN = "mastra"
"""The project that is this repository's own: what takes long to check is checked where it is, which
`test_generation` holds to be what its spec gives."""
PACKS = tuple(path.stem for path in sorted((ROOT / "packs").glob("*.yaml")))
"""A pack that this repository's own project has not."""
EVERYTHING = "good-everything"
"""It uses every option: `test_kitchen_sink` holds that."""
LONG_NAMES = "good-long-names"
"""Names have no place to break at: a line of several long ones is long."""
WITHOUT_FUNCTIONS = {"good-functions-alone"}
WITHOUT_PACKAGE = {"good-convex-alone"}

# A suppression in generated code would make the checks below mean nothing. Formatters are told to
# leave it alone: what they would make of it is checked without these lines.
DIRECTIVES = ("# fmt: off\n", "# isort: skip_file\n")
SUPPRESSIONS = ("eslint-disable", "@ts-", "prettier-ignore", "type: ignore", "noqa", "pyright:")

OXFMT = [formatter("oxfmt"), "--config", ROOT / ".oxfmtrc.json", "--check"]

OWN_PYTHON = ("generator", "generated/python", "examples", "tests", "bench")


def expect_nothing(
    command: list[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    finished = run(command, folder, environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def python_tool(name: str) -> list[str | Path]:
    return [sys.executable, "-m", name]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project for each good spec, of which everything is generated.

    Each checker is run once for all of them: to start it costs as much as to check several specs.
    """
    root = tmp_path_factory.mktemp("static")
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    others = {OWN: ROOT / "schema/mastra.yaml"}
    others |= {pack: ROOT / f"packs/{pack}.yaml" for pack in PACKS}
    for name, spec in {**CASES, **others}.items():
        make_project(root / name, spec).generate()
    return root


def packages(generated: Path) -> dict[str, Path]:
    """The Python packages, by the projects; each has another name."""
    found = {path.relative_to(generated).parts[0]: path.parent for path in generated.glob(RUNTIMES)}
    assert set(found) == {OWN, *PACKS, *CASES} - WITHOUT_PACKAGE
    assert len({package.name for package in found.values()}) == len(found)
    return found


RUNTIMES = "*/generated/python/*/_runtime"
RUNTIME = ROOT / "generated" / "python" / "mastra_convex" / "_runtime"
"""The copy that the checkers see: they would find the same in every other."""


def test_functions(generated: Path) -> None:
    """tsc with stricter options is in `test_compiler_options`, with those of Convex here."""
    configuration = json.loads((ROOT / "convex" / "tsconfig.json").read_text())
    schemas = [
        path
        # Each by itself, since a glob goes into a link that it begins with.
        for project in (OWN, *PACKS, *CASES)
        for path in (generated / project).glob("**/schema.ts")
        if "convex" in path.parts
    ]
    folders = [path.parent.relative_to(generated).as_posix() for path in schemas]
    assert {folder.split("/")[0] for folder in folders} == {OWN, *PACKS, *CASES} - WITHOUT_FUNCTIONS
    folders = [folder for folder in folders if folder.split("/")[0] != OWN]
    configuration["include"] = [f"{folder}/**/*" for folder in folders]
    configuration["exclude"] = [f"{folder}/_generated" for folder in folders]
    (generated / "tsconfig.json").write_text(json.dumps(configuration))
    configuration["include"] = [f"{one}/**/*" for one in folders if one.startswith(EVERYTHING)]
    (generated / "tsconfig.everything.json").write_text(json.dumps(configuration))
    expect_nothing([*tsc(), "--project", "tsconfig.everything.json"], generated)
    shutil.copy(ROOT / "eslint.config.js", generated)
    expect_nothing([node_tool("eslint"), "--max-warnings", "0", *folders], generated)


def test_packages(generated: Path) -> None:
    found = packages(generated)
    ruff = [*python_tool("ruff"), "check"]
    for configuration in ("", 'line-length = 120\nlint.select = ["ALL"]\n'):
        options = [] if configuration else ["--config", ROOT / "pyproject.toml"]
        (generated / "ruff.toml").write_text(configuration)
        others = [package for name, package in found.items() if name != LONG_NAMES]
        expect_nothing([*ruff, *options, *others], generated)
        expect_nothing([*ruff, *options, "--ignore", "E501", found[LONG_NAMES]], generated)
    (generated / "ruff.toml").unlink()
    # The runtime of each is the same, as it should be, and judged in this repository's package.
    del found[OWN]
    runtimes = [package / "_runtime" for package in found.values()]
    for runtime in runtimes:
        assert runtime_texts(runtime) == runtime_texts(RUNTIME)
    named = [word for package in found.values() for word in ("--package", package.name)]
    roots = os.pathsep.join(str(package.parent) for package in found.values())
    environment = {**os.environ, "MYPYPATH": roots}
    parts = ["[mypy]", "strict = true"]
    for runtime in runtimes:
        parts += [f"[mypy-{runtime.parent.name}._runtime.*]", "ignore_errors = true"]
    (generated / "mypy.ini").write_text("\n".join(parts))
    expect_nothing([*python_tool("mypy"), *named], generated, environment)
    (generated / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": [path.relative_to(generated).as_posix() for path in found.values()],
                "exclude": [path.relative_to(generated).as_posix() for path in runtimes],
                "typeCheckingMode": "strict",
                "pythonVersion": "3.11",
            }
        )
    )
    expect_nothing([node_tool("pyright"), "--pythonpath", sys.executable], generated)


def test_suppressions(generated: Path) -> None:
    written = [
        Path(folder, name)
        for folder, folders, names in os.walk(generated)  # which follows no links, as globs do
        for name in names
        if name.endswith((".py", ".ts", ".js")) and Path(folder) != generated
    ]
    assert len(written) > 20 * len(CASES)
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in SUPPRESSIONS if word in text], path


def without_directives(folder: Path, copy: Path) -> Path:
    """A copy of a Python package that formatters take as any other code."""
    shutil.copytree(folder, copy / folder.name, ignore=shutil.ignore_patterns(".*"))
    for path in (copy / folder.name).rglob("*.py"):
        text = path.read_text()
        for directive in DIRECTIVES:
            assert text.count(directive) == 1, path
            text = text.replace(directive, "")
        if text.startswith("# Copied by convexgen from "):
            path.unlink()  # laid out as somebody likes it
        else:
            path.write_text(text)
    return copy / folder.name


def test_formatters(generated: Path, tmp_path: Path) -> None:
    bare = [without_directives(one, tmp_path) for one in packages(generated).values()]
    expect_nothing(
        [*python_tool("ruff"), "format", "--exclude", "_runtime", "--check", *bare], tmp_path
    )
    expect_nothing([*OXFMT, "*/*/**/*.ts"], generated)


def test_ruff() -> None:
    expect_nothing([*python_tool("ruff"), "check", *OWN_PYTHON], ROOT)
    expect_nothing([*python_tool("ruff"), "format", "--check", *OWN_PYTHON], ROOT)


def test_mypy() -> None:
    expect_nothing(
        [*python_tool("mypy"), "generator", "generated/python", "examples", "bench"], ROOT
    )


def test_pyright() -> None:
    # Named, since a configuration in a folder above would win.
    project = ["--project", str(ROOT / "pyproject.toml")]
    expect_nothing([node_tool("pyright"), *project, "--pythonpath", sys.executable], ROOT)


def test_oxfmt() -> None:
    folders = ("convex", "generated/typescript", "generator", "templates", "tests")
    patterns = [f"{folder}/**/*.{ending}" for folder in folders for ending in ("ts", "js", "mjs")]
    expect_nothing([*OXFMT, *patterns, "!tests/golden/**"], ROOT)


def test_own_functions() -> None:
    expect_nothing([*tsc(), "--project", "convex"], ROOT)
    expect_nothing([node_tool("eslint"), "--max-warnings", "0", "convex"], ROOT)


def test_own_client() -> None:
    expect_nothing([*tsc(), "--project", "tests/clients/typescript"], ROOT)
    config = ROOT / "tests" / "clients" / "typescript" / "eslint.config.js"
    command = [node_tool("eslint"), "--max-warnings", "0", "--config", config]
    expect_nothing([*command, "generated/typescript"], ROOT)


def test_embedded_server() -> None:
    expect_nothing([*tsc(), "--project", "tsconfig.embedded.json"], ROOT)
