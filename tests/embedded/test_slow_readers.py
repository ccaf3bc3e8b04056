"""Subscribers that do not read any more: what waits for them is bounded."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from test_http import post, request
from waiting import PATIENCE, wait_until
from websockets.sync.client import ClientConnection, connect

PROJECT = Path(__file__).parent / "project"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def server() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE) as started:
        yield started


def subscription(channel: str) -> list[dict[str, object]]:
    add = {
        "type": "Add",
        "queryId": 0,
        "udfPath": "messages:list",
        "args": [{"channel": channel}],
    }
    session = {"type": "Connect", "sessionId": str(uuid4()), "connectionCount": 0}
    changes = {"baseVersion": 0, "newVersion": 1, "modifications": [add]}
    return [session, {"type": "ModifyQuerySet", **changes}]


def is_dropped(server: EmbeddedBackend) -> bool:
    return any("does not read any more" in line for line in server.log_lines())


def write(server: EmbeddedBackend, channel: str) -> None:
    body = {"channel": channel, "body": "x" * (MEBIBYTE // 2)}
    post(server, "/api/mutation", {"path": "messages:send", "args": body})


def opened(server: EmbeddedBackend) -> socket.socket:
    """A WebSocket of which nothing was read."""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    head = "GET /api/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    key = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    raw.sendall(f"{head}{key}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
    return raw


def test_who_does_not_read_is_dropped_at_a_bound(server: EmbeddedBackend, channel: str) -> None:
    url = f"ws://127.0.0.1:{server.port}/api/sync"
    reading = connect(url, max_size=None, ping_interval=None, open_timeout=PATIENCE)
    with opened(server) as raw, reading as reader:
        for message in subscription(channel):
            raw.sendall(frame(json.dumps(message).encode()))
            reader.send(json.dumps(message))
        written = 0
        # Some 1 + 2 + … of them are more than the bound and what the system holds.
        while not is_dropped(server):
            assert written < 26
            write(server, channel)
            written += 1
            # Who reads is told of each.
            while len(listed(reader.recv(PATIENCE))) < written:
                pass
        write(server, channel)
        while len(listed(reader.recv(PATIENCE))) <= written:
            pass
        # What it was sent before is there, and then the end.
        wait_until(lambda: is_over(raw))


LARGE = {"path": "values:large", "args": {"length": 8 * MEBIBYTE}}
"""Of its results, 15 and what is around them have less than 128 MiB."""


def large_subscriptions(count: int) -> list[dict[str, object]]:
    session, _ = subscription("")
    add = {"type": "Add", "udfPath": LARGE["path"], "args": [LARGE["args"]]}
    modifications = [{**add, "queryId": number} for number in range(count)]
    changes = {"baseVersion": 0, "newVersion": 1, "modifications": modifications}
    return [session, {"type": "ModifyQuerySet", **changes}]


def test_results_of_one_request_are_bounded(server: EmbeddedBackend) -> None:
    answer = post(server, "/api/query_batch", {"queries": [LARGE] * 40})
    statuses = [result["status"] for result in answer["results"]]
    assert statuses == ["success"] * 15 + ["error"] * 25
    assert "more than 128 MiB" in answer["results"][-1]["errorMessage"]


@pytest.mark.parametrize("path", ["/api/sync", "/api/1.40.0/sync"])
def test_results_of_one_message_are_bounded(server: EmbeddedBackend, path: str) -> None:
    url = f"ws://127.0.0.1:{server.port}{path}"
    with connect(url, max_size=None, ping_interval=None, open_timeout=PATIENCE) as reader:
        for message in large_subscriptions(40):
            reader.send(json.dumps(message))
        modifications = transition(reader)["modifications"]
    kinds = [one["type"] for one in modifications]
    assert kinds == ["QueryUpdated"] * 15 + ["QueryFailed"] * 25
    assert "more than 128 MiB" in modifications[-1]["errorMessage"]


def transition(reader: ClientConnection) -> dict[str, Any]:
    """The first, in one part or several."""
    chunks: list[str] = []
    while True:
        message: dict[str, Any] = json.loads(reader.recv(PATIENCE))
        if message["type"] == "Transition":
            return message
        if message["type"] == "TransitionChunk":
            chunks.append(message["chunk"])
            if len(chunks) == message["totalParts"]:
                whole: dict[str, Any] = json.loads("".join(chunks))
                return whole


def test_what_waits_for_all_is_bounded(server: EmbeddedBackend) -> None:
    """Of many that read nothing, each with less than its own bound, some lose their connections."""
    with ExitStack() as stack:
        for _ in range(6):
            raw = stack.enter_context(opened(server))
            for message in large_subscriptions(12):
                raw.sendall(frame(json.dumps(message).encode()))
        wait_until(lambda: any("too much waits for clients" in line for line in server.log_lines()))
        assert made(server) == 0


def test_answers_that_nobody_reads_are_bounded(server: EmbeddedBackend) -> None:
    body = json.dumps({"queries": [LARGE] * 12}).encode()
    head = f"POST /api/query_batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    with ExitStack() as stack:
        connections = []
        for _ in range(6):
            raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            connections.append(stack.enter_context(raw))
            raw.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
            # Its answer has begun, or it has none.
            with suppress(ConnectionResetError):
                raw.recv(1)
        assert made(server) == 0
        whole = [received(raw) > 96 * MEBIBYTE for raw in connections]
    assert 0 < whole.count(True) < len(whole)


def received(raw: socket.socket) -> int:
    count = 0
    with suppress(ConnectionResetError):
        while part := raw.recv(MEBIBYTE):
            count += len(part)
    return count


def test_downloads_are_read_from_one_copy(server: EmbeddedBackend) -> None:
    """Nothing is kept for who reads none of a file, so that it breaks off when it is deleted."""
    size = 64 * MEBIBYTE
    content = bytes(range(256)) * (size // 256)
    url = post(server, "/api/mutation", {"path": "storing:uploadUrl", "args": {}})["value"]
    _, stored = request(server, "POST", url[url.index("/api/") :], raw=content)
    storage_id = json.loads(stored)["storageId"]
    head = f"GET /api/storage/{storage_id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    part = f"{head}Range: bytes=1-{size - 2}\r\n"
    with ExitStack() as stack:
        standing = [stack.enter_context(asked(server, head)) for _ in range(10)]
        assert made(server) == 0
        assert downloaded(standing.pop()) == content
        assert downloaded(stack.enter_context(asked(server, part))) == content[1:-1]
        body = {"path": "storing:remove", "args": {"id": storage_id}}
        post(server, "/api/mutation", body)
        assert all(0 < received(raw) < size for raw in standing)


def asked(server: EmbeddedBackend, head: str) -> socket.socket:
    """A connection whose answer has begun, and of which little is read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    raw.settimeout(PATIENCE)
    raw.connect(("127.0.0.1", server.port))
    raw.sendall(f"{head}\r\n".encode())
    assert raw.recv(9) == b"HTTP/1.1 "
    return raw


