"""The HTTP API, spoken by hand."""

import base64
import http.client
import json
import socket
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from waiting import PATIENCE, wait_until
from web_tokens import claims, signed

PROJECT = Path(__file__).parent / "project"

MEBIBYTE = 1024 * 1024


def request(
    backend: EmbeddedBackend,
    method: str,
    path: str,
    body: Any = None,
    *,
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=PATIENCE)
    try:
        payload = raw if raw is not None or body is None else json.dumps(body).encode()
        connection.request(method, path, payload, headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def post(backend: EmbeddedBackend, path: str, body: Any, **options: Any) -> Any:
    status, text = request(backend, "POST", path, body, **options)
    assert status == 200, text
    return json.loads(text)


def admin_header(backend: EmbeddedBackend) -> dict[str, str]:
    return {"Authorization": f"Convex {backend.admin_key}"}


def test_floats_always_have_a_point(backend: EmbeddedBackend) -> None:
    call = {
        "path": "values:echo",
        "args": {"value": [1, 1e21, -3]},
        "format": "convex_encoded_json",
    }
    _, text = request(backend, "POST", "/api/query", call)
    assert text == '{"status":"success","value":[1.0,1e+21,-3.0]}'


def test_the_lossy_format_is_the_default(backend: EmbeddedBackend) -> None:
    value = {
        "n": {"$integer": "BQAAAAAAAAA="},
        "b": {"$bytes": "AAE="},
        "f": {"$float": "AAAAAAAA+H8="},
    }
    answer = post(backend, "/api/query", {"path": "values:echo", "args": {"value": value}})
    assert answer == {"status": "success", "value": {"b": "AAE=", "f": "NaN", "n": "5"}}


def test_arguments_may_be_wrapped_in_an_array(backend: EmbeddedBackend) -> None:
    answer = post(backend, "/api/query", {"path": "values:echo", "args": [{"value": "x"}]})
    assert answer["value"] == "x"


def test_query_by_get(backend: EmbeddedBackend) -> None:
    status, text = request(
        backend,
        "GET",
        "/api/query?path=values:echo&args=%7B%22value%22%3A%22%C3%A9%22%7D&format=json",
    )
    assert (status, json.loads(text)["value"]) == (200, "é")


def test_run_finds_the_kind_of_a_function(backend: EmbeddedBackend, channel: str) -> None:
    sent = post(backend, "/api/run/messages/send", {"args": {"channel": channel, "body": "a"}})
    assert sent["status"] == "success"
    listed = post(backend, "/api/run/messages/list", {"args": {"channel": channel}})
    assert [message["body"] for message in listed["value"]] == ["a"]


def test_function_needs_the_admin_key(backend: EmbeddedBackend) -> None:
    call: dict[str, Any] = {"path": "secret:read", "args": {}}
    status, text = request(backend, "POST", "/api/function", call)
    assert status == 403
    assert json.loads(text)["code"] == "Forbidden"
    answer = post(backend, "/api/function", call, headers=admin_header(backend))
    assert answer == {"status": "success", "value": "secret"}


def test_a_batch_reads_one_snapshot(backend: EmbeddedBackend) -> None:
    queries = [{"path": "values:echo", "args": {"value": n}} for n in range(3)]
    answer = post(backend, "/api/query_batch", {"queries": queries})
    assert [result["value"] for result in answer["results"]] == [0.0, 1.0, 2.0]


def test_a_query_at_a_timestamp(backend: EmbeddedBackend, channel: str) -> None:
    """It reads the database as it was then, by all indexes; the present stays what it is."""
    client = ConvexHttpClient(backend.url)

    def send(body: str, votes: float) -> Any:
        args = {"channel": channel, "body": body, "votes": votes}
        return client.mutation("messages:send", args)

    def read(timestamp: str | None) -> list[Any]:
        path = "/api/query" if timestamp is None else "/api/query_at_ts"
        results: list[Any] = []
        for function, args in [("list", {}), ("top", {"count": 5})]:
            call = {"path": f"messages:{function}", "args": {"channel": channel, **args}}
            answer = post(backend, path, call if timestamp is None else {**call, "ts": timestamp})
            results.append(answer["value"])
        return results

    edited, removed = send("edited", 1.0), send("removed", 2.0)
    timestamp = post(backend, "/api/query_ts", None)["ts"]
    before = read(None)
    assert before[1] == ["removed", "edited"]
    client.mutation("messages:edit", {"id": edited, "body": "other"})
    client.mutation("messages:remove", {"id": removed})
    client.mutation("messages:edit", {"id": edited, "body": "another"})
    send("new", 3.0)
    after = read(None)
    assert after[1] == ["new", "another"]
    for _ in range(2):
        assert read(timestamp) == before
        assert read(None) == after
    assert read(post(backend, "/api/query_ts", None)["ts"]) == after


def test_timestamps_that_cannot_be_read(backend: EmbeddedBackend) -> None:
    """Those of long ago, those of what is not over yet, and what is none."""
    call = {"path": "values:echo", "args": {"value": 1}}
    last = post(backend, "/api/query_ts", None)["ts"]
    assert request(backend, "POST", "/api/query_at_ts", {**call, "ts": last})[0] == 200

    def later(by: int) -> str:
        ahead = int.from_bytes(base64.b64decode(last), "little") + by
        return base64.b64encode(ahead.to_bytes(8, "little")).decode()

    long_ago = base64.b64encode((1_600_000_000 * 10**9).to_bytes(8, "little")).decode()
    for timestamp, status, code in [
        (long_ago, 503, "OutOfRetention"),
        (later(10**12), 400, "BadTimestamp"),
        (later(10**15), 400, "BadTimestamp"),
        (base64.b64encode(b"\xff" * 8).decode(), 400, "BadTimestamp"),
        ("AAAA", 400, "BadJsonBody"),
        (f"{last}=", 400, "BadJsonBody"),
        (f"!{last}", 400, "BadJsonBody"),
        (last.rstrip("="), 400, "BadJsonBody"),
        (None, 400, "BadJsonBody"),
    ]:
        body = {**call, "ts": timestamp}
        answer_status, text = request(backend, "POST", "/api/query_at_ts", body)
        assert (answer_status, json.loads(text)["code"]) == (status, code)


def test_log_lines_are_in_the_answer(backend: EmbeddedBackend, channel: str) -> None:
    call = {"path": "messages:top", "args": {"channel": channel, "count": 1}}
    assert post(backend, "/api/query", call)["logLines"] == [f"[LOG] 'top' '{channel}'"]


@pytest.mark.parametrize("path", ["/version", "/instance_name", "/instance_version"])
def test_what_runs_here(backend: EmbeddedBackend, path: str) -> None:
    status, text = request(backend, "GET", path)
    assert status == 200
    assert text


def test_http_actions(backend: EmbeddedBackend, channel: str) -> None:
    post(backend, "/api/run/messages/send", {"args": {"channel": "http", "body": "a"}})
    status, text = request(backend, "GET", "/http/count?channel=http")
    assert (status, json.loads(text)) == (200, {"count": 1})


def test_what_http_actions_see_and_answer(backend: EmbeddedBackend) -> None:
    """Path, headers and bytes of a request; status, headers and cookies of an answer."""
    answer = web.post(
        f"{backend.url}/http/mirror/a/b?c=d",
        content=b"\x00\xff",
        headers={"X-Question": "what"},
    )
    assert (answer.status_code, answer.headers["X-Answer"]) == (201, "yes")
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert answer.json() == {
        "path": "/mirror/a/b",
        "header": "what",
        "authorization": None,
        "user": None,
        "bytes": [0, 255],
    }
    assert web.get(f"{backend.url}/http/bytes").content == b"\x00\xff\x80"


def test_users_of_http_actions(backend: EmbeddedBackend) -> None:
    """A token of a user is one; whatever else is in the header is for the action to read."""
    for authorization, user in [(f"Bearer {signed(claims())}", "user 1"), ("Basic abc", None)]:
        headers = {"Authorization": authorization}
        seen = web.post(f"{backend.url}/http/mirror/", headers=headers).json()
        assert (seen["user"], seen["authorization"]) == (user, authorization)


def test_http_actions_that_fail(backend: EmbeddedBackend) -> None:
    failed = web.get(f"{backend.url}/http/fails")
    assert failed.status_code == 500
    assert "Uncaught Error: boom\n    at" in failed.json()["code"]
    for path in ("/http/nothing", "/http/count/more"):
        assert web.get(f"{backend.url}{path}").status_code == 404
    assert web.post(f"{backend.url}/http/count").status_code == 404


def test_the_address_that_http_actions_see(backend: EmbeddedBackend) -> None:
    """The host as the caller named it, without the `/http` in front of the path."""
    url = f"{backend.url}/http/address?a=b%20c"
    assert web.get(url).json() == f"{backend.url}/address?a=b%20c"
    host = f"localhost:{backend.port}"
    assert web.get(url, headers={"Host": host}).json() == f"http://{host}/address?a=b%20c"
    behind_proxy = {"Host": "app.localhost", "X-Forwarded-Proto": "https"}
    seen = web.get(url, headers=behind_proxy).json()
    assert seen == "https://app.localhost/address?a=b%20c"


def test_http_actions_answer_preflight_requests_themselves(backend: EmbeddedBackend) -> None:
    """Convex adds no CORS to them."""
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    preflight = web.options(f"{backend.url}/http/release", headers=headers)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert web.options(f"{backend.url}/http/count", headers=headers).status_code == 404
    answer = web.get(f"{backend.url}/http/address", headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers


def release(backend: EmbeddedBackend) -> None:
    assert web.post(f"{backend.url}/http/release").status_code == 204


def test_streams_of_http_actions(backend: EmbeddedBackend) -> None:
    """Each part is sent when it is there."""
    with web.stream("GET", f"{backend.url}/http/stream") as answer:
        assert (answer.status_code, answer.headers["X-Answer"]) == (202, "yes")
        parts = answer.iter_text()
        assert next(parts) == "first "
        release(backend)
        assert "".join(parts) == "second"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("fails", "Uncaught Error: boom"), ("text", "is a stream of Uint8Arrays")],
)
def test_streams_that_fail(backend: EmbeddedBackend, kind: str, reason: str) -> None:
    """The connection breaks, and the log says why."""
    with web.stream("GET", f"{backend.url}/http/stream?kind={kind}") as answer:
        parts = answer.iter_text()
        assert next(parts) == "first "
        release(backend)
        with pytest.raises(httpx2.RemoteProtocolError):
            list(parts)
    wait_until(lambda: any(reason in line for line in backend.log_lines()))


