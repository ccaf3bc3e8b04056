"""The examples of README and docs where nothing is installed but what the user is told to."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.facts.python.distribution import REQUIREMENTS
from environments import (
    VERSIONS,
    build_wheel,
    clean,
    install,
    install_node_packages,
    interpreter,
    make_environment,
)
from page_examples import examples
from project import ROOT, run

PROGRAMS = [example for example in examples("python") if not example.is_pytest]
TESTS = [example for example in examples("python") if example.is_pytest]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the spec of the examples and the npm packages that `init` names."""
    folder = tmp_path_factory.mktemp("alone") / "project"
    made = run([sys.executable, "-m", "convexgen", "init", folder, "--name", "notes"], ROOT)
    assert made.returncode == 0, made.stderr
    (folder / "schema" / "notes.yaml").unlink()
    spec = (ROOT / "schema" / "mastra.yaml").read_text(encoding="utf-8")
    (folder / "schema" / "mastra.yaml").write_text(f"{spec}\ntypescript: {{testing: vitest}}\n")
    shutil.copytree(ROOT / "schema" / "mastra", folder / "schema" / "mastra")
    install_node_packages(folder, {})
    written = run([sys.executable, "-m", "convexgen", "generate"], folder)
    assert written.returncode == 0, written.stderr
    (folder / "examples").mkdir()
    for example in PROGRAMS:
        (folder / "examples" / f"{example.file}.py").write_text(example.text)
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[EmbeddedBackend]:
    """One for all of them, whose database each empties first."""
    with EmbeddedBackend.start(project, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> EmbeddedBackend:
    """With an empty database."""
    server.control("reset")
    return server


def of(backend: EmbeddedBackend) -> dict[str, str]:
    """What a program is told of a backend, and where the generated package is."""
    return {
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
        "PYTHONPATH": "generated/python",
    }


def printed(command: list[str | Path], folder: Path, **more: str) -> str:
    finished = run(command, folder, clean(**more))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_fault_02_the_wheel_alone(
    wheel: Path, project: Path, server: EmbeddedBackend, tmp_path: Path, version: str
) -> None:
    """In each Python: the tool, every program of the pages, and every test on them."""
    base = interpreter(version)
    if base is None:
        pytest.skip(f"there is no Python {version} on the PATH, of pyenv or of uv")
    python = make_environment(tmp_path / "environment", base, [wheel])
    where = printed([python, "-c", "import convexgen; print(convexgen.__file__)"], project)
    assert str(tmp_path) in where
    convexgen = python.parent / "convexgen"
    shutil.rmtree(project / "generated")
    printed([convexgen, "generate"], project)
    assert printed([convexgen, "check"], project) == "Up to date.\n"
    assert any("AsyncConvexStorage" in example.text for example in PROGRAMS)
    found: list[str] = []
    for example in PROGRAMS:
        server.control("reset")
        said = printed([python, f"examples/{example.file}.py"], project, **of(server))
        expected = re.findall(r"print\(.*\)  # (.*)$", example.text, re.MULTILINE)
        assert [line for line in expected if line not in said.splitlines()] == [], example.file
        found += expected
    assert found
    assert TESTS
    # What a user has who writes tests for pytest.
    install(python, ["pytest"])
    for example in TESTS:
        (project / f"test_{example.file}.py").write_text(example.text)
    said = printed(
        [python, "-m", "pytest", "-p", "no:cacheprovider"], project, PYTHONPATH="generated/python"
    )
    assert f"{len(TESTS)} passed" in said


def test_fault_02_a_service_has_the_client_alone(
    project: Path, backend: EmbeddedBackend, tmp_path: Path
) -> None:
    """Without the tool: only what the generated package imports, sync and async."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(REQUIREMENTS) <= set(declared["dependencies"])
    python = make_environment(tmp_path / "environment", sys.executable, REQUIREMENTS)
    assert run([python, "-c", "import convexgen"], project).returncode == 1
    ran = 0
    for example in PROGRAMS:
        if "convexgen.embedded" not in example.text:
            printed([python, f"examples/{example.file}.py"], project, **of(backend))
            ran += 1
    assert ran > 0
    program = """
from mastra_convex import ConvexStorage, Thread
with ConvexStorage.from_env() as storage:
    storage.threads.save(Thread(thread_id="t1", resource_id="user-7"))
    with storage.threads.by_resource_id("user-7").watch() as snapshots:
        print([thread.thread_id for thread in next(snapshots)])
"""
    assert printed([python, "-c", program], project, **of(backend)) == "['t1']\n"


def test_what_is_required_is_what_is_imported() -> None:
    """No package is imported that only comes along with another by chance."""
    runtime = ROOT / "generator" / "convexgen" / "runtime"
    imported = {
        name
        for module in runtime.glob("*.py")
        for name in re.findall(
            r"^\s*(?:import|from) ([a-z]\w*)", module.read_text(encoding="utf-8"), re.MULTILINE
        )
        if name not in sys.stdlib_module_names
    }
    required = {re.split(r"\W", one)[0] for one in REQUIREMENTS}
    # Parts of pydantic's own interface, which it requires in the version that fits.
    assert imported - {"pydantic_core", "typing_extensions"} == required


def test_fault_02_the_typescript_client_alone(project: Path, backend: EmbeddedBackend) -> None:
    """With the npm packages that `init` writes into package.json, and no other."""
    assert not (project / "node_modules" / "vitest").exists()
    programs = examples("ts")
    assert "README.md" in {example.page for example in programs}
    found: list[str] = []
    for example in programs:
        made = project / f"{example.file}.mjs"
        source = made.with_suffix(".ts")
        source.write_text(example.text)
        esbuild = project / "node_modules" / ".bin" / "esbuild"
        options = ["--bundle", "--platform=node", "--format=esm", "--packages=external"]
        printed([esbuild, source, *options, f"--outfile={made}"], project)
        said = printed(["node", made], project, **of(backend))
        expected = re.findall(r"console\.log\(.*\); // (.*)$", example.text, re.MULTILINE)
        assert [line for line in expected if line not in said.splitlines()] == [], example.file
        found += expected
    assert found


def test_fault_02_the_tests_of_vitest_alone(project: Path) -> None:
    """With what the page says that they need, besides."""
    versions = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    needed = ("vitest", "@types/node")
    install_node_packages(project, {name: versions[name] for name in needed})
    tests = 0
    for example in examples("typescript"):
        name = re.match(r"// (\S+\.ts)\n", example.text)
        (project / (name[1] if name else f"{example.file}.test.ts")).write_text(example.text)
        tests += len(re.findall(r"^test\(", example.text, re.MULTILINE))
    assert tests
    path = f"{Path(sys.executable).parent}:{clean()['PATH']}"
    said = printed(["npx", "vitest", "run"], project, PATH=path, NO_COLOR="1")
    assert re.search(rf"Tests +{tests} passed", said), said
