"""The command `dev`, as a user runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

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
