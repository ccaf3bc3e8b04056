"""Many writers at once, and a backend that is killed while they write."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend, find_node

HERE = Path(__file__).parent
PROJECT = HERE / "stress"

INCREMENTS = 625
"""Of each writer, acknowledged."""
NODE_WRITERS = 14
"""Of npm's HTTP client, and as many of its WebSocket client."""
WATCHERS = 3
"""Of those with a WebSocket. Each is sent the counter after nearly every increment."""
PYTHON_WRITERS = 2
"""Of PyPI's HTTP client, and as many of its WebSocket client."""
TOTAL = INCREMENTS * 2 * (NODE_WRITERS + PYTHON_WRITERS)

LONGEST_RUN = 1800
"""Seconds; a server that is gone for good must not keep the writers waiting. A machine with much
to do is slow, which is no failure."""


def write(url: str, writer: str) -> dict[str, Any]:
    """Increments with PyPI's HTTP client, and never tries again what failed."""
    deadline = time.monotonic() + LONGEST_RUN
    client = ConvexHttpClient(url)
    acknowledged: list[tuple[int, float]] = []
    sequence = 0
    while len(acknowledged) < INCREMENTS:
        try:
            arguments = {"writer": writer, "sequence": sequence}
            acknowledged.append((sequence, client.mutation("counters:increment", arguments)))
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        sequence += 1
    return {"writer": writer, "acknowledged": acknowledged, "seen": []}


@pytest.mark.timeout(LONGEST_RUN + 60)
def test_no_increment_is_lost_or_done_twice(tmp_path: Path) -> None:
    """20,000 increments by 32 writers, with all four clients and over a SIGKILL half-way."""
    data = tmp_path / "data"
    with (
        EmbeddedBackend.start(PROJECT, data=data) as first,
        ThreadPoolExecutor(PYTHON_WRITERS) as pool,
        other_writers(first.url) as others,
    ):
        running = [pool.submit(write, first.url, f"python {n}") for n in range(PYTHON_WRITERS)]
        client = ConvexHttpClient(first.url)
        while client.query("counters:read") < TOTAL / 2:
            assert not [other for other in others if other.poll()]
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        with EmbeddedBackend.start(PROJECT, data=data, port=first.port):
            reports = [writer.result() for writer in running]
            for other in others:
                output, _ = other.communicate(timeout=LONGEST_RUN)
                assert other.returncode == 0
                reports += json.loads(output)
            check(client, reports)


@contextmanager
def other_writers(url: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Those in processes of their own, which end at the latest with the test."""
    node = [find_node(), HERE / "stress.mjs", *map(str, (NODE_WRITERS, WATCHERS, INCREMENTS))]
    python = [
        [sys.executable, HERE / "stress_socket.py", url, f"python socket {n}", str(INCREMENTS)]
        for n in range(PYTHON_WRITERS)
    ]
    processes = [
        subprocess.Popen(
            command, env={**os.environ, "CONVEX_URL": url}, stdout=subprocess.PIPE, text=True
        )
        for command in [node, *python]
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def check(client: ConvexHttpClient, reports: list[dict[str, Any]]) -> None:
    count = client.query("counters:read")
    done = 0
    counts: list[float] = []
    for report in reports:
        writer = report["writer"]
        acknowledged = [sequence for sequence, _ in report["acknowledged"]]
        stored = client.query("counters:sequencesOf", {"writer": writer})
        assert len(acknowledged) == INCREMENTS
        assert len(set(stored)) == len(stored), f"{writer} incremented twice"
        assert set(acknowledged) <= set(stored), f"{writer} lost increments"
        # What was not acknowledged may have been done, once.
        assert set(stored) <= set(range(int(acknowledged[-1]) + 1))
        if "socket" in writer:
            assert stored == acknowledged
        done += len(stored)
        counts += [count for _, count in report["acknowledged"]]
        assert all(before <= after for before, after in pairwise(report["seen"])), writer
    assert done == count
    assert len(counts) == TOTAL
    assert len(set(counts)) == TOTAL, "two increments were told the same count"
    assert max(counts) <= count
    assert sum(len(report["seen"]) > INCREMENTS for report in reports) == WATCHERS
