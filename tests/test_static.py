"""No checker finds anything: in the tool, in what it generates, in the examples."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from project import ROOT, Project, make_project, node_tool, run

FUNCTIONS_ALONE = "functions alone"
"""A spec of which no Convex functions are written."""
SPECS = {
    "mastra": ROOT / "schema" / "mastra.yaml",
    "everything": ROOT / "tests" / "cases" / "good-everything" / "spec.yaml",
    "hostile": ROOT / "tests" / "cases" / "good-hostile-descriptions" / "spec.yaml",
    "constraints": ROOT / "tests" / "cases" / "good-constraints" / "spec.yaml",
    "function spec": ROOT / "tests" / "cases" / "good-function-spec" / "spec.yaml",
    FUNCTIONS_ALONE: ROOT / "tests" / "cases" / "good-functions-alone" / "spec.yaml",
    "functions": ROOT / "tests" / "cases" / "good-functions" / "spec.yaml",
    "pack": ROOT / "tests" / "cases" / "good-pack" / "spec.yaml",
    "searching": ROOT / "tests" / "cases" / "good-searching" / "spec.yaml",
    "common nouns": ROOT / "tests" / "cases" / "good-common-nouns" / "spec.yaml",
    "names": ROOT / "tests" / "cases" / "good-names" / "spec.yaml",
    "json schema": ROOT / "tests" / "cases" / "good-json-schema" / "spec.yaml",
    "enum tags": ROOT / "tests" / "cases" / "good-enum-tags" / "spec.yaml",
    "trees": ROOT / "tests" / "cases" / "good-trees" / "spec.yaml",
    "union tables": ROOT / "tests" / "cases" / "good-union-tables" / "spec.yaml",
    "long names": ROOT / "tests" / "cases" / "good-long-names" / "spec.yaml",
}

# A suppression in generated code would make the checks below mean nothing.
SUPPRESSIONS = ("eslint-disable", "@ts-", "prettier-ignore", "type: ignore", "noqa", "pyright:")

OWN_PYTHON = ("generator", "generated/python", "examples", "tests", "bench")


def expect_nothing(command: list[str | Path], folder: Path) -> None:
    finished = run(command, folder)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def python_tool(name: str) -> list[str | Path]:
    return [sys.executable, "-m", name]


@pytest.fixture(scope="module", params=SPECS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("static") / "project", SPECS[request.param])
    made.generate()
    shutil.copy(ROOT / "eslint.config.js", made.root)
    if request.param != FUNCTIONS_ALONE:
        shutil.copy(ROOT / "convex" / "tsconfig.json", functions_of(made))
    return made


def functions_of(project: Project) -> Path:
    return next(project.root.glob("**/convex/schema.ts")).parent


def package_of(project: Project) -> Path:
    return next(project.root.glob("**/_runtime")).parent


@pytest.mark.parametrize("project", sorted(SPECS.keys() - {FUNCTIONS_ALONE}), indirect=True)
def test_functions(project: Project) -> None:
    functions = functions_of(project)
    expect_nothing([node_tool("tsc"), "--project", functions], project.root)
    expect_nothing([node_tool("eslint"), "--max-warnings", "0", functions], project.root)
    expect_nothing([node_tool("prettier"), "--check", functions], project.root)


def test_package(project: Project) -> None:
    package = package_of(project)
    configuration = ["--config", str(ROOT / "pyproject.toml")]
    # Names have no place to break at: a line of several long ones is long.
    leniency = ["--ignore", "E501"] if package.name == "long_names" else []
    expect_nothing(
        [*python_tool("ruff"), "check", *configuration, *leniency, package], project.root
    )
    (project.root / "ruff.toml").write_text('line-length = 120\nlint.select = ["ALL"]\n')
    expect_nothing([*python_tool("ruff"), "check", *leniency, package], project.root)
    expect_nothing([*python_tool("ruff"), "format", "--check", package], project.root)
    expect_nothing([*python_tool("mypy"), "--strict", package.name], package.parent)
    (project.root / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": [package.relative_to(project.root).as_posix()],
                "typeCheckingMode": "strict",
                "pythonVersion": "3.11",
            }
        )
    )
    expect_nothing([node_tool("pyright"), "--pythonpath", sys.executable], project.root)


def test_client(project: Project) -> None:
    client = project.root / "generated" / "typescript"
    configuration = json.loads((ROOT / "tests" / "typescript" / "tsconfig.json").read_text())
    configuration["include"] = [f"{client.as_posix()}/**/*.ts"]
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    expect_nothing([node_tool("tsc"), "--project", "tsconfig.json"], project.root)
    expect_nothing([node_tool("prettier"), "--check", client], project.root)


def test_suppressions(project: Project) -> None:
    written = [path for path in project.tree() if path.endswith((".py", ".ts", ".js"))]
    assert len(written) > 20
    for path in written:
        text = (project.root / path).read_text()
        assert not [word for word in SUPPRESSIONS if word in text], path


def test_formatters_leave_every_case_as_it_is(tmp_path: Path) -> None:
    for spec in sorted((ROOT / "tests" / "cases").glob("good-*/spec.yaml")):
        project = make_project(tmp_path / spec.parent.name, spec)
        project.generate()
        (project.root / "node_modules").unlink()
    expect_nothing([*python_tool("ruff"), "format", "--check", tmp_path], tmp_path)
    expect_nothing([node_tool("prettier"), "--check", "*/**/*.ts"], tmp_path)


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


def test_prettier() -> None:
    expect_nothing(
        [
            *(node_tool("prettier"), "--check", "convex", "generated/typescript", "generator"),
            "tests/**/*.{ts,mjs}",
        ],
        ROOT,
    )


def test_own_functions() -> None:
    expect_nothing([node_tool("tsc"), "--project", "convex"], ROOT)
    expect_nothing([node_tool("eslint"), "--max-warnings", "0", "convex"], ROOT)


def test_own_client() -> None:
    expect_nothing([node_tool("tsc"), "--project", "tests/typescript"], ROOT)
    config = ROOT / "tests" / "typescript" / "eslint.config.js"
    command = [node_tool("eslint"), "--max-warnings", "0", "--config", config]
    expect_nothing([*command, "generated/typescript"], ROOT)


def test_embedded_server() -> None:
    expect_nothing([node_tool("tsc"), "--project", "tsconfig.embedded.json"], ROOT)
