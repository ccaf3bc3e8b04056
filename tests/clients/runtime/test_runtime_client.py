"""The synchronous client against real servers: requests, retries, deadlines, threads."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from convexgen.runtime import (
    AccessDenied,
    Call,
    Client,
    ConnectFailed,
    Decoder,
    Integer,
    InvalidArgument,
    NotFound,
    ServerError,
    Timeout,
    Unavailable,
)
from late_calls import late
from loopback import (
    Reply,
    Request,
    closed_port_url,
    dripping,
    failure,
    serving,
    silent,
    success,
)
from sample import SampleStorage, Thread, ThreadStatus
from waiting import MOMENT, PATIENCE

NUMBER: Decoder[int] = Decoder(Integer)
READ = Call.query("m:read", {}, NUMBER, "read")
WRITE = Call.mutation("m:write", {}, NUMBER, "write", idempotent=False)
SAVE = Call.mutation("m:save", {}, NUMBER, "save", idempotent=True)


def in_turn(*replies: Reply) -> Iterator[Reply]:
    """The replies one after the other; the last one again and again."""
    yield from replies
    while True:
        yield replies[-1]


def document(thread_id: str) -> dict[str, Any]:
    return {
        "_id": thread_id,
        "_creationTime": 1.5,
        "threadId": thread_id,
        "resourceId": "r",
        "closedBy": None,
        "status": "open",
        "kind": "chat",
        "createdAt": 0.0,
        "updatedAt": 0.0,
    }


def thread(thread_id: str, **fields: Any) -> Thread:
    return Thread(
        thread_id=thread_id,
        resource_id="r",
        closed_by=None,
        status=ThreadStatus.OPEN,
        kind="chat",
        **fields,
    )


def test_a_request() -> None:
    with serving(lambda _: success(5.0)) as server:
        with Client(f"{server.url}/prefix/", deploy_key="dev:x|key") as client:
            assert client.run(READ) == 5
            assert client.run(WRITE) == 5
        first, second = server.requests
    assert (first.path, second.path) == ("/prefix/api/query", "/prefix/api/mutation")
    assert first.body == {"path": "m:read", "format": "convex_encoded_json", "args": {}}
    assert first.headers["authorization"] == "Convex dev:x|key"
    assert first.headers["convex-client"] == "convexgen-0.1.0"
    assert first.headers["content-type"] == "application/json"


def test_no_key_no_authorization() -> None:
    with serving(lambda _: success(5.0)) as server:
        with Client(server.url) as client:
            client.run(READ)
        assert "authorization" not in server.requests[0].headers


def test_connections_are_kept_open() -> None:
    ports: set[str] = set()

    def answer(request: Request) -> Reply:
        ports.add(threading.current_thread().name)
        return success(5.0)

    with serving(answer) as server, Client(server.url) as client:
        for _ in range(5):
            client.run(READ)
    assert len(ports) == 1


def test_compressed_answers() -> None:
    packed = gzip.compress(success(5.0).body)
    replies = in_turn(
        Reply(body=packed, headers={"Content-Encoding": "gzip"}),
        Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    )
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        assert client.run(READ) == 5
        with pytest.raises(Unavailable, match="not valid gzip"):
            client.run(WRITE)
        assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", [READ, SAVE])
def test_idempotent_calls_are_repeated(status: int, call: Call[int]) -> None:
    replies = in_turn(Reply(status), Reply(status), success(5.0))
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        assert client.run(call) == 5
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_other_calls_are_not_repeated(status: int) -> None:
    replies = in_turn(Reply(status), success(5.0))
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        with pytest.raises(Unavailable, match=f"Failed to write: .*HTTP {status}"):
            client.run(WRITE)
        assert len(server.requests) == 1


def test_broken_connections_are_repeated_for_idempotent_calls_only() -> None:
    replies = in_turn(Reply(None), success(5.0))
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        assert client.run(READ) == 5
    replies = in_turn(Reply(None), success(5.0))
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        with pytest.raises(Unavailable, match=r"the connection to .* broke: .*may have run"):
            client.run(WRITE)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 500, 502])
def test_other_statuses_are_not_repeated(status: int) -> None:
    with serving(lambda _: Reply(status)) as server, Client(server.url) as client:
        with pytest.raises((ServerError, AccessDenied)):
            client.run(READ)
        assert len(server.requests) == 1


def test_overload_until_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: Reply(503)) as server, Client(server.url) as client:
        # The deadline passes while the third answer is on its way.
        monkeypatch.setattr(
            "convexgen.runtime.exchange.monotonic",
            lambda: time.monotonic() + (client.timeout if len(server.requests) == 3 else 0),
        )
        with pytest.raises(Unavailable, match="overloaded"):
            client.run(READ)
        assert len(server.requests) == 3


def test_failures_of_functions() -> None:
    data = {"code": "NotFound", "message": "thread 't1' is not there"}
    with (
        serving(lambda _: failure("Uncaught ConvexError", data)) as server,
        Client(server.url) as client,
        pytest.raises(NotFound) as caught,
    ):
        client.run(WRITE)
    assert str(caught.value) == "Failed to write: thread 't1' is not there"


def test_a_closed_port() -> None:
    url = closed_port_url()
    with Client(url) as client:
        for call in (READ, WRITE):
            with pytest.raises(Unavailable, match=f"cannot connect to {url}: .*refused") as caught:
                client.run(call)
            assert isinstance(caught.value.__cause__, ConnectFailed)


def test_a_host_that_does_not_exist() -> None:
    with (
        Client("http://no-such-host.invalid", timeout=PATIENCE) as client,
        pytest.raises(Unavailable, match=r"cannot connect .*no-such-host\.invalid"),
    ):
        client.run(READ)


def test_a_server_that_never_answers() -> None:
    with silent() as url:
        with Client(url, timeout=PATIENCE) as client:
            error = late(client, READ)
        assert re.search(r"no answer from http://.* within [\d.]+ s$", str(error))
        with (
            Client(url, timeout=MOMENT) as client,
            pytest.raises(Timeout, match="the call was not sent, and is not run"),
        ):
            client.run(WRITE)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000,
    ],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_ends_at_the_deadline(answer: bytes) -> None:
    with dripping(answer) as url, Client(url, timeout=PATIENCE) as client:
        assert not late(client, READ).may_have_run


def test_threads_share_a_client_and_run_at_the_same_time() -> None:
    together = threading.Barrier(10, timeout=PATIENCE)

    def answer(request: Request) -> Reply:
        together.wait()
        return success(request.body["args"]["number"])

    with serving(answer) as server, Client(server.url) as client:

        def run(number: int) -> int:
            return client.run(Call.query("m:read", {"number": number}, NUMBER, "read"))

        with ThreadPoolExecutor(10) as threads:
            assert list(threads.map(run, range(10))) == list(range(10))


def _run_in_child(client: Client, results: multiprocessing.SimpleQueue[int]) -> None:
    results.put(client.run(READ))


def test_a_client_survives_a_fork() -> None:
    fork = multiprocessing.get_context("fork")
    with serving(lambda _: success(5.0)) as server, Client(server.url) as client:
        client.run(READ)
        results: multiprocessing.SimpleQueue[int] = fork.SimpleQueue()
        child = fork.Process(target=_run_in_child, args=(client, results))
        child.start()
        assert results.get() == 5
        child.join()
        assert client.run(READ) == 5


def test_a_closed_client_says_so() -> None:
    with serving(lambda _: success(5.0)) as server:
        client = Client(server.url)
        client.run(READ)
        client.close()
        client.close()
        with pytest.raises(InvalidArgument, match="Failed to read: the client is closed"):
            client.run(READ)


class Recorder:
    """A transport that answers without a network."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes, float]] = []
        self.is_closed = False

    def post(self, url: str, *, headers: Any, body: bytes, timeout: float) -> tuple[int, bytes]:
        self.posts.append((url, body, timeout))
        return 200, success(5.0).body

    def close(self) -> None:
        self.is_closed = True


