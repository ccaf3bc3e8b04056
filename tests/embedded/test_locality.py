"""Which hosts and origins the server answers to, over HTTP and WebSocket."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from convexgen.embedded import EmbeddedBackend
from waiting import PATIENCE

HOSTS = {
    "localhost": True,
    "LOCALHOST": True,
    "localhost:3210": True,
    "127.0.0.1": True,
    "127.9.8.7:65535": True,
    "[::1]": True,
    "[::1]:3210": True,
    "app.localhost": True,
    "a-b.c1.localhost:80": True,
    "": False,
    ":3210": False,
    "evil.example": False,
    "evil.example:3210": False,
    "evil.com#.localhost": False,
    "evil.com/.localhost": False,
    "evil.com?.localhost": False,
    "evil.com\\.localhost": False,
    "evil.com@localhost": False,
    "evil.com, localhost": False,
    "localhost evil.com": False,
    "localhost.evil.com": False,
    "evillocalhost": False,
    ".localhost": False,
    "a..localhost": False,
    "-a.localhost": False,
    "localhost.": False,
    "localhost:evil.com": False,
    "localhost:": False,
    "localhost:1:2": False,
    "localhost:123456": False,
    "127.0.0.1.evil.com": False,
    "127.1": False,
    "0177.0.0.1": False,
    "2130706433": False,
    "0.0.0.0": False,
    "10.0.0.1": False,
    "[::ffff:127.0.0.1]": False,
    "[::1": False,
    "::1": False,
    "%6cocalhost": False,
}
ORIGINS = {
    **{f"http://{host}": is_local for host, is_local in HOSTS.items()},
    "https://localhost:5173": True,
    "HTTP://LOCALHOST": True,
    "null": False,
    "NULL": False,
    "": False,
    "localhost": False,
    "//localhost": False,
    "evil://x.localhost": False,
    "file://localhost": False,
    "chrome-extension://localhost": False,
    "http:localhost": False,
    "http:///localhost": False,
    "http://localhost/": False,
    "http://localhost/path": False,
    "http://user@localhost": False,
    "http://localhost http://evil.com": False,
    "http://localhost, http://evil.com": False,
    "http://localhost:3000": True,
    "https://http://localhost": False,
    "httpshttp://localhost": False,
    "blob:http://localhost": False,
}
PAIRS = [
    *itertools.product(HOSTS, [None, "http://localhost:3000", "null"]),
    *itertools.product(["localhost:3210", "evil.example"], ORIGINS),
]
PATHS = {
    "API": "/api/query",
    "preflight": "/api/query",
    "HTTP action": "/http/count?channel=none",
    "HTTP action at its own port": "/count?channel=none",
    "file": "/api/storage/none",
    "WebSocket": "/api/sync",
}


def ask(
    port: int, kind: str, host: str, origin: str | None, *, fetched: Mapping[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    method = {"API": "POST", "preflight": "OPTIONS"}.get(kind, "GET")
    connection.putrequest(method, PATHS[kind], skip_host=True)
    connection.putheader("Host", host)
    if origin is not None:
        connection.putheader("Origin", origin)
    for name, value in (fetched or {}).items():
        connection.putheader(name, value)
    if kind == "WebSocket":
        connection.putheader("Connection", "Upgrade")
        connection.putheader("Upgrade", "websocket")
        connection.putheader("Sec-WebSocket-Version", "13")
        connection.putheader("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
    body = json.dumps({"path": "values:echo", "args": {"value": 1}}).encode()
    if kind == "API":
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body if kind == "API" else None)
    response = connection.getresponse()
    if kind != "WebSocket":
        response.read()
    connection.close()
    return response


ALLOWED = {
    "API": 200,
    "preflight": 204,
    "HTTP action": 200,
    "HTTP action at its own port": 200,
    "file": 404,
    "WebSocket": 101,
}


@pytest.mark.parametrize("kind", PATHS)
def test_the_matrix_of_hosts_and_origins(backend: EmbeddedBackend, kind: str) -> None:
    wrong: list[tuple[str, str | None, int]] = []
    port = urlsplit(backend.site_url).port if "own port" in kind else backend.port
    assert port is not None
    for host, origin in PAIRS:
        response = ask(port, kind, host, origin)
        allowed = response.getheader("Access-Control-Allow-Origin")
        # HTTP actions answer for themselves, and WebSockets have no such header.
        told = None if kind.startswith("HTTP action") or kind == "WebSocket" else origin
        if not HOSTS[host]:
            expected: tuple[int, str | None] = (421, None)
        elif origin is not None and not ORIGINS[origin]:
            expected = (403, None)
        else:
            expected = (ALLOWED[kind], told)
        if (response.status, allowed) != expected:
            wrong.append((host, origin, response.status))
    assert wrong == []


# What browsers say of a request without an origin: its site, mode, destination and page.
ASKED_BY_BROWSERS = {
    "typed": ("none", "navigate", "document", None, True),
    "own page": ("same-origin", "no-cors", "image", None, True),
    "link of another site": ("cross-site", "navigate", "document", "https://evil.example/", True),
    "link without a page": ("cross-site", "navigate", "document", None, True),
    "image of an app of this machine": (
        *("cross-site", "no-cors", "image", "http://localhost:3000/"),
        True,
    ),
    "image of an app beside": ("same-site", "no-cors", "image", "http://localhost:3000/a", True),
    "image": ("cross-site", "no-cors", "image", "https://evil.example/", False),
    "image without a page": ("cross-site", "no-cors", "image", None, False),
    "script": ("cross-site", "no-cors", "script", "http://evil.example/", False),
    "blind request": ("cross-site", "no-cors", "empty", "http://evil.example/", False),
    "frame": ("cross-site", "navigate", "iframe", "http://evil.example/", False),
    "object": ("cross-site", "navigate", "object", "http://evil.example/", False),
    "name that looks like this": (
        *("cross-site", "no-cors", "image", "http://localhost.evil.example/"),
        False,
    ),
    "user of this name": (
        "cross-site",
        "no-cors",
        "image",
        "http://localhost@evil.example/",
        False,
    ),
    "file": ("cross-site", "no-cors", "image", "file://localhost/page.html", False),
    "no address": ("cross-site", "no-cors", "image", "localhost", False),
    "image of an app beside that names no page": ("same-site", "no-cors", "image", None, True),
}


@pytest.mark.parametrize("kind", PATHS)
def test_what_browsers_ask_for_pages_of_other_sites(backend: EmbeddedBackend, kind: str) -> None:
    port = urlsplit(backend.site_url).port if "own port" in kind else backend.port
    assert port is not None
    wrong: list[tuple[str, str, int]] = []
    for way, (site, mode, destination, page, is_answered) in ASKED_BY_BROWSERS.items():
        fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
        if page is not None:
            fetched["Referer"] = page
        is_ours = site != "cross-site" or "localhost:3000" in (page or "")
        # What nobody has asked to see yet is fetched ahead for the page that names it.
        ahead = {**fetched, "Sec-Purpose": "prefetch"}
        local = "http://localhost:3000"
        for what, headers, origin, expected in (
            ("asked", fetched, None, is_answered),
            ("ahead", ahead, None, is_ours),
            ("with an origin", fetched, local, True),
        ):
            status = ask(port, kind, "localhost", origin, fetched=headers).status
            if status != (ALLOWED[kind] if expected else 403):
                wrong.append((way, what, status))
    assert wrong == []


def test_of_several_hosts_none_is_answered(backend: EmbeddedBackend) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=PATIENCE)
    connection.putrequest("GET", "/version", skip_host=True)
    connection.putheader("Host", "localhost")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status == 421
    connection.close()
