"""The fixture for vitest: what a project's own tests get from `convexBackend`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from project import Project, node_tool, run, tsc
from vitest_project import VITEST, make_tested
from waiting import PATIENCE, wait_until

CONFIGURATION = (VITEST / "vitest.config.ts").read_text(encoding="utf-8")
GLOBAL_SETUP = '    globalSetup: "./generated/typescript/testing/setup.ts",\n'

A_TEST = """
import { expect } from "vitest";
import { test } from "../generated/typescript/testing/index.js";
test("it", async ({ convexBackend }) => {
  expect((await fetch(`${convexBackend.url}/version`)).status).toBe(200);
});
"""


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_tested(tmp_path_factory.mktemp("vitest") / "project")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One to change, with a test that needs a backend and no other."""
    made = make_tested(tmp_path / "project")
    shutil.rmtree(made.root / "tests")
    (made.root / "tests").mkdir()
    (made.root / "tests" / "one.test.ts").write_text(A_TEST)
    return made


def environment(**more: str) -> Mapping[str, str]:
    """One in which `convexgen` is on the PATH, and what vitest prints has no colours."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1", **more}


def vitest(project: Project, *arguments: str, code: int = 0, **more: str) -> str:
    """What `vitest run` prints."""
    command = [node_tool("vitest"), "run", *arguments]
    finished = run(command, project.root, environment(**more))
    printed = finished.stdout + finished.stderr
    assert finished.returncode == code, printed
    return printed


def configure(project: Project, old: str, new: str) -> None:
    assert old in CONFIGURATION
    (project.root / "vitest.config.ts").write_text(CONFIGURATION.replace(old, new))


def provide(project: Project, settings: Mapping[str, object]) -> None:
    provided = f"    provide: {{ convexBackend: {json.dumps(settings)} }},\n"
    configure(project, GLOBAL_SETUP, GLOBAL_SETUP + provided)


def test_types(tested: Project) -> None:
    finished = run([*tsc(), "--project", "tsconfig.json"], tested.root)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("pool", ["forks", "threads"])
def test_clients_clock_faults_and_isolation(tested: Project, pool: str) -> None:
    assert re.search(r"Tests +70 passed \(70\)", vitest(tested, f"--pool={pool}"))


def test_workers_share_warm_servers(tested: Project, tmp_path: Path) -> None:
    """As many as tests run at a time, whatever the number of files and of tests."""
    copies = tested.root / "copies"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir()
    text = (VITEST / "tests" / "isolation.test.ts").read_text(encoding="utf-8")
    text = text.replace("describe.concurrent", "describe").replace("./api.js", "../tests/api.js")
    for number in range(4):
        (copies / f"isolation{number}.test.ts").write_text(text)
    keys = tmp_path / "keys"
    printed = vitest(tested, "--dir=copies", "--silent", SEEN_KEYS=str(keys))
    assert re.search(r"Test Files +4 passed \(4\)", printed)
    seen = keys.read_text().splitlines()
    assert len(seen) == 4 * 48
    assert len(set(seen)) <= 2


def test_settings(project: Project) -> None:
    (project.root / "apps").mkdir()
    (project.root / "convex").rename(project.root / "apps" / "functions")
    convexgen = [sys.executable, "-m", "convexgen"]
    provide(project, {"project": "apps", "functions": "functions", "command": convexgen})
    assert "1 passed" in vitest(project)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"projekt": "."}, 'has no setting "projekt", only project, functions, command'),
        ({"functions": 1}, "provide.convexBackend.functions must be a string"),
        ({"command": "convexgen"}, "provide.convexBackend.command must be a list of words"),
        ({"command": []}, "provide.convexBackend.command must be a list of words"),
    ],
)
def test_settings_that_mean_nothing(
    project: Project, settings: Mapping[str, object], message: str
) -> None:
    provide(project, settings)
    assert message in vitest(project, code=1)


def test_without_the_tool(project: Project) -> None:
    provide(project, {"command": ["no-such-tool"]})
    printed = vitest(project, code=1)
    assert "The Convex backend for tests did not start." in printed
    assert 'There is no program "no-such-tool" on the PATH' in printed
    assert "pip install convexgen" in printed


def test_a_project_that_is_broken(project: Project) -> None:
    (project.root / "convex" / "broken.ts").write_text("export const a = ;\n")
    printed = vitest(project, code=1)
    assert "The Convex backend for tests did not start." in printed
    assert "convex/broken.ts:1:18: Unexpected" in printed


def test_without_the_setup(project: Project) -> None:
    configure(project, GLOBAL_SETUP, "")
    printed = vitest(project, code=1)
    assert 'globalSetup: "./generated/typescript/testing/setup.ts"' in printed


def test_a_later_run_has_the_functions_of_then(project: Project) -> None:
    """In watch mode: vitest stays, and a failure to start is tried again."""
    board = project.root / "convex" / "broken.ts"
    program = f"""
import {{ rmSync, writeFileSync }} from "node:fs";
import {{ startVitest }} from "vitest/node";
const vitest = await startVitest("test", [], {{ watch: true, standalone: false }});
const outcomes = [vitest.state.getCountOfFailedTests() > 0];
for (const text of ["export const a = ;", "export const a = 1;"]) {{
  writeFileSync({json.dumps(str(board))}, text);
  await vitest.rerunFiles();
  outcomes.push(vitest.state.getCountOfFailedTests() > 0);
}}
await vitest.close();
console.log(JSON.stringify(outcomes));
process.exit(0);
"""
    (project.root / "watch.mjs").write_text(program)
    finished = run(["node", "watch.mjs"], project.root, environment())
    assert finished.stdout.splitlines()[-1] == "[false,true,false]", (
        finished.stdout + finished.stderr
    )


def test_servers_do_not_outlive_vitest(project: Project, tmp_path: Path) -> None:
    address = tmp_path / "address"
    (project.root / "tests" / "one.test.ts").write_text(
        f"""
import {{ renameSync, writeFileSync }} from "node:fs";
import {{ test }} from "../generated/typescript/testing/index.js";
test("it", async ({{ convexBackend }}) => {{
  writeFileSync("{address}.new", new URL(convexBackend.url).port);
  renameSync("{address}.new", "{address}");
  await new Promise(() => undefined);
}});
"""
    )
    process = subprocess.Popen(
        [node_tool("vitest"), "run"],
        cwd=project.root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(address.exists)
    port = int(address.read_text())
    assert is_listening(port)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    wait_until(lambda: not is_listening(port))


def is_listening(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
