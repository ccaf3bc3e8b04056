"""Every official client with every feature; what a client does not have is said in its cell."""

import asyncio
import json
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from children import child
from convex.http_client import ConvexHttpClient
from convex.values import convex_to_json
from convexgen.embedded import EmbeddedBackend, find_node
from waiting import PATIENCE
from web_tokens import SECRET, claims, signed

from convex import ConvexClient, ConvexError, ConvexInt64

HERE = Path(__file__).parent
PROJECT = HERE / "project"

CONFLICT = {"code": "CONFLICT", "count": {"$integer": "AQAAAAAAIAA="}, "tags": ["a", None]}

INT64 = [ConvexInt64(-(2**63)), ConvexInt64(2**63 - 1), ConvexInt64(0)]
BYTES = [b"", b"\x00\xff\x80"]
NON_FINITE = [math.nan, math.inf, -math.inf, -0.0]


def twice(values: list[Any]) -> list[Any]:
    """Each value was stored and read, and went through an action."""
    return [convex_to_json(value) for value in values for _ in range(2)]


EXPECTED: dict[str, Any] = {
    "query": ["é"],
    "mutation": [[True, "m"]],
    "action": "through",
    "subscribe": [[], ["one"], ["one", "two"]],
    "auth": ["user 1", None],
    "errors": [CONFLICT, CONFLICT, CONFLICT, True],
    "int64": twice(INT64),
    "bytes": twice(BYTES),
    "nonFinite": twice(NON_FINITE),
    "pagination": [["a", "b"], ["c", "d"], ["e"]],
    "reactivePagination": [["a", "b"], ["a", "b", "c", "d"], ["b", "c", "d"]],
}
NEEDS_SUBSCRIPTIONS = {"subscribe", "reactivePagination"}
NO_SUBSCRIPTIONS = "the client has no subscriptions"
NPM_CLIENTS = {
    "http": "ConvexHttpClient",
    "socket": "ConvexClient",
    "react": "ConvexReactClient",
}
PYTHON_CLIENTS = {"http": ConvexHttpClient, "socket": ConvexClient}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, jwt_secret=SECRET) as started:
        yield started


def npm_client(kind: str, url: str, channel: str, *more: str) -> list[str | Path]:
    token = signed(claims(iat=time.time()))
    return [find_node(), HERE / "matrix.mjs", kind, url, channel, token, *more]


@pytest.fixture(scope="module")
def npm_results(backend: EmbeddedBackend) -> Callable[[str], dict[str, Any]]:
    """What each npm client did, all features in one process."""
    known: dict[str, dict[str, Any]] = {}

    def results_of(kind: str) -> dict[str, Any]:
        if kind not in known:
            command = npm_client(kind, backend.url, f"npm {kind}")
            finished = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            assert finished.returncode == 0, finished.stderr
            known[kind] = json.loads(finished.stdout)
        return known[kind]

    return results_of


