"""Proxies of the environment: which one is taken, and how it is asked."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack

import pytest
from certificates import OPENSSL, Certificates
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import Call, ConnectFailed, Unavailable
from convexgen.runtime.calls import NOTHING
from convexgen.runtime.origins import target_of
from convexgen.runtime.proxies import Proxy, proxy_for
from loopback import Server, closed_port_url, dripping, serving, success
from proxy_servers import ProxyServer, http_proxy, relay, socks4_proxy, socks5_proxy
from raw_server import Raw, answering, listening
from sample import AsyncSampleStorage, SampleStorage
from test_runtime_client import thread
from waiting import MOMENT, PATIENCE
from ways import WAYS

if sys.platform == "win32":
    uvloop_run = asyncio.run
else:
    from uvloop import run as uvloop_run

VARIABLES = [
    written
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for written in (name, name.upper())
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)


def proxy_of(url: str) -> Proxy | None:
    return proxy_for(target_of(url).origin)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


PLAIN, SECURE = "http://a.example", "https://a.example"


@pytest.mark.parametrize(
    ("url", "variables", "name"),
    [
        (PLAIN, {}, None),
        (PLAIN, {"http_proxy": "http://p:1"}, "http://p:1"),
        (PLAIN, {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        (PLAIN, {"http_proxy": "http://p:1", "HTTP_PROXY": "http://q:2"}, "http://p:1"),
        (PLAIN, {"http_proxy": "", "HTTP_PROXY": "http://q:2"}, None),
        (PLAIN, {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "POST"}, None),
        (PLAIN, {"http_proxy": "http://p:1", "REQUEST_METHOD": "POST"}, "http://p:1"),
        (SECURE, {"HTTPS_PROXY": "http://p:1", "REQUEST_METHOD": "POST"}, "http://p:1"),
        (PLAIN, {"https_proxy": "http://p:1"}, None),
        (SECURE, {"https_proxy": "http://p:1"}, "http://p:1"),
        (SECURE, {"http_proxy": "http://p:1"}, None),
        (SECURE, {"all_proxy": "http://p:1"}, "http://p:1"),
        (PLAIN, {"ALL_PROXY": "socks5://p:1"}, "socks5://p:1"),
        (PLAIN, {"ALL_PROXY": "socks5://p", "http_proxy": "http://q"}, "http://q:80"),
        (PLAIN, {"http_proxy": "p:1"}, "http://p:1"),
        (PLAIN, {"http_proxy": " HTTP://P:1/ "}, "http://p:1"),
        (PLAIN, {"http_proxy": "socks5h://p"}, "socks5://p:1080"),
        (PLAIN, {"http_proxy": "socks://p"}, "socks5://p:1080"),
        (PLAIN, {"http_proxy": "socks4://p"}, "socks4://p:1080"),
        (PLAIN, {"http_proxy": "socks4a://p"}, "socks4://p:1080"),
        (PLAIN, {"http_proxy": "http://[::1]:8"}, "http://[::1]:8"),
        (PLAIN, {"http_proxy": "http://u:secret@p:1"}, "http://p:1"),
    ],
)
def test_which_proxy_is_named(
    url: str, variables: dict[str, str], name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    proxy = proxy_of(url)
    assert (proxy and proxy.name) == name
    assert "secret" not in repr(proxy)


@pytest.mark.parametrize(
    ("excepted", "url", "is_direct"),
    [
        ("a.example", "http://a.example", True),
        ("a.example", "http://b.a.example", True),
        ("a.example", "http://ba.example", False),
        ("a.example", "http://a.example.b", False),
        (".a.example", "http://a.example", True),
        (".a.example", "http://b.a.example", True),
        ("*.a.example", "http://b.a.example", True),
        ("A.Example", "http://a.EXAMPLE", True),
        ("a.example.", "http://a.example", True),
        ("a.example", "http://a.example.", True),
        ("b,a.example", "http://a.example", True),
        ("b a.example", "http://a.example", True),
        (" b , a.example ", "http://a.example", True),
        (",,", "http://a.example", False),
        (".", "http://a.example", False),
        ("", "http://a.example", False),
        ("*", "http://a.example", True),
        ("b,*", "http://[::1]", True),
        ("a.example:80", "http://a.example", True),
        ("a.example:443", "http://a.example", False),
        ("a.example:443", "https://a.example", True),
        ("a.example:8080", "http://a.example:8080", True),
        ("localhost", "http://localhost:3210", True),
        ("127.0.0.1", "http://127.0.0.1:3210", True),
        ("127.0.0.1:3210", "http://127.0.0.1:3210", True),
        ("127.0.0.1:3211", "http://127.0.0.1:3210", False),
        ("127.0.0.0/8", "http://127.1.2.3", True),
        ("127.0.0.1/8", "http://127.1.2.3", True),
        ("10.0.0.0/8", "http://11.0.0.1", False),
        ("10.0.0.0/40", "http://10.0.0.1", False),
        ("0.0.1", "http://127.0.0.1", False),
        ("::1", "http://[::1]:3210", True),
        ("[::1]", "http://[::1]:3210", True),
        ("[::1]:3210", "http://[::1]:3210", True),
        ("[::1]:3211", "http://[::1]:3210", False),
        ("0:0::0:1", "http://[::1]", True),
        ("fd00::/8", "http://[fd12::1]", True),
        ("fd00::/8", "http://[fe80::1]", False),
        ("::/0", "http://127.0.0.1", False),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.1]", True),
    ],
)
def test_hosts_that_are_reached_without_one(
    excepted: str, url: str, is_direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "http://p:1")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert (proxy_of(url) is None) == is_direct


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("https://u:secret@p:1", r"the proxy of ALL_PROXY names a proxy .* over TLS.*http://"),
        ("ftp://u:secret@p", "the proxy of ALL_PROXY has the scheme 'ftp'"),
        ("http://", "the proxy of ALL_PROXY names no host"),
        ("http://u:secret@:8", "the proxy of ALL_PROXY names no host"),
        ("http://u:secret@p:port", "the proxy of ALL_PROXY is not a URL"),
        ("http://u:secret@[::1", "the proxy of ALL_PROXY is not a URL"),
        ("http://prüfung", "the proxy of ALL_PROXY names no host"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_proxies_that_cannot_be(
    way: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with WAYS[way]() as post, pytest.raises(ConnectFailed, match=words) as caught:
        post("http://deployment.invalid/api/query")
    assert "secret" not in str(caught.value)


@pytest.fixture
def server() -> Generator[Server, None, None]:
    with serving(lambda _: success(5.0)) as server:
        yield server


KINDS: dict[str, Callable[[], AbstractContextManager[ProxyServer]]] = {
    "http": http_proxy,
    "socks5": socks5_proxy,
    "socks5h": socks5_proxy,
    "socks4": socks4_proxy,
    "socks4a": socks4_proxy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_calls_go_through_the_proxy(
    kind: str, way: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(server.url)
    with KINDS[kind]() as proxy, WAYS[way]() as post:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://{proxy.address}")
        for host in ("deployment.invalid", "127.0.0.1"):
            for _ in range(2):
                assert post(f"http://{host}:{port}/api/query") == (200, success(5.0).body)
        # Both connections were kept.
        assert proxy.asked == [f"deployment.invalid:{port}", f"127.0.0.1:{port}"]


@pytest.mark.skipif(OPENSSL is None, reason="makes a certificate with openssl")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_calls_go_through_the_proxy(
    kind: str, way: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with (
        serving(lambda _: success(5.0), tls=certificates.server_context()) as server,
        KINDS[kind]() as proxy,
        WAYS[way]() as post,
    ):
        port = port_of(server.url)
        monkeypatch.setenv("HTTPS_PROXY", f"{kind}://{proxy.address}")
        url = f"https://deployment.invalid:{port}/api/query"
        for _ in range(2):
            assert post(url) == (200, success(5.0).body)
        assert proxy.asked == [f"deployment.invalid:{port}"]
        with pytest.raises(ConnectFailed, match=r"(?i)certificate"):
            post(f"https://other.invalid:{port}/api/query")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_asks_is_said(
    kind: str, scheme: str, way: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tunnel is refused before there is any TLS."""
    proxies = {"http": http_proxy, "socks5": socks5_proxy}
    port = port_of(server.url)
    url = f"{scheme}://deployment.invalid:{port}/api/query"
    with proxies[kind]("ada:p@ss wörd") as proxy:
        if scheme == "http":
            monkeypatch.setenv("ALL_PROXY", f"{kind}://ada:p%40ss%20w%C3%B6rd@{proxy.address}")
            with WAYS[way]() as post:
                assert post(url)[0] == 200
        for user in ("ada:secret@", ""):
            monkeypatch.setenv("ALL_PROXY", f"{kind}://{user}{proxy.address}")
            with WAYS[way]() as post:
                with pytest.raises(ConnectFailed, match=r"user and (a )?password") as caught:
                    post(url)
                assert "secret" not in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_socks_4_has_a_user_and_no_ipv6(
    way: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks4_proxy("ada") as proxy, WAYS[way]() as post:
        monkeypatch.setenv("ALL_PROXY", f"socks4://ada@{proxy.address}")
        assert post(f"http://deployment.invalid:{port_of(server.url)}/")[0] == 200
        with pytest.raises(ConnectFailed, match="SOCKS 4 has no IPv6: use socks5"):
            post("http://[::1]:1/")
        monkeypatch.setenv("ALL_PROXY", f"socks4://eve@{proxy.address}")
        with WAYS[way]() as other, pytest.raises(ConnectFailed, match="says another user"):
            other(f"http://deployment.invalid:{port_of(server.url)}/")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["socks4", "socks5"])
