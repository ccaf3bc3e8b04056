"""One embedded backend, with the functions of `project/`, for all tests here.

With CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY set, the tests of `client`,
`fresh_client` and `run_node` run against the deployment they name, to which `project/` was
deployed; those that need the embedded backend itself are skipped.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script
from waiting import PATIENCE

HERE = Path(__file__).parent
PROJECT = HERE / "project"


@dataclass(frozen=True)
class Deployment:
    url: str
    admin_key: str


def named_deployment() -> Deployment | None:
    url = os.environ.get("CONVEX_SELF_HOSTED_URL")
    return None if url is None else Deployment(url, os.environ["CONVEX_SELF_HOSTED_ADMIN_KEY"])


@pytest.fixture(scope="session")
def backend() -> Iterator[EmbeddedBackend]:
    if named_deployment() is not None:
        pytest.skip("is of the embedded backend alone")
    with EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE) as started:
        yield started


@pytest.fixture
def deployment(request: pytest.FixtureRequest) -> Deployment:
    named = named_deployment()
    if named is not None:
        return named
    backend = request.getfixturevalue("backend")
    return Deployment(backend.url, backend.admin_key)


@pytest.fixture
def client(deployment: Deployment) -> ConvexHttpClient:
    return ConvexHttpClient(deployment.url)


@pytest.fixture(scope="session")
def emptied() -> Iterator[EmbeddedBackend]:
    """One whose database is emptied for each test that wants that."""
    with EmbeddedBackend.start(PROJECT, is_controlled=True) as started:
        yield started


@pytest.fixture
def fresh_client(request: pytest.FixtureRequest) -> ConvexHttpClient:
    """Of a backend with an empty database, for one test."""
    named = named_deployment()
    if named is not None:
        clear(named)
        return ConvexHttpClient(named.url)
    emptied = request.getfixturevalue("emptied")
    emptied.control("reset")
    return ConvexHttpClient(emptied.url)


def clear(deployment: Deployment) -> None:
    client = ConvexHttpClient(deployment.url)
    client.set_admin_auth(deployment.admin_key)
    while client.mutation("clearing:clear") > 0:
        pass


@pytest.fixture
def is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What watches over the modules that are loaded counts a second as five."""
    monkeypatch.setenv("NODE_OPTIONS", f"--require={HERE / 'fastTime.cjs'}")


@pytest.fixture
def channel() -> str:
    """A channel of messages that no other test uses."""
    return f"channel {uuid4()}"


@pytest.fixture
def run_node(deployment: Deployment) -> Callable[..., Any]:
    """Runs a script of this directory and returns the JSON that it prints last."""

    def run(script: str, *arguments: str) -> Any:
        return run_script(
            script, *arguments, CONVEX_URL=deployment.url, ADMIN_KEY=deployment.admin_key
        )

    return run
