"""What loads a project's modules gives up one that loops while it is imported, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from children import child
from convexgen.embedded import (
    BackendFailed,
    EmbeddedBackend,
    read_function_spec,
    read_loadable_functions,
    read_schema,
)
from project import run
from small_project import SmallProject
from waiting import PATIENCE

LOOPS = "The functions are not loaded after 10s: does a module loop while it is imported?"
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


@pytest.mark.parametrize(
    ("code", "text"),
    {
        "process.exit(0);": "process.exit cannot be used in Convex functions",
        "await new Promise(() => {});": "does a module wait for what never comes",
    }.items(),
)
def test_modules_that_never_end_or_end_all(project: SmallProject, code: str, text: str) -> None:
    project.write("ending.ts", f'"use node";\nexport {{}};\n{code}\n')
    with pytest.raises(BackendFailed, match=text):
        read_function_spec(project.root)


def test_what_modules_print_is_no_part_of_what_is_read(project: SmallProject) -> None:
    project.write(
        "chatty.ts", '"use node";\nprocess.stdout.write("hello\\n");\nconsole.log("hi");\n'
    )
    printed = json.loads(read_function_spec(project.root))
    assert [function["identifier"] for function in printed["functions"]] == ["asking.js:ask"]