def test_streams_that_do_not_end_in_time() -> None:
    with (
        EmbeddedBackend.start(PROJECT, function_timeout=2.0) as backend,
        web.stream("GET", f"{backend.url}/http/stream?kind=waits") as answer,
    ):
        parts = answer.iter_text()
        assert next(parts) == "first "
        with pytest.raises(httpx2.RemoteProtocolError):
            list(parts)
        reason = "GET /stream did not finish"
        wait_until(lambda: any(reason in line for line in backend.log_lines()))


def test_streams_that_nobody_reads_are_canceled(backend: EmbeddedBackend) -> None:
    before = web.get(f"{backend.url}/http/canceled").json()
    with web.stream("GET", f"{backend.url}/http/stream") as answer:
        assert next(answer.iter_text()) == "first "
    wait_until(lambda: web.get(f"{backend.url}/http/canceled").json() == before + 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/query", b"{not json", 400, "BadJsonBody"),
        ("POST", "/api/query", b"[1]", 400, "BadJsonBody"),
        ("POST", "/api/query", b'{"path":"values:echo","args":5}', 400, "BadJsonBody"),
        ("POST", "/api/query", b'{"args":{}}', 400, "BadConvexFunctionIdentifier"),
        ("POST", "/api/query", b'{"path":"values:echo","format":"xml"}', 400, "BadFormat"),
        ("POST", "/api/run/messages", b"{}", 400, "BadConvexFunctionIdentifier"),
        ("GET", "/api/mutation", b"", 405, "MethodNotAllowed"),
        ("GET", "/api/nothing", b"", 404, "NotFound"),
    ],
)
def test_bad_requests(
    backend: EmbeddedBackend, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    answer_status, text = request(backend, method, path, raw=body)
    assert (answer_status, json.loads(text)["code"]) == (status, code)


def test_a_body_that_is_too_long_is_refused(backend: EmbeddedBackend) -> None:
    status, text = request(backend, "POST", "/api/query", raw=b" " * (17 * MEBIBYTE))
    assert (status, json.loads(text)["code"]) == (413, "RequestTooLarge")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Convex wrong", "BadDeployKey"),
        ("Bearer garbage", "InvalidAuthHeader"),
        ("Basic abc", "InvalidAuthHeader"),
    ],
)
def test_bad_credentials_are_refused(
    backend: EmbeddedBackend, authorization: str, code: str
) -> None:
    status, text = request(
        backend,
        "POST",
        "/api/query",
        {"path": "values:echo", "args": {"value": 1}},
        headers={"Authorization": authorization},
    )
    assert (status, json.loads(text)["code"]) == (401, code)


