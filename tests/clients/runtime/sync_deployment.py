"""A deployment as the sync protocol has it, as strict as Convex, in a few lines and with no socket.

Source of its rules: the backend's `crates/sync/src/{worker,state}.rs`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_WAITING = 1000


def encoded_timestamp(timestamp: int) -> str:
    return base64.b64encode(timestamp.to_bytes(8, "little")).decode()


def version(query_set: int, identity: int, timestamp: int) -> dict[str, Any]:
    return {"querySet": query_set, "identity": identity, "ts": encoded_timestamp(timestamp)}


def transition(start: dict[str, Any], end: dict[str, Any], *changes: dict[str, Any]) -> bytes:
    message = {"type": "Transition", "startVersion": start, "endVersion": end}
    return json.dumps({**message, "modifications": changes}).encode()


def updated(query_id: int, value: Any, journal: str | None = None) -> dict[str, Any]:
    change = {"type": "QueryUpdated", "queryId": query_id, "value": value}
    return {**change, "logLines": [], "journal": journal}


def response(request_id: int, result: Any, timestamp: int) -> bytes:
    message = {"type": "MutationResponse", "requestId": request_id, "success": True}
    ts = encoded_timestamp(timestamp)
    return json.dumps({**message, "result": result, "ts": ts, "logLines": []}).encode()


@dataclass
class Deployment:
    """Counters by name: the query `n:get` reads one, and the mutation `n:add` adds one to it."""

    counters: dict[str, int] = field(default_factory=dict[str, int])
    answers: dict[tuple[str, int], bytes] = field(default_factory=dict[tuple[str, int], bytes])
    timestamp: int = 1

    def accept(self) -> DeploymentSocket:
        return DeploymentSocket(self)

    def add(self, key: tuple[str, int], name: str) -> bytes:
        """The answer to a request, which runs once."""
        if key not in self.answers:
            self.counters[name] = self.counters.get(name, 0) + 1
            self.timestamp += 1
            self.answers[key] = response(key[1], self.counters[name], self.timestamp)
        return self.answers[key]


@dataclass
class DeploymentSocket:
    """One connection to it. An `AssertionError` is what Convex ends the connection for."""

    deployment: Deployment
    session: str | None = None
    sent: dict[str, Any] = field(default_factory=lambda: version(0, 0, 0))
    query_set: int = 0
    identity: int = 0
    queries: dict[int, str] = field(default_factory=dict[int, str])
    known: dict[int, Any] = field(default_factory=dict[int, Any])
    waiting: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def receive(self, text: bytes) -> None:
        message = json.loads(text)
        assert (message["type"] == "Connect") == (self.session is None)
        match message["type"]:
            case "Connect":
                self.session = message["sessionId"]
                observed = base64.b64decode(message.get("maxObservedTimestamp", ""))
                assert int.from_bytes(observed, "little") <= self.deployment.timestamp
            case "Authenticate":
                assert message["baseVersion"] == self.identity
                self.identity += 1
            case "ModifyQuerySet":
                assert (message["baseVersion"], message["newVersion"]) == (
                    self.query_set,
                    self.query_set + 1,
                )
                self.query_set += 1
                self._modify(message["modifications"])
            case "Mutation":
                assert message["udfPath"] == "n:add"
                self.waiting.append((message["requestId"], message["args"][0]["name"]))
                assert len(self.waiting) <= MOST_WAITING
            case other:
                raise AssertionError(other)

    def _modify(self, changes: Sequence[dict[str, Any]]) -> None:
        for change in changes:
            number = change["queryId"]
            if change["type"] == "Add":
                assert number not in self.queries
                self.queries[number] = change["args"][0]["name"]
            else:
                del self.queries[number]
                self.known.pop(number, None)

    def answer_one(self) -> bytes | None:
        """The answer to the mutation that has waited longest."""
        if not self.waiting:
            return None
        number, name = self.waiting.pop(0)
        assert self.session is not None
        return self.deployment.add((self.session, number), name)

    def transition(self) -> bytes:
        """What has changed since the last one."""
        counters = self.deployment.counters
        found = {number: counters.get(name, 0) for number, name in self.queries.items()}
        changes = [
            updated(number, value)
            for number, value in found.items()
            if number not in self.known or self.known[number] != value
        ]
        self.known |= found
        start = self.sent
        self.sent = version(self.query_set, self.identity, self.deployment.timestamp)
        return transition(start, self.sent, *changes)
