"""What one client sends is its own matter: others are answered, and nothing unforeseen happens."""

from __future__ import annotations

import copy
import json
import random
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from select import select
from typing import Any, Self
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_scripts import run_script
from test_http import request
from waiting import PATIENCE, wait_until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PROJECT = Path(__file__).parent / "project"
EXAMPLES = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEED = st.integers(0, 2**32 - 1)
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedBackend]:
    """One whose log is of this module alone."""
    with EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE) as started:
        yield started


def is_foreseen(status: int, text: str) -> bool:
    """Whether it says what is wrong with the request; Convex says 503 of the distant past."""
    return 200 <= status < 500 or json.loads(text)["code"] == "OutOfRetention"


def stacks(server: EmbeddedBackend) -> list[str]:
    """What the log tells of errors that nobody has foreseen."""
    return [line for line in server.log_lines() if line.startswith("    at ")]


class Client:
    """A session of the sync protocol."""

    def __init__(self, server: EmbeddedBackend) -> None:
        self._opening = connect(
            f"ws://127.0.0.1:{server.port}/api/sync",
            open_timeout=PATIENCE,
            ping_interval=None,
            max_size=None,
        )
        self._requests = 1_000_000

    def __enter__(self) -> Self:
        self.socket: ClientConnection = self._opening.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opening.__exit__(*error)

    def send(self, message: object) -> None:
        self.socket.send(json.dumps(message))

    def count(self, channel: str) -> Any:
        """The answer to a mutation; None where the socket has ended."""
        self._requests += 1
        args = [{"channel": channel}]
        try:
            self.send(
                {
                    "type": "Mutation",
                    "requestId": self._requests,
                    "udfPath": "messages:count",
                    "args": args,
                }
            )
            while True:
                message = json.loads(self.socket.recv(PATIENCE))
                is_it = message.get("requestId") == self._requests
                if message["type"] == "MutationResponse" and is_it:
                    return message["result"]
        except ConnectionClosed:
            return None

    def follow(self, channel: str) -> None:
        self.send(
            {
                "type": "ModifyQuerySet",
                "baseVersion": 0,
                "newVersion": 1,
                "modifications": [
                    {
                        "type": "Add",
                        "queryId": 0,
                        "udfPath": "messages:list",
                        "args": [{"channel": channel}],
                    }
                ],
            }
        )

    def update(self) -> Any:
        """The next result of what it follows."""
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            if message["type"] == "Transition" and message["modifications"]:
                return message["modifications"][0]["value"]


def connecting(observed: Any = None) -> dict[str, Any]:
    return {
        "type": "Connect",
        "sessionId": str(uuid4()),
        "connectionCount": 0,
        "lastCloseReason": None,
        "maxObservedTimestamp": observed,
    }


