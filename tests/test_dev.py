"""The command `dev`, as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from convex.http_client import ConvexHttpClient
from project import ROOT, run

COMMAND = [sys.executable, "-m", "convexgen", "dev", "--port"]


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def exported(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    lines = process.stdout.readline() + process.stdout.readline()
    found = re.fullmatch(
        r"export CONVEX_URL=(http://127\.0\.0\.1:\d+)\nexport CONVEX_DEPLOY_KEY='(.+)'\n", lines
    )
    assert found is not None, lines
    return found[1], found[2]


def test_it_serves_until_told_to_end(server: subprocess.Popen[str]) -> None:
    url, key = exported(server)
    client = ConvexHttpClient(url)
    client.set_admin_auth(key)
    assert client.query("threads:getById", {"threadId": "t"}) is None
    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0


def test_a_port_in_use_is_said_once(server: subprocess.Popen[str]) -> None:
    url, _ = exported(server)
    port = url.rpartition(":")[2]
    finished = run([*COMMAND, port], ROOT)
    assert finished.returncode == 2
    assert finished.stderr == (
        f"Error: Port {port} is in use. Name another with --port, or 0 for any free one.\n"
    )


def test_the_tests_of_named_deployments_run_against_it(server: subprocess.Popen[str]) -> None:
    """As the README says, with a deployment that happens to be this one."""
    url, key = exported(server)
    named = {"CONVEX_SELF_HOSTED_URL": url, "CONVEX_SELF_HOSTED_ADMIN_KEY": key}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = [ROOT / "tests" / "test_client.py", "-k", "absent_and_value"]
    finished = run([*command, *tests], ROOT, {**os.environ, **named})
    assert finished.returncode == 0, finished.stdout
    assert finished.stdout.splitlines()[-1].startswith("1 passed")
    client = ConvexHttpClient(url)
    client.set_admin_auth(key)
    assert client.query("threads:getById", {"threadId": "t"}) is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])
def test_only_this_machine_can_reach_it(host: str) -> None:
    finished = run([*COMMAND, "0", "--host", host], ROOT)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == (
        "Error: --host can only be an address of this machine alone, such as 127.0.0.1 or ::1, "
        f"not {host}: functions run with your rights, and nothing here is made to withstand a "
        "network.\n"
    )


def test_changes_are_served_while_it_watches(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    source = tmp_path / "convex" / "words.ts"
    source.parent.mkdir()
    text = (
        'import { query } from "./_generated/server";\n'
        'export const word = query({ args: {}, handler: async () => "%s" });\n'
    )
    source.write_text(text % "one")
    with subprocess.Popen(
        [*COMMAND, "0", "--watch"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        client = ConvexHttpClient(exported(process)[0])
        assert client.query("words:word") == "one"
        source.write_text(text % "two")
        assert process.stderr is not None
        assert process.stderr.readline() == "Serving until Ctrl-C.\n"
        assert process.stderr.readline() == "Reloaded: convex/words.ts.\n"
        assert client.query("words:word") == "two"
        process.kill()


def test_data_is_kept_in_a_file(tmp_path: Path) -> None:
    threads = []
    for _ in range(2):
        with subprocess.Popen(
            [*COMMAND, "0", "--data", tmp_path / "data"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            url, key = exported(process)
            client = ConvexHttpClient(url)
            client.set_admin_auth(key)
            thread = {"threadId": "t", "resourceId": "r", "title": "", "metadata": {}}
            if not threads:
                client.mutation("threads:create", {"thread": thread})
            threads.append(client.query("threads:getById", {"threadId": "t"}))
            process.send_signal(signal.SIGKILL)
    assert threads[0] is not None
    assert threads[1] == threads[0]