def downloaded(raw: socket.socket) -> bytes:
    with raw.makefile("rb") as answer:
        while answer.readline() != b"\r\n":
            pass
        return answer.read()


def test_who_does_not_read_has_one_ping_answered(server: EmbeddedBackend) -> None:
    """Beyond what the system holds, nothing is kept for who pings and does not read."""
    count = 200_000
    with opened(server) as raw:
        flood = frame(b"x" * 125, PING) * 1000
        for _ in range(count // 1000):
            raw.sendall(flood)
        raw.sendall(frame(b"last", PING))
        answers = raw.makefile("rb")
        while answers.readline() != b"\r\n":
            pass
        answered = 0
        while (answer := next_frame(answers)) != (PONG, b"last"):
            answered += answer[0] == PONG
    assert 0 < answered < count // 2


def test_an_http_action_makes_no_more_than_is_read(server: EmbeddedBackend) -> None:
    """Beyond what the system holds, nothing is made for who does not read; then all of it comes."""
    count = 20  # of a mebibyte each: Convex's own limit
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        raw.settimeout(PATIENCE)
        raw.connect(("127.0.0.1", server.port))
        head = f"GET /http/flood?count={count} HTTP/1.1\r\nHost: localhost\r\n"
        raw.sendall(f"{head}Connection: close\r\n\r\n".encode())
        wait_until(lambda: made(server) > 0)
        seen = [made(server)]
        # Nothing more, while so many others are answered.
        while len(seen) < 100 or seen[-100] != seen[-1]:
            seen.append(made(server))
            assert seen[-1] < count
        received = sum(map(len, iter(lambda: raw.recv(MEBIBYTE), b"")))
    assert received > count * MEBIBYTE
    assert made(server) == count


def made(server: EmbeddedBackend) -> int:
    _, text = request(server, "GET", "/http/made")
    found: int = json.loads(text)
    return found


def listed(text: str | bytes) -> list[object]:
    message = json.loads(text)
    modifications = message.get("modifications") or [{"value": []}]
    found: list[object] = modifications[0]["value"]
    return found


def is_over(raw: socket.socket) -> bool:
    try:
        return not raw.recv(MEBIBYTE)
    except ConnectionResetError:
        return True


TEXT, PING, PONG = 1, 9, 10


def frame(payload: bytes, kind: int = TEXT) -> bytes:
    """A frame of a client, under a mask of zeros (RFC 6455)."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 | kind]) + size + bytes(4) + payload


def next_frame(answers: IO[bytes]) -> tuple[int, bytes]:
    """The kind and the payload of a short frame of the server."""
    head, length = answers.read(2)
    if length == 126:
        length = int.from_bytes(answers.read(2), "big")
    return head & 0x0F, answers.read(length)
