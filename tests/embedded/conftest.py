"""One embedded backend, with the functions of `project/`, for all tests here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script

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
        return run_script(script, *arguments, CONVEX_URL=backend.url, ADMIN_KEY=backend.admin_key)

    return run