@pytest.mark.parametrize("protocol", ["h2c", "h2c, websocket", "TLS/1.0"])
def test_offers_of_another_protocol_are_ignored(backend: EmbeddedBackend, protocol: str) -> None:
    """`curl --http2` makes one, and Java's client: the request is answered as if it made none."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": protocol, "HTTP2-Settings": "AAM"}
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=PATIENCE)
    try:
        for length in (0, 10, 3 * MEBIBYTE, 1):
            call = {"path": "limits:lengthOf", "args": {"value": "x" * length}, "format": "json"}
            body = json.dumps(call).encode()
            for sent in (body, iter([body[:9], body[9:]])):
                connection.request("POST", "/api/query", sent, offer)
                answer = json.loads(connection.getresponse().read())
                assert answer["value"] == length
            connection.request("GET", "/version", headers=offer)
            assert connection.getresponse().read() != b""
    finally:
        connection.close()
    answered = httpx2.post(f"{backend.site_url}/mirror/a", content=b"body", headers=offer)
    assert bytes(answered.json()["bytes"]) == b"body"


def test_what_comes_behind_an_ignored_offer_is_to_be_sent_again(backend: EmbeddedBackend) -> None:
    """The parser of Node.js has lost it, and the connection ends, which says so."""
    head = b"GET /version HTTP/1.1\r\nHost: localhost\r\n"
    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    with socket.create_connection(("127.0.0.1", backend.port), timeout=PATIENCE) as connection:
        connection.sendall(head + offer + b"\r\n" + head + b"\r\n")
        answer = b"".join(iter(partial(connection.recv, 65_536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\nConnection: close\r\n" in answer


def test_websockets_are_opened_at_their_path_alone(backend: EmbeddedBackend) -> None:
    offer = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert request(backend, "GET", "/version", headers=offer) == (404, "")
