"""What the backend keeps for clients between their messages is bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from test_http import post
from waiting import PATIENCE
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PROJECT = Path(__file__).parent / "project"
MEBIBYTE = 1024 * 1024


class Session:
    """A session of the sync protocol, whose every message is answered."""

    def __init__(self, socket: ClientConnection, name: str) -> None:
        self._socket = socket
        self._send({"type": "Connect", "sessionId": name, "connectionCount": 0})

    def _send(self, message: object) -> None:
        self._socket.send(json.dumps(message))

    def next(self, kind: str) -> Any:
        while True:
            message = json.loads(self._socket.recv(PATIENCE))
            if message["type"] == kind:
                return message

    def mutation(self, request: int, path: str, args: dict[str, Any]) -> Any:
        call = {"requestId": request, "udfPath": path, "args": [args]}
        self._send({"type": "Mutation", **call})
        return self.next("MutationResponse")["result"]

    def follow(self, version: int, path: str, *args: dict[str, Any]) -> Any:
        """The first of the results."""
        added = [
            {"type": "Add", "queryId": version * 1_000 + n, "udfPath": path, "args": [one]}
            for n, one in enumerate(args)
        ]
        versions = {"baseVersion": version, "newVersion": version + 1}
        self._send({"type": "ModifyQuerySet", **versions, "modifications": added})
        while not (modifications := self.next("Transition")["modifications"]):
            pass
        return modifications[0].get("value")


@contextmanager
def session(backend: EmbeddedBackend, name: str | None = None) -> Iterator[Session]:
    url = f"ws://127.0.0.1:{backend.port}/api/sync"
    opening = connect(url, open_timeout=PATIENCE, ping_interval=None, max_size=None)
    with opening as socket:
        yield Session(socket, name or str(uuid4()))


def send(one: Session, request: int) -> Any:
    return one.mutation(request, "messages:send", {"channel": "kept", "body": f"{request}"})


def ask_for_much(backend: EmbeddedBackend, sessions: int, count: int) -> None:
    """Some 3 MiB an answer."""
    for _ in range(sessions):
        with session(backend) as hostile:
            for request in range(count):
                hostile.mutation(request, "limits:answerText", {"length": 3 * MEBIBYTE})


def test_answers_of_mutations_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of one session make way, not those of others; so does what a data file begins with."""
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=256")
    data, name = tmp_path / "data", str(uuid4())
    with EmbeddedBackend.start(PROJECT, data=data) as backend, session(backend, name) as own:
        first = [send(own, request) for request in range(3)]
        ask_for_much(backend, 1, 100)
        ask_for_much(backend, 100, 1)
        assert [send(own, request) for request in range(3)] == first
    with EmbeddedBackend.start(PROJECT, data=data) as backend:
        ask_for_much(backend, 1, 30)
        with session(backend, name) as again:
            assert [send(again, request) for request in range(3)] == first
        listed = post(backend, "/api/query", {"path": "messages:list", "args": {"channel": "kept"}})
        assert len(listed["value"]) == 3


def test_answers_to_what_wrote_nothing_make_way_first() -> None:
    """However many sessions ask for them: a session is whatever a client calls one."""
    path, args = "limits:sendAndAnswerText", {"channel": "kept", "length": MEBIBYTE}
    with EmbeddedBackend.start(PROJECT) as backend, session(backend) as own:
        first = own.mutation(0, path, args)
        for _ in range(160):
            with session(backend) as hostile:
                hostile.mutation(0, "limits:answerText", {"length": MEBIBYTE // 2})
        assert own.mutation(0, path, args) == first


def follow_more(hostile: Session, most: int, path: str, *args: dict[str, int]) -> None:
    for version in range(1, most + 1):
        hostile.follow(version, path, *args)


LONG = {"count": 50, "length": MEBIBYTE}
MANY = {"count": 4_000}


@pytest.mark.parametrize(
    ("path", "args", "at_once", "most"),
    [("limits:readLongRanges", LONG, 1, 8), ("limits:readRanges", MANY, 100, 4)],
)
def test_what_subscriptions_have_read_is_bounded(
    path: str, args: dict[str, int], at_once: int, most: int
) -> None:
    """Who has most of it loses the connection; others are told of what they follow."""
    with (
        EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE) as backend,
        session(backend) as other,
        session(backend) as hostile,
    ):
        assert other.follow(0, "messages:list", {"channel": "followed"}) == []
        hostile.follow(0, path, *[args] * at_once)
        with pytest.raises(ConnectionClosed):
            follow_more(hostile, most, path, *[args] * at_once)
        body = {"channel": "followed", "body": "seen"}
        post(backend, "/api/mutation", {"path": "messages:send", "args": body})
        (seen,) = other.next("Transition")["modifications"][0]["value"]
        assert seen["body"] == "seen"
