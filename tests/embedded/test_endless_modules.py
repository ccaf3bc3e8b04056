"""What loads a project's modules gives up one that loops while it is imported, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from children import child
from convex.http_client import ConvexHttpClient
from convexgen.embedded import (
    BackendFailed,
    EmbeddedBackend,
    read_function_spec,
    read_loadable_functions,
    read_schema,
)
from project import run
from small_project import SmallProject
from waiting import PATIENCE, wait_until

LOOPS = "The functions are not loaded after 10s: does a module loop while it is imported?"
UNSUPPORTED = "Top-level awaits in source files are unsupported"
ENDLESS = "export default {};\nfor (;;) {}\n"
FUNCTION = (
    'import { query } from "./_generated/server";\n'
    "export const ask = query({ args: {}, handler: async () => 1 });\n"
)


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = SmallProject(tmp_path)
    project.write("asking.ts", FUNCTION)
    return project


def start(root: Path) -> None:
    EmbeddedBackend.start(root).stop()


READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a schema": (read_schema, "schema.ts"),
    "a server with sign-in": (start, "auth.config.ts"),
    "a server with components": (start, "convex.config.ts"),
    "functions with components": (read_function_spec, "convex.config.ts"),
}


@pytest.mark.usefixtures("is_given_up_soon")
@pytest.mark.parametrize("name", READERS)
def test_fault_20_it_is_given_up(project: SmallProject, name: str) -> None:
    read, file = READERS[name]
    project.write(file, ENDLESS)
    with pytest.raises(BackendFailed) as caught:
        read(project.root)
    assert LOOPS in str(caught.value)


@pytest.mark.usefixtures("is_given_up_soon")
def test_fault_20_an_import_goes_on_without_it(project: SmallProject) -> None:
    project.write("endless.ts", ENDLESS)
    read = read_loadable_functions(project.root)
    assert [function["identifier"] for function in read.functions] == ["asking.js:ask"]
    assert read.left_out == {"endless.ts": LOOPS}


@pytest.mark.usefixtures("is_given_up_soon")
def test_fault_20_commands_say_it(project: SmallProject) -> None:
    project.write("endless.ts", ENDLESS)
    finished = run([sys.executable, "-m", "convexgen", "function-spec"], project.root)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"Error: {LOOPS}\n"
    server = [sys.executable, "-m", "convexgen", "test-server"]
    with child(server, cwd=project.root, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert LOOPS in process.stderr.read()
        assert process.wait(PATIENCE) == 1


def test_modules_that_end_all(project: SmallProject) -> None:
    project.write("ending.ts", '"use node";\nexport {};\nprocess.exit(0);\n')
    with pytest.raises(BackendFailed, match=r"process\.exit cannot be used in Convex functions"):
        read_function_spec(project.root)


NEVER = (
    "Function execution unexpectedly timed out. Check your function for infinite loops or other "
)
WAITS = {
    "for nothing": '"use node";\nexport {};\nawait new Promise(() => {});\n',
    "while something goes on": (
        '"use node";\nexport {};\nsetInterval(() => {}, 100);\nawait new Promise(() => {});\n'
    ),
}


@pytest.mark.parametrize("code", WAITS.values(), ids=WAITS)
def test_fault_24_a_module_that_waits_is_refused(project: SmallProject, code: str) -> None:
    project.write("waiting.ts", code)
    for read in (start, read_function_spec):
        with pytest.raises(BackendFailed) as caught:
            read(project.root)
        assert NEVER in str(caught.value)
        assert "(waiting.js waits for what does not come" in str(caught.value)
    read = read_loadable_functions(project.root)
    assert [function["identifier"] for function in read.functions] == ["asking.js:ask"]
    assert list(read.left_out) == ["waiting.ts"]
    assert read.left_out["waiting.ts"].startswith(NEVER)


UNREFERENCED = {
    "timer": "await new Promise((resolve) => setTimeout(resolve, 50).unref());\n",
    "timer of timers/promises": (
        'import { setTimeout as sleep } from "node:timers/promises";\n'
        "await sleep(50, null, { ref: false });\n"
    ),
    "signal": (
        "const signal = AbortSignal.timeout(50);\n"
        'await new Promise((resolve) => signal.addEventListener("abort", resolve));\n'
    ),
}


@pytest.mark.parametrize("code", UNREFERENCED.values(), ids=UNREFERENCED)
def test_fault_24_a_module_that_waits_for_what_holds_nothing(
    project: SmallProject, code: str
) -> None:
    project.write("waiting.ts", f'"use node";\nexport {{}};\n{code}')
    start(project.root)
    assert read_loadable_functions(project.root).left_out == {}


def test_fault_24_a_reload_with_a_module_that_waits(project: SmallProject) -> None:
    with EmbeddedBackend.start(project.root, watch=True) as backend:
        project.write("waiting.ts", WAITS["for nothing"])
        wait_until(lambda: any(NEVER in line for line in backend.log_lines()))
        project.write("waiting.ts", FUNCTION)
        client = ConvexHttpClient(backend.url)
        wait_until(lambda: "Reloaded: convex/waiting.ts." in backend.log_lines())
        assert client.query("waiting:ask") == 1


def test_fault_24_an_import_goes_on_without_what_awaits(project: SmallProject) -> None:
    """Without "use node", where Convex takes no `await` at the top level."""
    project.write("waiting.ts", "export {};\nawait new Promise(() => {});\n")
    read = read_loadable_functions(project.root)
    assert [function["identifier"] for function in read.functions] == ["asking.js:ask"]
    assert UNSUPPORTED in read.left_out["waiting.ts"]
    project.write("schema.ts", "export {};\nawait new Promise(() => {});\n")
    with pytest.raises(BackendFailed, match=UNSUPPORTED):
        read_schema(project.root)


def test_fault_24_a_server_starts_whatever_its_configuration_prints(project: SmallProject) -> None:
    define = 'import { defineApp } from "convex/server";\nexport default defineApp();\n'
    project.write("convex.config.ts", f'{define}console.log("{{");\n')
    start(project.root)


def test_what_modules_print_is_no_part_of_what_is_read(project: SmallProject) -> None:
    project.write(
        "chatty.ts", '"use node";\nprocess.stdout.write("hello\\n");\nconsole.log("hi");\n'
    )
    printed = json.loads(read_function_spec(project.root))
    assert [function["identifier"] for function in printed["functions"]] == ["asking.js:ask"]
