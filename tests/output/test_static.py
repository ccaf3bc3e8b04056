"""No checker finds anything: in the tool, in what it generates, in the examples."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
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
SHARED = "mastra_convex._runtime"


@pytest.fixture(scope="module")
def checked(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Python packages, but this repository's own, whose runtime they import.

    The runtime of each is the same, as it should be: the checkers, which look at all that is
    imported, see one.
    """
    folder = tmp_path_factory.mktemp("checked")
    for name, package in packages(generated).items():
        if name == OWN:
            continue
        assert runtime_texts(package / "_runtime") == runtime_texts(RUNTIME)
        copy = folder / package.name
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("_runtime"))
        for path in copy.rglob("*.py"):
            path.write_text(re.sub(r"from \.+_runtime\b", f"from {SHARED}", path.read_text()))
    return folder


RULES_OF_TYPES = ("explicit-table-ids", "no-filter-in-query")
"""Those of Convex that ask for the types of expressions, which takes as long as to compile."""
ESLINT = """
import own from "./own.config.js";
export default [
  ...own,
  {
    files: %s,
    languageOptions: { parserOptions: { projectService: false } },
    rules: %s,
  },
];
"""


def test_functions(generated: Path) -> None:
    """tsc with stricter options is in `test_compiler_options`, with those of Convex here.

    What needs types, here, is checked where every option is used, and hand-written code is shipped.
    """
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
    typed = [one for one in folders if one.split("/")[0] in {OWN, EVERYTHING, *PACKS}]
    configuration["include"] = [f"{folder}/**/*" for folder in typed]
    configuration["exclude"] = [f"{folder}/_generated" for folder in typed]
    (generated / "tsconfig.json").write_text(json.dumps(configuration))
    expect_nothing([*tsc(), "--project", "."], generated)
    shutil.copy(ROOT / "eslint.config.js", generated / "own.config.js")
    others = [folder for folder in folders if folder not in typed]
    off = {f"@convex-dev/{rule}": "off" for rule in RULES_OF_TYPES}
    patterns = json.dumps([f"{folder}/**/*.ts" for folder in others])
    (generated / "eslint.config.js").write_text(ESLINT % (patterns, json.dumps(off)))
    # What several have, such as most of `lib`, is looked at once.
    texts = {
        text: path for folder in (*others, *typed) for path, text in modules(generated, folder)
    }
    expect_nothing([node_tool("eslint"), "--max-warnings", "0", *texts.values()], generated)


def modules(generated: Path, folder: str) -> Iterator[tuple[Path, str]]:
    """Those that are written for Convex, with their texts but for the path of the spec in them."""
    line = re.compile("Generated by convexgen from .*")
    for path in sorted((generated / folder).rglob("*.ts")):
        if "_generated" not in path.parts:
            yield path, line.sub("", path.read_text())


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


def test_mypy(checked: Path) -> None:
    """Over all Python, this repository's own and all that is generated, with its configuration."""
    own = ("generator", "generated/python", "examples", "bench")
    environment = {**os.environ, "MYPYPATH": str(checked)}
    expect_nothing([*python_tool("mypy"), *own, checked], ROOT, environment)


def test_pyright(checked: Path) -> None:
    """The same. It leaves out what is included by an absolute path, and says so in its output."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pyright"]
    folders = [*(ROOT / path for path in settings["include"]), checked]
    settings["include"] = [os.path.relpath(folder, checked) for folder in folders]
    settings["extraPaths"] = [str(ROOT / path) for path in settings["extraPaths"]]
    settings["venvPath"] = str(ROOT / settings["venvPath"])
    (checked / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [node_tool("pyright"), "--pythonpath", sys.executable, "--outputjson"]
    report = json.loads(run(command, checked).stdout)
    assert report["generalDiagnostics"] == []
    files = sum(1 for folder in folders for _ in folder.rglob("*.py"))
    assert report["summary"]["filesAnalyzed"] == files


def test_oxfmt() -> None:
    folders = ("convex", "generated/typescript", "generator", "templates", "tests")
    patterns = [f"{folder}/**/*.{ending}" for folder in folders for ending in ("ts", "js", "mjs")]
    expect_nothing([*OXFMT, *patterns, "!tests/golden/**"], ROOT)


def test_own_functions() -> None:
    """eslint goes over the same in `test_functions`."""
    expect_nothing([*tsc(), "--project", "convex"], ROOT)


def test_own_client() -> None:
    expect_nothing([*tsc(), "--project", "tests/clients/typescript"], ROOT)
    config = ROOT / "tests" / "clients" / "typescript" / "eslint.config.js"
    command = [node_tool("eslint"), "--max-warnings", "0", "--config", config]
    expect_nothing([*command, "generated/typescript"], ROOT)


def test_embedded_server() -> None:
    expect_nothing([*tsc(), "--project", "tsconfig.embedded.json"], ROOT)