def messages() -> list[dict[str, Any]]:
    """One of each kind that the protocol has."""
    call = {"requestId": 0, "udfPath": "values:echo", "args": [{"value": 1.0}]}
    add = {"type": "Add", "queryId": 1, "udfPath": "values:echo", "args": [{"value": 1.0}]}
    changes = {"baseVersion": 0, "newVersion": 1, "modifications": [add]}
    remove = {**changes, "modifications": [add, {"type": "Remove", "queryId": 1}]}
    return [
        connecting(),
        connecting("AAAAAAAAAAA="),
        {"type": "ModifyQuerySet", **changes},
        {"type": "ModifyQuerySet", **remove},
        {"type": "Mutation", **call},
        {"type": "Mutation", **call, "udfPath": "messages:count", "componentPath": ""},
        {"type": "Action", **call},
        {"type": "Authenticate", "baseVersion": 0, "tokenType": "None"},
        {"type": "Authenticate", "baseVersion": 0, "tokenType": "User", "value": "a.b.c"},
        {"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k"},
        {"type": "Event", "eventType": "e", "event": {}},
    ]


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 1, 0.5, 2**31, 2**32, 2**53, 2**64 - 1, 1e308, -0.0),
    *("", "x", "\0", "\ud800", "__proto__", "constructor", "a:b", "../a:b", "values:echo:x", "/"),
    *("AAAAAAAAAAA=", "//////////8=", "/////////38=", "AAAA", "Service", "User", "Admin"),
    *([], {}, [[]], [{}], [None], {"__proto__": {}}, {"$integer": "AAAAAAAAAAA="}),
    *({"$integer": "x"}, {"$integer": 5}, {"$float": "AAAA"}, {"$bytes": "%"}, {"$set": []}),
    *({"$bytes": None}, {"$x": 1}, {"": 1}, {"é": 1}, {"toJSON": 1}, {"length": 2**31}),
    *(nested(62), nested(63), nested(64), nested(65), nested(120), nested(200)),
    *("x" * 100_000, ["x"] * 9_000, {f"k{number}": 1 for number in range(2_000)}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in inner:
            yield from places(one, (*path, name))


def mutated(chance: random.Random) -> str | bytes:
    """A message that was changed in some places, maybe as text too."""
    message: Any = copy.deepcopy(chance.choice(messages()))
    for _ in range(chance.randrange(3)):
        path = chance.choice(list(places(message)))
        if not path:
            message = chance.choice(STRANGE) if chance.random() < 0.2 else message
            continue
        *above, last = path
        holder = message
        for step in above:
            holder = holder[step]
        change = chance.randrange(4)
        if change == 0:
            del holder[last]
        elif change == 1 and isinstance(holder, dict):
            holder[chance.choice(["type", "args", "value", "__proto__", "x"])] = holder.pop(last)
        else:
            holder[last] = copy.deepcopy(chance.choice(STRANGE))
    text = json.dumps(message)
    for _ in range(chance.randrange(3) if chance.random() < 0.2 else 0):
        place = chance.randrange(len(text) + 1)
        text = (
            text[:place]
            + chance.choice(['"', "{", "]", ",", "\\", "1e999", ""])
            + text[place + 1 :]
        )
    return text.encode() if chance.random() < 0.03 else text


def test_one_client_never_touches_another(server: EmbeddedBackend) -> None:
    """Its messages are answered, or end its own connection: it never stands still."""
    channel = f"channel {uuid4()}"
    with Client(server) as witness:
        witness.send(connecting())
        witness.follow(channel)
        assert witness.update() == []
        attack_beside(server, witness, channel)
        body = {"path": "messages:send", "args": {"channel": channel, "body": "after"}}
        status, _ = request(server, "POST", "/api/mutation", body)
        assert status == 200
        assert [one["body"] for one in witness.update()] == ["after"]
    assert stacks(server) == []


def attack_beside(server: EmbeddedBackend, witness: Client, channel: str) -> None:
    @EXAMPLES
    @given(SEED, st.integers(1, 4), st.booleans())
    def attack(seed: int, count: int, connects: bool) -> None:
        chance = random.Random(seed)
        with Client(server) as client:
            with suppress(ConnectionClosed):
                if connects:
                    client.send(connecting())
                for _ in range(count):
                    client.socket.send(mutated(chance))
            assert client.count(channel) in (0, None)
        assert witness.count(channel) == 0

    attack()


CALLS = ["query", "mutation", "action", "run/values/echo", "query_batch", "query_at_ts"]


@pytest.mark.parametrize("depth", [65, 120, 200, 10_000, 1_000_000])
@pytest.mark.parametrize("name", CALLS)
def test_deep_arguments_over_http(server: EmbeddedBackend, name: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    call = f'{{"path":"values:echo","args":{{"value":{deep}}},"ts":"AAAAAAAAAAA="}}'
    body = call if name != "query_batch" else f'{{"queries":[{call}]}}'
    status, text = request(server, "POST", f"/api/{name}", raw=body.encode())
    if depth > 127:
        assert (status, json.loads(text)["code"]) == (400, "BadJsonBody")
    else:
        assert is_foreseen(status, text)
    assert stacks(server) == []


def test_deep_arguments_in_a_url(server: EmbeddedBackend) -> None:
    deep = "[" * 1_000 + "]" * 1_000
    status, text = request(server, "GET", f"/api/query?path=values:echo&args={deep}")
    assert (status, json.loads(text)["code"]) == (400, "BadJsonBody")


TARGETS = [
    *("/api/run/%", "/api/run/%zz/x", "/api/run/%ff/%ff", "/api/run/values/%00", "/api/run/"),
    *("/api/run", "/api/run/a%2fb/c", "/api/run/../x/y", "/api/run/values//echo"),
    *("/api/query?args=%", "/api/query?path=%", "/api/query?path=values:echo&args=["),
    *("/api/query?path=values:echo&format=x", "/api/storage/%", "/api/storage/"),
    *("/api/storage/../../etc/passwd", "/api/storage/%2e%2e%2f", "/http/", "/http//", "/http/%"),
    *("/http//evil.com/x", "/http/%00", "/http/\\..\\", "/http/:80", "/http/@evil.com", "/http/?%"),
    *("//", "//evil.com/version", "http://evil.com/version", "http://[/", "*", "/%", "/\\"),
    *("/version?%", "/#x", "/api/sync", "/api/%/sync", "/a" * 3_000, "/api/run/" + "a/" * 3_000),
]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE", "TRACE", "HEAD"])
def test_malformed_urls(server: EmbeddedBackend, method: str) -> None:
    answered = {target: raw_status(server, method, target) for target in TARGETS}
    assert {target: status for target, status in answered.items() if not 200 <= status < 500} == {}
    assert stacks(server) == []


@pytest.mark.parametrize(
    "target", ["/api/query", "/api/run/values/echo", "/api/storage/upload?token=a", "/http/x"]
)
def test_requests_that_are_cut_off(server: EmbeddedBackend, target: str) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\n"
    for body in ("Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(f"{head}{body}".encode())
    assert raw_status(server, "GET", "/version") == 200
    assert stacks(server) == []


def raw_status(server: EmbeddedBackend, method: str, target: str) -> int:
    """The status of the answer to a target that is sent as it is."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(maxsplit=2)[1])


@EXAMPLES
@given(seed=SEED)
def test_changed_requests(server: EmbeddedBackend, seed: int) -> None:
    """No body, target or header brings an error of the server's own."""
    chance = random.Random(seed)
    call = {"path": "values:echo", "args": {"value": 1.0}, "format": "json", "ts": "AAAAAAAAAAA="}
    message: Any = copy.deepcopy(chance.choice([call, {"queries": [call]}]))
    for _ in range(chance.randrange(3)):
        path = chance.choice(list(places(message)))
        if path:
            *above, last = path
            holder = message
            for step in above:
                holder = holder[step]
            holder[last] = copy.deepcopy(chance.choice(STRANGE))
    target = chance.choice(
        [
            *(
                "/api/query",
                "/api/mutation",
                "/api/action",
                "/api/function",
                "/api/run/values/echo",
            ),
            *(
                "/api/query_batch",
                "/api/query_at_ts",
                "/api/query_ts",
                "/api/storage/upload?token=a",
            ),
        ]
    )
    authorization = chance.choice([None, "", "Convex", "Convex k:x", "Bearer a.b.c", "Bearer", "x"])
    headers = {} if authorization is None else {"Authorization": authorization}
    status, text = request(server, "POST", target, message, headers=headers)
    assert is_foreseen(status, text), (target, message, text)
    assert stacks(server) == []


def opened(server: EmbeddedBackend, head: str) -> socket.socket:
    """A connection over which a request has begun."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    connection.sendall(f"{head}\r\n\r\n".encode())
    return connection


def posting(target: str, size: int) -> str:
    return f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}"


def test_an_upload_is_not_read_before_its_token(server: EmbeddedBackend) -> None:
    with opened(server, posting("/api/storage/upload?token=a", 256 * MEBIBYTE)) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


ECHO = {"path": "values:echo", "args": {"value": 1.0}, "format": "json"}


def test_who_sends_the_most_makes_way(server: EmbeddedBackend) -> None:
    """What comes from all connections is bounded, and who sends little is answered."""
    size = 16 * MEBIBYTE
    with ExitStack() as stack:
        connections = [
            stack.enter_context(opened(server, posting("/api/query", size))) for _ in range(30)
        ]
        for connection in connections:
            connection.sendall(b" " * (size - 1))
        assert request(server, "POST", "/api/query", ECHO)[0] == 200
        statuses: list[bytes] = []
        for connection in connections:
            connection.sendall(b"x")
            statuses.append(connection.recv(65536)[9:12])
    assert set(statuses) == {b"400", b"503"}
    assert request(server, "POST", "/api/query", ECHO)[0] == 200


LARGE_IN_JSON = "{'a':[1,2],'b':{'c':[]}}," * (15_500_000 // 25)


def test_text_weighs_what_it_has(server: EmbeddedBackend) -> None:
    """Text with the characters of JSON is text: nobody makes way for it."""
    with Client(server) as witness, ExitStack() as stack:
        body = {"path": "values:relay", "args": {"value": LARGE_IN_JSON}}
        connections = [
            stack.enter_context(opened(server, posting("/api/action", len(json.dumps(body)))))
            for _ in range(5)
        ]
        for connection in connections:
            connection.sendall(json.dumps(body).encode())
        statuses = {connection.recv(65536)[9:12] for connection in connections}
        assert b"503" not in statuses
        assert witness.count(str(uuid4())) == 0


def test_who_grows_makes_way(server: EmbeddedBackend) -> None:
    """There is no room for what is large in memory alone beside another such, and for all else."""
    channel = str(uuid4())
    values = "[" + "[]," * (16 * MEBIBYTE // 3 - 100) + "[]]"
    call = {"path": "waiting:forMessage", "args": {"channel": channel}}
    body = f'{{"more": {values}, {json.dumps(call)[1:]}'
    with Client(server) as witness, ExitStack() as stack:
        witness.send(connecting())
        waiting = [
            stack.enter_context(opened(server, posting("/api/action", len(body)))) for _ in range(3)
        ]
        for connection in waiting:
            connection.sendall(body.encode())
        while len(waiting) > 1:
            answered, _, _ = select(waiting, [], [], PATIENCE)
            assert [one.recv(65536)[9:12] for one in answered] == [b"503"] * len(answered) != []
            waiting = [one for one in waiting if one not in answered]
        assert witness.count(channel) == 0
        message = {"path": "messages:send", "args": {"channel": channel, "body": "go"}}
        assert request(server, "POST", "/api/mutation", message)[0] == 200
        assert waiting[0].recv(65536)[9:12] == b"200"


UPGRADE = (
    "GET /api/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
)


def test_messages_without_an_end_make_way(server: EmbeddedBackend) -> None:
    size = 60 * MEBIBYTE
    frame = b"\x81\xff" + size.to_bytes(8, "big") + bytes(4) + bytes(size - 1)
    with ExitStack() as stack, Client(server) as witness:
        connections = [stack.enter_context(opened(server, UPGRADE)) for _ in range(8)]
        for connection in connections:
            with suppress(OSError):
                connection.sendall(frame)
        wait_until(lambda: any(is_over(connection) for connection in connections))
        assert not all(is_over(connection) for connection in connections)
        assert witness.count(str(uuid4())) == 0


def test_pieces_are_counted_as_they_are_kept() -> None:
    """A body is copied together; each frame of a message is an object, larger than one byte."""
    counted = run_script("unfinished.mjs")
    for body in counted["bodies"]:
        assert body == {"held": body["held"], "isWhole": True, "dropped": 0}
        assert 300_000 <= body["held"] <= 600_000
    for message in counted["messages"]:
        assert message["fragments"] >= 1_000 * 400
        assert message["most"] >= 138_000
        assert [message[name] for name in ("ended", "idle", "whole")] == [0, 0, 0]


def test_short_fragments_make_way(server: EmbeddedBackend) -> None:
    """Each is kept as an object: those of one byte are counted as that."""
    fragments = b"\x00\x81\x00\x00\x00\x00x" * 10_000
    with opened(server, UPGRADE) as connection, Client(server) as witness:
        connection.sendall(b"\x01\x81\x00\x00\x00\x00x")
        with suppress(OSError):
            for _ in range(100):
                connection.sendall(fragments)
        wait_until(lambda: is_over(connection))
        assert witness.count(str(uuid4())) == 0


def test_chunks_of_one_byte_are_a_body(server: EmbeddedBackend) -> None:
    head = "POST /api/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked"
    body = b" " * 400_000 + json.dumps(ECHO).encode()
    with opened(server, head) as connection:
        connection.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert connection.recv(65536)[9:12] == b"200"


def test_what_actions_hold_is_counted_when_their_sockets_end(server: EmbeddedBackend) -> None:
    """They run on, with their arguments: at a bound, no other one is begun."""
    channel = str(uuid4())
    args = [{"channel": channel, "body": "x" * (15 * MEBIBYTE)}]
    action = {"type": "Action", "udfPath": "waiting:forMessage", "args": args}
    begun = 0
    with Client(server) as witness:
        while begun < 30:
            with Client(server) as hostile:
                hostile.send(connecting())
                hostile.send({**action, "requestId": 0})
                if hostile.count(channel) is None:
                    break
            begun += 1
        assert 0 < begun < 25
        assert witness.count(channel) == 0
        body = {"path": "messages:send", "args": {"channel": channel, "body": "go"}}
        assert request(server, "POST", "/api/mutation", body)[0] == 200
    wait_until(lambda: begins(server, action, channel))


def begins(server: EmbeddedBackend, action: dict[str, Any], channel: str) -> bool:
    with Client(server) as client:
        client.send(connecting())
        client.send({**action, "requestId": 0})
        return client.count(channel) is not None


# Its text has 3 MB, and what is read from it more than ten times as much.
LARGE_IN_MEMORY = [[]] * MEBIBYTE


def modify(version: int, *modifications: dict[str, Any]) -> dict[str, Any]:
    versions = {"baseVersion": version, "newVersion": version + 1}
    return {"type": "ModifyQuerySet", **versions, "modifications": modifications}


@pytest.mark.parametrize("path", ["values:echo", "values:none"])
def test_what_is_subscribed_to_is_counted(server: EmbeddedBackend, path: str) -> None:
    """What a client follows is kept, so it is counted until it is not followed any more."""
    add = {"type": "Add", "udfPath": path, "args": [{"value": LARGE_IN_MEMORY}]}
    channel = str(uuid4())
    with Client(server) as witness, Client(server) as careful, Client(server) as hostile:
        careful.send(connecting())
        for number in range(12):
            remove = [{"type": "Remove", "queryId": number - 1}] if number else []
            careful.send(modify(number, *remove, {**add, "queryId": number}))
        assert careful.count(channel) == 0
        careful.send(modify(12, {"type": "Remove", "queryId": 11}))
        assert careful.count(channel) == 0
        hostile.send(connecting())
        with suppress(ConnectionClosed):
            for number in range(12):
                hostile.send(modify(number, {**add, "queryId": number}))
        assert hostile.count(channel) is None
        assert witness.count(channel) == careful.count(channel) == 0


def is_over(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def batch(server: EmbeddedBackend) -> Generator[Callable[[], bool]]:
    """Many queries of one request; what says whether they were answered."""
    body = json.dumps({"queries": [ECHO] * MANY}).encode()
    with opened(server, posting("/api/query_batch", len(body))) as connection:
        connection.sendall(body)
        connection.setblocking(False)

        def is_answered() -> bool:
            with suppress(BlockingIOError):
                return connection.recv(1) == b"H"
            return False

        yield is_answered


@contextmanager
def subscribed(
    server: EmbeddedBackend, count: int, path: str, args: dict[str, float]
) -> Generator[Callable[[], bool]]:
    """So many queries of one message; what says whether they were answered."""
    add = {"type": "Add", "udfPath": path, "args": [args]}
    adds = [{**add, "queryId": number} for number in range(count)]
    versions = {"baseVersion": 0, "newVersion": 1}
    with Client(server) as client:
        client.send(connecting())
        client.send({"type": "ModifyQuerySet", **versions, "modifications": adds})

        def is_answered() -> bool:
            with suppress(TimeoutError):
                message = json.loads(client.socket.recv(0))
                assert message["type"] == "Ping" or len(message["modifications"]) == count
                return bool(message["type"] == "Transition")
            return False

        yield is_answered


def subscriptions(server: EmbeddedBackend) -> AbstractContextManager[Callable[[], bool]]:
    return subscribed(server, MANY, "values:echo", {"value": 1.0})


def long_subscriptions(server: EmbeddedBackend) -> AbstractContextManager[Callable[[], bool]]:
    """Fewer than those that run at once where they are short."""
    return subscribed(server, 99, "limits:readRanges", {"count": 4_000})


MANY = 5_000


@pytest.mark.parametrize("asking", [batch, subscriptions, long_subscriptions])
def test_many_queries_let_others_through(server: EmbeddedBackend, asking: Any) -> None:
    answered = 0
    with asking(server) as is_answered:
        while not is_answered():
            assert request(server, "POST", "/api/query", ECHO)[0] == 200
            answered += 1
    assert answered > 2


def test_many_subscriptions_show_one_moment(server: EmbeddedBackend) -> None:
    """They run in parts, with what others write in between."""
    channel = f"channel {uuid4()}"
    add = {"type": "Add", "udfPath": "messages:list", "args": [{"channel": channel}]}
    adds = [{**add, "queryId": number} for number in range(350)]
    versions = {"baseVersion": 0, "newVersion": 1}
    shown: dict[int, int] = {}
    most = 12
    written = 0
    with Client(server) as client:
        client.send(connecting())
        client.send({"type": "ModifyQuerySet", **versions, "modifications": adds})
        while shown.get(0) != most:
            if written < most:
                body = {"path": "messages:send", "args": {"channel": channel, "body": "x"}}
                assert request(server, "POST", "/api/mutation", body)[0] == 200
                written += 1
            with suppress(TimeoutError):
                message = json.loads(client.socket.recv(0 if written < most else PATIENCE))
                for one in message.get("modifications", []):
                    shown[one["queryId"]] = len(one["value"])
                assert len(set(shown.values())) <= 1
    assert len(shown) == len(adds)
