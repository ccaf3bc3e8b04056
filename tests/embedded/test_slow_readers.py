"""Subscribers that do not read any more: what waits for them is bounded."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from test_http import post, request
from waiting import PATIENCE, wait_until
from websockets.sync.client import connect

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


def test_who_does_not_read_is_dropped_at_a_bound(server: EmbeddedBackend, channel: str) -> None:
    url = f"ws://127.0.0.1:{server.port}/api/sync"
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    with raw, connect(url, max_size=None, ping_interval=None, open_timeout=PATIENCE) as reader:
        head = "GET /api/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        key = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        raw.sendall(f"{head}{key}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
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


def test_an_http_action_makes_no_more_than_is_read(server: EmbeddedBackend) -> None:
    """Beyond what the system holds, nothing is made for who does not read; then all of it comes."""
    count = 120
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        head = f"GET /http/flood?count={count} HTTP/1.1\r\nHost: localhost\r\n"
        raw.sendall(f"{head}Connection: close\r\n\r\n".encode())
        wait_until(lambda: made(server) > 0)
        seen = [made(server)]
        # Nothing more, while so many others are answered.
        while len(seen) < 100 or seen[-100] != seen[-1]:
            seen.append(made(server))
            assert seen[-1] < count // 2
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


def frame(payload: bytes) -> bytes:
    """A frame of a client, under a mask of zeros (RFC 6455)."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + payload