def test_a_given_transport_is_used_and_left_open() -> None:
    transport = Recorder()
    with Client("https://a.convex.cloud", timeout=PATIENCE, transport=transport) as client:
        assert client.run(READ) == 5
    ((url, _, timeout),) = transport.posts
    assert url == "https://a.convex.cloud/api/query"
    assert 0 < timeout <= PATIENCE
    assert not transport.is_closed


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("happy-otter-1.convex.cloud", "not an http or https URL; write it as https://"),
        ("ftp://a.convex.cloud", "not an http or https URL"),
        ("https://", "not an http or https URL"),
        ("", "not an http or https URL"),
        ("https://a.convex.site", r"functions are at https://a\.convex\.cloud"),
        ("https://user:secret@a.convex.cloud", "has a user; write it as https://"),
        ("https://user:secret@a:port", "has a user; write it as https://"),
        ("https://user:secret@[::1", "has a user; write it as https://"),
        ("prod:happy-otter-1|secret", "a deploy key is in place of the URL"),
        ("https://prod:happy-otter-1|secret@[::1", "a deploy key is in place of the URL"),
        ("prod%3Ahappy-otter-1%7csecret", "a deploy key is in place of the URL"),
        ("https://user:secret%40a.convex.cloud", "has a user; write it as https://"),
        (" eyJhbGciOi.secret.a", "a token is in place of the URL"),
        ("https://a.convex.cloud?x=1", "has a query or a fragment"),
        ("http://a:port", "not a URL"),
        ("http://[::1", "not a URL"),
        ("https://a b.convex.cloud", "characters that no URL has"),
    ],
)
def test_urls_that_cannot_be_are_refused_at_once(url: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        Client(url)
    assert "secret" not in str(caught.value)


def test_a_variable_that_is_not_set_is_no_url() -> None:
    missing: Any = None
    with pytest.raises(
        InvalidArgument, match="is text, not of type NoneType; write it as https://"
    ):
        Client(missing)


def test_other_settings_are_checked() -> None:
    with pytest.raises(InvalidArgument, match="timeout is a positive number"):
        Client("https://a.convex.cloud", timeout=0)


def test_repr_does_not_show_the_key() -> None:
    client = Client("https://a.convex.cloud", deploy_key="dev:a|secret")
    assert repr(client) == "Client('https://a.convex.cloud')"


def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONVEX_URL", raising=False)
    with pytest.raises(InvalidArgument, match="CONVEX_URL is not set"):
        SampleStorage.from_env()
    with serving(lambda _: success(None)) as server:
        monkeypatch.setenv("CONVEX_URL", server.url)
        monkeypatch.setenv("CONVEX_DEPLOY_KEY", "dev:a|key")
        with SampleStorage.from_env() as storage:
            assert storage.threads.get("t1") is None
        assert server.requests[0].headers["authorization"] == "Convex dev:a|key"


def test_proxies_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: success(5.0)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        with Client("http://deployment.invalid") as client:
            assert client.run(READ) == 5
        monkeypatch.setenv("no_proxy", "deployment.invalid")
        with Client("http://deployment.invalid") as client, pytest.raises(Unavailable):
            client.run(READ)
        assert len(proxy.requests) == 1


def test_log_lines_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    reply = Reply(body=b'{"status": "success", "value": 5.0, "logLines": ["[LOG] hello"]}')
    with serving(lambda _: reply) as server, Client(server.url) as client:
        client.run(READ)
        assert "hello" not in caplog.text
        caplog.set_level("DEBUG", logger="convexgen")
        client.run(READ)
    assert "m:read: [LOG] hello" in caplog.text


def test_iteration_walks_pages_as_it_needs_them() -> None:
    pages: dict[str | None, Any] = {
        None: {"page": [document("a"), document("b")], "isDone": False, "continueCursor": "1"},
        "1": {"page": [], "isDone": False, "continueCursor": "2"},
        "2": {"page": [document("c")], "isDone": True, "continueCursor": "3"},
    }

    def answer(request: Request) -> Reply:
        options = request.body["args"]["paginationOpts"]
        return success(pages[options["cursor"]])

    with serving(answer) as server, SampleStorage(server.url) as storage:
        threads = storage.threads.list(order="desc").iterate(page_size=2)
        assert next(threads).thread_id == "a"
        assert len(server.requests) == 1
        assert [thread.thread_id for thread in threads] == ["b", "c"]
        assert [request.body["args"]["order"] for request in server.requests] == ["desc"] * 3
        assert server.requests[0].body["args"]["paginationOpts"]["numItems"] == 2


def test_first_skips_empty_pages() -> None:
    replies = in_turn(
        success({"page": [], "isDone": False, "continueCursor": "1"}),
        success({"page": [], "isDone": True, "continueCursor": "2"}),
    )
    with serving(lambda _: next(replies)) as server, SampleStorage(server.url) as storage:
        assert storage.messages.by_thread_id("t1").first() is None
        assert [
            request.body["args"]["paginationOpts"]["cursor"] for request in server.requests
        ] == [None, "1"]


def test_get_many_asks_for_a_hundred_at_a_time_in_order() -> None:
    def answer(request: Request) -> Reply:
        keys = [key["threadId"] for key in request.body["args"]["keys"]]
        return success([None if key == "t7" else document(key) for key in keys])

    keys = [f"t{index}" for index in range(250)]
    with serving(answer) as server, SampleStorage(server.url) as storage:
        found = storage.threads.get_many(iter(keys))
        assert [len(request.body["args"]["keys"]) for request in server.requests] == [100, 100, 50]
    assert [thread.thread_id if thread else None for thread in found] == [
        None if key == "t7" else key for key in keys
    ]


def test_save_many_splits_by_count_and_by_size() -> None:
    progress: list[int] = []
    with serving(lambda _: success(None)) as server, SampleStorage(server.url) as storage:
        many = (thread(f"t{index}") for index in range(1200))
        assert storage.threads.save_many(many, progress=progress.append) == 1200
        sizes = [len(request.body["args"]["threads"]) for request in server.requests]
        assert sizes == [500, 500, 200]
        assert progress == [500, 1000, 1200]
        server.requests.clear()
        large = (thread(f"t{index}", title="x" * 900_000) for index in range(10))
        assert storage.threads.save_many(large) == 10
        for request in server.requests:
            assert len(json.dumps(request.body["args"]["threads"])) < 4.1 * 1024 * 1024
        assert [len(request.body["args"]["threads"]) for request in server.requests] == [4, 4, 2]
        server.requests.clear()
        assert storage.threads.save_many([]) == 0
        assert server.requests == []


def test_delete_repeats_until_its_cascades_are_done() -> None:
    replies = in_turn(
        success({"removed": False, "isDone": False}),
        success({"removed": False, "isDone": False}),
        success({"removed": True, "isDone": True}),
    )
    with serving(lambda _: next(replies)) as server, SampleStorage(server.url) as storage:
        assert storage.threads.delete("t1") is True
        assert len(server.requests) == 3


def test_delete_many_repeats_with_what_remains() -> None:
    def answer(request: Request) -> Reply:
        keys = request.body["args"]["keys"]
        done = keys[: len(keys) // 2 + 1]
        return success({"removed": float(len(done)), "remaining": keys[len(done) :]})

    progress: list[int] = []
    with serving(answer) as server, SampleStorage(server.url) as storage:
        keys = [f"t{index}" for index in range(130)]
        assert storage.threads.delete_many(keys, progress=progress.append) == 130
        assert server.requests[1].body["args"]["keys"] == [
            {"threadId": key} for key in keys[51:100]
        ]
    assert progress[-1] == 130
    assert progress == sorted(progress)


def test_clear_repeats_until_empty() -> None:
    replies = in_turn(
        success({"removed": 1000.0, "isDone": False}), success({"removed": 7.0, "isDone": True})
    )
    progress: list[int] = []
    with serving(lambda _: next(replies)) as server, SampleStorage(server.url) as storage:
        assert storage.threads.clear(progress=progress.append) == 1007
    assert progress == [1000, 1007]