def cells(clients: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Each client with each feature, and what is expected of the two."""
    return [
        (
            kind,
            feature,
            NO_SUBSCRIPTIONS if kind == "http" and feature in NEEDS_SUBSCRIPTIONS else expected,
        )
        for kind in clients
        for feature, expected in EXPECTED.items()
    ]


def names(clients: dict[str, Any]) -> list[str]:
    return [f"{kind}-{feature}" for kind, feature, _ in cells(clients)]


@pytest.mark.parametrize(
    ("kind", "feature", "expected"), cells(NPM_CLIENTS), ids=names(NPM_CLIENTS)
)
def test_npm_client(
    npm_results: Callable[[str], dict[str, Any]], kind: str, feature: str, expected: Any
) -> None:
    assert npm_results(kind)[feature] == expected


class Client(Protocol):
    def query(self, name: str, args: Any = None) -> Any: ...
    def mutation(self, name: str, args: Any = None) -> Any: ...
    def action(self, name: str, args: Any = None) -> Any: ...
    def set_auth(self, value: str) -> None: ...
    def clear_auth(self) -> None: ...


def bodies_of(messages: list[dict[str, Any]]) -> list[str]:
    return [message["body"] for message in messages]


async def follow(
    client: ConvexClient,
    query: str,
    args: dict[str, Any],
    steps: list[tuple[Callable[[Any], bool], Callable[[], Any]]],
) -> list[Any]:
    """The update that each step accepts; its action causes the next one."""
    subscription: Any = client.subscribe(query, args)
    seen: list[Any] = []
    async for value in subscription:
        accepts, act = steps[len(seen)]
        if accepts(value):
            seen.append(value)
            await asyncio.to_thread(act)
        if len(seen) == len(steps):
            return seen
    raise AssertionError("the subscription ended")


class PythonColumn:
    """What a client of PyPI does, one method for each feature."""

    def __init__(self, client: Client, writer: ConvexHttpClient, name: str) -> None:
        self.client = client
        self.writer = writer
        self.name = name

    def result_of(self, feature: str) -> Any:
        if feature in NEEDS_SUBSCRIPTIONS and not hasattr(self.client, "subscribe"):
            return NO_SUBSCRIPTIONS
        return getattr(self, feature)()

    def query(self) -> Any:
        args = {"channel": f"{self.name} query"}
        self.writer.mutation("messages:send", {**args, "body": "é"})
        return bodies_of(self.client.query("messages:list", args))

    def mutation(self) -> Any:
        args = {"channel": f"{self.name} mutation"}
        message_id = self.client.mutation("messages:send", {**args, "body": "m"})
        found = self.client.query("messages:list", args)
        return [[message["_id"] == message_id, message["body"]] for message in found]

    def action(self) -> Any:
        return self.client.action("values:relay", {"value": "through"})

    def auth(self) -> Any:
        self.client.set_auth(signed(claims()))
        known = self.client.query("secret:whoAmI")
        self.client.clear_auth()
        return [known["subject"], self.client.query("secret:whoAmI")]

    def errors(self) -> Any:
        args = {"channel": f"{self.name} errors"}
        calls: list[tuple[Callable[..., Any], list[Any]]] = [
            (self.client.query, ["errors:refuse"]),
            (self.client.mutation, ["errors:insertAndRefuse", args]),
            (self.client.action, ["errors:refuseInAction"]),
            (self.client.mutation, ["errors:insertAndFail", args]),
        ]
        caught: list[Any] = []
        for call, arguments in calls:
            try:
                call(*arguments)
            except ConvexError as error:
                # The client over HTTP leaves the data of an error encoded.
                is_encoded = isinstance(self.client, ConvexHttpClient)
                data: Any = error.data
                caught.append(data if is_encoded else convex_to_json(data))
            except Exception as error:
                caught.append("boom" in str(error))
        return caught

    def _round_trip(self, values: list[Any]) -> Any:
        results: list[Any] = []
        for value in values:
            value_id = self.client.mutation("values:put", {"value": value})
            results.append(self.client.query("values:get", {"id": value_id}))
            results.append(self.client.action("values:relay", {"value": value}))
        return [convex_to_json(result) for result in results]

    def int64(self) -> Any:
        return self._round_trip(INT64)

    def bytes(self) -> Any:
        return self._round_trip(BYTES)

    def nonFinite(self) -> Any:
        return self._round_trip(NON_FINITE)

    def _write_five(self, channel: str) -> dict[str, Any]:
        bodies = ["a", "b", "c", "d", "e"]
        self.writer.mutation("messages:sendMany", {"channel": channel, "bodies": bodies})
        return {"channel": channel}

    def pagination(self) -> Any:
        args = self._write_five(f"{self.name} pagination")
        pages: list[list[str]] = []
        cursor, is_done = None, False
        while not is_done:
            options = {"numItems": 2, "cursor": cursor}
            result = self.client.query("messages:page", {**args, "paginationOpts": options})
            pages.append(bodies_of(result["page"]))
            cursor, is_done = result["continueCursor"], result["isDone"]
        return pages

    def subscribe(self) -> Any:
        assert isinstance(self.client, ConvexClient)
        args = {"channel": f"{self.name} subscribe"}

        def write(body: str) -> Callable[[], Any]:
            return lambda: self.writer.mutation("messages:send", {**args, "body": body})

        updates = asyncio.run(
            follow(
                self.client,
                "messages:list",
                args,
                [
                    (lambda messages: len(messages) == 0, write("one")),
                    (lambda messages: len(messages) == 1, write("two")),
                    (lambda messages: len(messages) == 2, lambda: None),
                ],
            )
        )
        return [bodies_of(messages) for messages in updates]

    def reactivePagination(self) -> Any:
        """Two subscribed pages, the second one from the cursor of the first."""
        client = self.client
        assert isinstance(client, ConvexClient)
        args = self._write_five(f"{self.name} reactive")

        def page(cursor: str | None) -> dict[str, Any]:
            return {**args, "paginationOpts": {"numItems": 2, "cursor": cursor, "id": 1}}

        def always(result: Any) -> bool:
            return True

        def remove_first() -> None:
            first = self.writer.query("messages:list", args)[0]
            self.writer.mutation("messages:remove", {"id": first["_id"]})

        def no_action() -> None:
            pass

        def has_shrunk(result: Any) -> bool:
            return bodies_of(result["page"]) == ["b"]

        async def follow_both() -> list[list[str]]:
            steps = [(always, remove_first), (has_shrunk, no_action)]
            first, shrunk = await follow(client, "messages:page", page(None), steps)
            assert first["continueCursor"] == shrunk["continueCursor"]
            second_args = page(first["continueCursor"])
            (second,) = await follow(client, "messages:page", second_args, [(always, no_action)])
            first_bodies, shrunk_bodies, second_bodies = (
                bodies_of(result["page"]) for result in (first, shrunk, second)
            )
            return [first_bodies, first_bodies + second_bodies, shrunk_bodies + second_bodies]

        return asyncio.run(asyncio.wait_for(follow_both(), PATIENCE))


@pytest.mark.parametrize(
    ("kind", "feature", "expected"), cells(PYTHON_CLIENTS), ids=names(PYTHON_CLIENTS)
)
def test_python_client(backend: EmbeddedBackend, kind: str, feature: str, expected: Any) -> None:
    client = PYTHON_CLIENTS[kind](backend.url)
    column = PythonColumn(client, ConvexHttpClient(backend.url), f"python {kind}")
    assert column.result_of(feature) == expected


class Restarts:
    """A backend that comes back at the same address, with nothing in it."""

    def __init__(self) -> None:
        self.backend = EmbeddedBackend.start(PROJECT)
        self.port, self.url = self.backend.port, self.backend.url

    def again(self) -> None:
        self.backend.stop()
        self.backend = EmbeddedBackend.start(PROJECT, port=self.port)

    def send(self, channel: str, body: str) -> None:
        client = ConvexHttpClient(self.url)
        client.mutation("messages:send", {"channel": channel, "body": body})


@pytest.fixture
def restarts() -> Iterator[Restarts]:
    made = Restarts()
    yield made
    made.backend.stop()


@pytest.mark.parametrize("kind", NPM_CLIENTS)
def test_npm_client_reconnects(restarts: Restarts, channel: str, kind: str) -> None:
    command = npm_client(kind, restarts.url, channel, "reconnect")
    with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def wait_for(bodies: list[str]) -> None:
            while json.loads(output.readline()) != bodies:
                pass

        output = process.stdout
        wait_for([])
        restarts.send(channel, "before")
        wait_for(["before"])
        restarts.again()
        restarts.send(channel, "after")
        wait_for(["after"])
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_python_client_reconnects(restarts: Restarts, channel: str) -> None:
    def write(body: str) -> Callable[[], None]:
        return lambda: restarts.send(channel, body)

    def restart_and_write() -> None:
        restarts.again()
        restarts.send(channel, "after")

    async def run() -> list[Any]:
        client = ConvexClient(restarts.url)
        steps = [
            (lambda messages: bodies_of(messages) == [], write("before")),
            (lambda messages: bodies_of(messages) == ["before"], restart_and_write),
            (lambda messages: bodies_of(messages) == ["after"], lambda: None),
        ]
        args = {"channel": channel}
        return await asyncio.wait_for(follow(client, "messages:list", args, steps), PATIENCE)

    assert len(asyncio.run(run())) == 3


def test_python_http_client_after_a_restart(restarts: Restarts, channel: str) -> None:
    client = ConvexHttpClient(restarts.url)
    client.mutation("messages:send", {"channel": channel, "body": "before"})
    restarts.again()
    client.mutation("messages:send", {"channel": channel, "body": "after"})
    assert bodies_of(client.query("messages:list", {"channel": channel})) == ["after"]
