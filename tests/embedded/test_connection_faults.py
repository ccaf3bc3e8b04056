"""Connections that break, fall silent or carry half of an answer, because a test wants it.

As fixtures ask for them; raw requests and frames, and the official clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import Faults
from node_scripts import run_script
from waiting import PATIENCE

from convex import ConvexClient

PROJECT = Path(__file__).parent / "project"
SEND = "messages:send"

AddFault = Callable[[Faults], None]


@pytest.fixture(scope="module")
def controlled() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, is_controlled=True) as backend:
        yield backend


@pytest.fixture
def faults(controlled: EmbeddedBackend) -> Iterator[Faults]:
    faults = Faults(controlled)
    yield faults
    faults.clear()


def run(backend: EmbeddedBackend, scenario: str, channel: str) -> Any:
    return run_script(
        "connectionFaults.mjs", scenario, channel, str(uuid4()), CONVEX_URL=backend.url
    )


def bodies(backend: EmbeddedBackend, channel: str) -> list[str]:
    messages = ConvexHttpClient(backend.url).query("messages:list", {"channel": channel})
    return [message["body"] for message in messages]


def attempt(backend: EmbeddedBackend, channel: str, timeout: float) -> str:
    call = {"path": SEND, "args": {"channel": channel, "body": "sent"}, "format": "json"}
    try:
        answer = httpx2.post(f"{backend.url}/api/mutation", json=call, timeout=timeout)
    except httpx2.TransportError as error:
        return type(error).__name__
    return str(answer.status_code)


HTTP: dict[str, tuple[AddFault, list[str], int]] = {
    "silence": (lambda faults: faults.silence(SEND), ["ReadTimeout"] * 2, 0),
    "silence after": (lambda faults: faults.silence(SEND, after=True), ["ReadTimeout"] * 2, 2),
    "truncate": (lambda faults: faults.truncate(SEND), ["RemoteProtocolError"] * 2, 2),
    "first answers": (
        lambda faults: faults.drop(SEND, after=True, first_attempts=True),
        ["RemoteProtocolError", "200"],
        2,
    ),
    "first calls": (
        lambda faults: faults.error(503, SEND, first_attempts=True),
        ["503", "200"],
        1,
    ),
}


@pytest.mark.parametrize("name", HTTP)
def test_over_http(controlled: EmbeddedBackend, faults: Faults, channel: str, name: str) -> None:
    add, outcomes, made = HTTP[name]
    add(faults)
    # A timeout is what this is about where there is silence; elsewhere, none may pass.
    patience = 1.0 if "silence" in name else PATIENCE
    assert [attempt(controlled, channel, patience) for _ in range(2)] == outcomes
    faults.clear()
    assert bodies(controlled, channel) == ["sent"] * made


SOCKET: dict[str, tuple[AddFault, list[str | int], int]] = {
    "silence": (lambda faults: faults.silence(SEND), ["silence"] * 2, 0),
    "silence after": (lambda faults: faults.silence(SEND, after=True), ["silence"] * 2, 1),
    "truncate": (lambda faults: faults.truncate(SEND, nth=1), [1006, "MutationResponse"], 1),
    "first answers": (
        lambda faults: faults.drop(SEND, after=True, first_attempts=True),
        [1006, "MutationResponse"],
        1,
    ),
    "first calls": (
        lambda faults: faults.drop(SEND, first_attempts=True),
        [1006, "MutationResponse"],
        1,
    ),
    "Connect": (lambda faults: faults.error(503, "Connect", nth=1), [1011, "MutationResponse"], 1),
}


@pytest.mark.parametrize("name", SOCKET)
def test_over_a_socket(
    controlled: EmbeddedBackend, faults: Faults, channel: str, name: str
) -> None:
    add, outcomes, made = SOCKET[name]
    add(faults)
    assert run(controlled, "attempts", channel) == outcomes
    faults.clear()
    assert bodies(controlled, channel) == ["body 7"] * made


SUBSCRIPTIONS: dict[str, tuple[AddFault, str | int]] = {
    "silence": (lambda faults: faults.silence("messages:list"), "silence"),
    "silence after": (lambda faults: faults.silence("messages:list", after=True), "silence"),
    "truncate": (lambda faults: faults.truncate("messages:list"), 1006),
    "drop after": (lambda faults: faults.drop("messages:list", after=True), 1006),
    "of another function": (lambda faults: faults.drop(SEND), "Transition"),
}


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_of_a_subscription(
    controlled: EmbeddedBackend, faults: Faults, channel: str, name: str
) -> None:
    add, outcome = SUBSCRIPTIONS[name]
    add(faults)
    assert run(controlled, "subscription", channel) == outcome


OPENINGS: dict[str, tuple[AddFault, str | int]] = {
    "refused": (lambda faults: faults.error(503, "/api/sync"), "Unexpected server response: 503"),
    "lost": (lambda faults: faults.drop("/api/sync"), "socket hang up"),
    "halved": (lambda faults: faults.truncate("/api/sync"), "socket hang up"),
    "lost Connect": (lambda faults: faults.drop("Connect"), 1006),
    "refused Connect": (lambda faults: faults.error(500, "Connect"), 1011),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_an_opening_that_fails(
    controlled: EmbeddedBackend, faults: Faults, channel: str, name: str
) -> None:
    add, outcome = OPENINGS[name]
    add(faults)
    told = run(controlled, "opening", channel)
    assert str(outcome) in str(told)


def test_a_silent_socket(controlled: EmbeddedBackend, faults: Faults, channel: str) -> None:
    faults.silence("Connect")
    assert run(controlled, "silentOpening", channel) == "silence"


def test_faults_of_every_call_are_not_for_openings(
    controlled: EmbeddedBackend, faults: Faults, channel: str
) -> None:
    faults.error(500, nth=5)
    assert run(controlled, "attempts", channel) == ["MutationResponse", "MutationResponse"]


def test_an_opening_without_an_answer(controlled: EmbeddedBackend, faults: Faults) -> None:
    """Until faults are cleared."""
    faults.silence("/api/sync")
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.get(
            f"{controlled.url}/api/1.0.0/sync",
            headers=headers,
            timeout=httpx2.Timeout(PATIENCE, read=1),
        )


ONCE: dict[str, AddFault] = {
    "every first answer": lambda faults: faults.drop(SEND, after=True, first_attempts=True),
    "every first call": lambda faults: faults.drop(SEND, first_attempts=True),
    "half an answer": lambda faults: faults.truncate(SEND, nth=3),
    "the first Connect": lambda faults: faults.error(503, "Connect", nth=1),
    "the opening": lambda faults: faults.error(503, "/api/sync", nth=1),
}


@pytest.mark.parametrize("name", ONCE)
def test_the_client_of_npm(
    controlled: EmbeddedBackend, faults: Faults, channel: str, name: str
) -> None:
    ONCE[name](faults)
    expected = [f"body {n}" for n in range(5)]
    assert run(controlled, "npmClient", channel) == {"bodies": expected, "areResults": True}


@pytest.mark.parametrize(("name", "made"), {"the first Connect": 3, "half an answer": 4}.items())
def test_the_client_of_pypi(
    controlled: EmbeddedBackend, faults: Faults, channel: str, name: str, made: int
) -> None:
    """It sends again as another session, for which what it has lost the answer of is new."""
    ONCE[name](faults)
    client = ConvexClient(controlled.url)
    for _ in range(3):
        client.mutation(SEND, {"channel": channel, "body": "sent"})
    assert bodies(controlled, channel) == ["sent"] * made


def test_mistakes(faults: Faults) -> None:
    with pytest.raises(ValueError, match="not for both"):
        faults.drop(SEND, nth=1, first_attempts=True)
    with pytest.raises(ValueError, match="counted from 1"):
        faults.silence(SEND, nth=0)