def test_origins_that_the_proxy_does_not_reach(
    kind: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KINDS[kind]() as proxy, WAYS[way]() as post:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://{proxy.address}")
        with pytest.raises(
            ConnectFailed, match=r"it does not connect to 127\.0\.0\.1:\d+: .*refus"
        ):
            post(f"{closed_port_url()}/")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_is_not_there(kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", closed_port_url().replace("http", kind))
    with WAYS[way]() as post, pytest.raises(ConnectFailed, match="refused"):
        post("https://deployment.invalid/")


STRANGE = [
    b"",
    b"SSH-2.0-OpenSSH\r\n\r\n",
    b"HTTP/1.1 403 Forbidden\r\n\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
    b"HTTP/1.1 2000 Ok\r\n\r\n",
    b"HTTP/1.1 200 Connection established\r\n\r\nmore",
    b"HTTP/1.1 200 Connection established\r\n",
    b"x" * 100_000,
    b"\5",
    b"\5\0",
    b"\5\1",
    b"\5\xff",
    b"\4\0",
    b"\5\0\5\1\0\1\0\0\0\0\0\0",
    b"\5\0\5\x63\0\1\0\0\0\0\0\0",
    b"\5\0\5\0\0\2\0\0\0\0\0\0",
    b"\5\0\4\0\0\1\0\0\0\0\0\0",
    b"\5\0\5\0\0\1\0\0\0\0\0",
    b"\5\0\5\0\0\1\0\0\0\0\0\0more",
    b"\0\x5b\0\0\0\0\0\0",
    b"\0\x5c\0\0\0\0\0\0",
    b"\0\x63\0\0\0\0\0\0",
    b"\0\x5a\0\0\0\0\0",
    b"\0\x5a\0\0\0\0\0\0more",
    b"\1\x5a\0\0\0\0\0\0",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["http", "socks4", "socks5"])
def test_proxies_that_answer_otherwise(
    kind: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in STRANGE:

        def serve(connection: socket.socket, answer: bytes = answer) -> None:
            connection.recv(65536)
            connection.sendall(answer)

        with listening(serve) as port, WAYS[way]() as post:
            monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:{port}")
            with pytest.raises(ConnectFailed, match=rf"^the proxy {kind}://127\.0\.0\.1:{port}: "):
                post("https://deployment.invalid/")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["http", "socks4", "socks5"])
def test_a_proxy_that_drips_ends_at_the_deadline(
    kind: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping(b"\0" if kind == "socks4" else b"\5\0" + b"x" * 1000) as url, WAYS[way]() as post:
        monkeypatch.setenv("ALL_PROXY", url.replace("http", kind))
        with pytest.raises(ConnectFailed):
            post("https://deployment.invalid/", timeout=MOMENT)


@pytest.mark.parametrize("way", WAYS)
def test_a_request_to_a_proxy_names_the_whole_url(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with answering(answer) as server, WAYS[way]() as post:
        monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/api/query"))
        post("http://deployment.invalid/api/query")
        post("http://[::1]:1/api/query")
    first, second = (request.split(b"\r\n")[:2] for request in server.requests)
    assert first == [
        b"POST http://deployment.invalid/api/query HTTP/1.1",
        b"Host: deployment.invalid",
    ]
    assert second == [b"POST http://[::1]:1/api/query HTTP/1.1", b"Host: [::1]:1"]


# Subscriptions, and mutations that run once

ONCE = Call.mutation("threads:saveMany", {"threads": []}, NOTHING, "save", idempotent=False)


def use(storage: SampleStorage, name: str) -> None:
    """Call, watch, and run a mutation once."""
    with storage.threads.watch(name) as snapshots:
        assert snapshots.next(PATIENCE) is None
        storage.threads.save(thread(name))
        found = snapshots.next(PATIENCE)
        assert found is not None
    storage.client.run(ONCE)


async def use_in_tasks(url: str, key: str, name: str) -> None:
    async with AsyncSampleStorage(url, deploy_key=key) as storage:
        async with storage.threads.watch(name) as snapshots:
            assert await snapshots.next(PATIENCE) is None
            await storage.threads.save(thread(name))
            assert await snapshots.next(PATIENCE) is not None
        await storage.client.run(ONCE)


@pytest.mark.parametrize("kind", KINDS)
def test_subscriptions_go_through_the_proxy(
    kind: str, backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = backend.url.removeprefix("http://")
    with KINDS[kind]() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://{proxy.address}")
        with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            use(storage, f"proxy {kind}")
        assert proxy.asked == [where] * 2
        for run in (asyncio.run, uvloop_run):
            proxy.asked.clear()
            run(use_in_tasks(backend.url, backend.admin_key, f"proxy {kind} {run.__module__}"))
            assert proxy.asked == [where] * 2
        proxy.asked.clear()
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            use(storage, f"no proxy {kind}")
        assert proxy.asked == []


@pytest.mark.skipif(OPENSSL is None, reason="makes a certificate with openssl")
@pytest.mark.parametrize("kind", [None, "http", "socks5"])
def test_encrypted_subscriptions(
    kind: str | None,
    backend: EmbeddedBackend,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = certificates.server_context()

    def serve(connection: socket.socket) -> None:
        with (
            context.wrap_socket(connection, server_side=True) as client,
            socket.create_connection(("127.0.0.1", port_of(backend.url))) as server,
        ):
            relay(client, server)

    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with listening(serve) as port, ExitStack() as stack:
        if kind is not None:
            proxy = stack.enter_context(KINDS[kind]())
            monkeypatch.setenv("ALL_PROXY", f"{kind}://{proxy.address}")
        url = f"https://127.0.0.1:{port}"
        with SampleStorage(url, deploy_key=backend.admin_key) as storage:
            use(storage, f"encrypted {kind}")
        for run in (asyncio.run, uvloop_run):
            run(use_in_tasks(url, backend.admin_key, f"encrypted {kind} {run.__module__}"))
        monkeypatch.delenv("SSL_CERT_FILE")
        with (
            SampleStorage(url, deploy_key=backend.admin_key) as storage,
            pytest.raises(Unavailable, match=r"(?i)certificate"),
        ):
            storage.client.run(ONCE)


@pytest.mark.parametrize("value", ["https://u:secret@p:1", "socks5://u:secret@127.0.0.1:1"])
def test_subscriptions_say_what_is_wrong_with_a_proxy(
    value: str, backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with (
        SampleStorage(backend.url, deploy_key=backend.admin_key) as storage,
        pytest.raises(Unavailable, match="the proxy ") as caught,
    ):
        storage.client.run(ONCE)
    assert "secret" not in str(caught.value)
