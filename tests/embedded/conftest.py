"""One embedded backend, with the functions of `project/`, for all tests here."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend, find_node

HERE = Path(__file__).parent
PROJECT = HERE / "project"


@pytest.fixture(scope="session")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, function_timeout=2.0) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


@pytest.fixture
def fresh_client() -> Iterator[ConvexHttpClient]:
    """Of a backend with an empty database, for one test."""
    with EmbeddedBackend.start(PROJECT) as started:
        yield ConvexHttpClient(started.url)


@pytest.fixture
def channel() -> str:
    """A channel of messages that no other test uses."""
    return f"channel {uuid4()}"


@pytest.fixture
def run_node(backend: EmbeddedBackend) -> Callable[..., Any]:
    """Runs a script of this directory and returns the JSON that it prints last."""

    def run(script: str, *arguments: str) -> Any:
        finished = subprocess.run(
            [find_node(), HERE / script, *arguments],
            env={**os.environ, "CONVEX_URL": backend.url, "ADMIN_KEY": backend.admin_key},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout.splitlines()[-1])

    return run
