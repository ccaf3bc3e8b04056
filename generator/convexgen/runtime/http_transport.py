"""The transports on httpx2's engine, with connections that are kept open and shared.

They use `httpcore2`, on which `httpx2` is built, because only there a deadline can hold for a
whole exchange: the timeouts of `httpx2` start anew with every byte that arrives. Proxies are taken
from the environment (`HTTPS_PROXY`, `NO_PROXY`, …), certificates from the system or from
`SSL_CERT_FILE`. HTTP/2 is off, redirects are not followed.

This module is imported at the first call, since the import takes longer than everything else here.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import zlib
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

from .transport import ConnectFailed

# More than a thread pool or a burst of tasks has; a request above it waits for a connection.
_MAX_CONNECTIONS = 100
_MAX_IDLE_CONNECTIONS = 20
# Shorter than the idle timeouts of common proxies, so that they seldom close a connection in use.
_IDLE_SECONDS = 15.0
_BYTES_PER_WRITE = 256 * 1024

_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)


class HttpTransport:
    """The `Transport` of a client that is given none. May be used across a fork."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._pools: dict[str, httpcore2.ConnectionPool] = {}
        self._deadline = _Deadline()

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """See `Transport.post`."""
        if self._process != os.getpid():
            # A fork shares its parent's sockets: two processes would mix their bytes on them.
            self._start()
        pool = self._pool(url)
        self._deadline.moment = monotonic() + timeout
        try:
            response = pool.request(
                "POST",
                url,
                headers=_HEADERS + list(headers.items()),
                content=body,
                extensions={"timeout": {"pool": timeout}},
            )
        except _FAILURES as error:
            raise _as_os_error(error) from error
        return response.status, _decompressed(response)

    def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def _pool(self, url: str) -> httpcore2.ConnectionPool:
        origin = _origin(url)
        pool = self._pools.get(origin)
        if pool is not None:
            return pool
        with self._lock:
            if origin not in self._pools:
                self._pools[origin] = httpcore2.ConnectionPool(
                    ssl_context=_ssl_context(origin),
                    proxy=_proxy(origin),
                    max_connections=_MAX_CONNECTIONS,
                    max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
                    keepalive_expiry=_IDLE_SECONDS,
                    network_backend=_DeadlineBackend(self._deadline),
                )
            return self._pools[origin]


class AsyncHttpTransport:
    """The `AsyncTransport` of a client that is given none, for asyncio.

    Its connections belong to the event loop of the first call; using it in another one raises
    `RuntimeError`.
    """

    def __init__(self) -> None:
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        """See `Transport.post`."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(
                "the client is in use in another event loop; make one client for each loop"
            )
        pool = self._pool(url)
        async with asyncio.timeout(timeout):
            try:
                response = await pool.request(
                    "POST", url, headers=_HEADERS + list(headers.items()), content=body
                )
            except _FAILURES as error:
                raise _as_os_error(error) from error
        return response.status, _decompressed(response)

    async def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        pools = list(self._pools.values())
        self._pools.clear()
        self._loop = None
        for pool in pools:
            await pool.aclose()

    def _pool(self, url: str) -> httpcore2.AsyncConnectionPool:
        origin = _origin(url)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = httpcore2.AsyncConnectionPool(
                ssl_context=_ssl_context(origin),
                proxy=_proxy(origin),
                max_connections=_MAX_CONNECTIONS,
                max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
                keepalive_expiry=_IDLE_SECONDS,
            )
        return pool


_HEADERS: list[tuple[str, str]] = [("Accept-Encoding", "gzip"), ("Accept", "application/json")]


def _origin(url: str) -> str:
    return url[: url.index("/", url.index("://") + 3)]


def _ssl_context(origin: str) -> ssl.SSLContext | None:
    return httpcore2.default_ssl_context() if origin.startswith("https") else None


def _proxy(origin: str) -> httpcore2.Proxy | None:
    """The proxy that the environment names for the origin."""
    parts = urlsplit(origin)
    url = getproxies().get(parts.scheme) or getproxies().get("all")
    if not url or proxy_bypass(parts.netloc):
        return None
    proxy = urlsplit(url if "://" in url else f"http://{url}")
    auth = None
    if proxy.username is not None:
        auth = (unquote(proxy.username), unquote(proxy.password or ""))
    host = proxy.netloc.rpartition("@")[2]
    return httpcore2.Proxy(f"{proxy.scheme}://{host}/", auth=auth)


def _as_os_error(error: Exception) -> OSError:
    """The failure in the terms of `Transport.post`."""
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore2.ConnectTimeout):
        return ConnectFailed("no connection in time")
    if isinstance(error, httpcore2.ConnectError | httpcore2.ProxyError):
        return ConnectFailed(text)
    if isinstance(error, httpcore2.TimeoutException):
        return TimeoutError(text)
    return ConnectionError(text)


def _decompressed(response: httpcore2.Response) -> bytes:
    for name, value in response.headers:
        if name.lower() == b"content-encoding" and value.lower() == b"gzip":
            try:
                return zlib.decompress(response.content, wbits=16 + zlib.MAX_WBITS)
            except zlib.error as error:
                raise ConnectionError(f"the answer is not valid gzip: {error}") from error
    return response.content


class _Deadline(threading.local):
    """When the exchange of the current thread has to be over, in monotonic seconds."""

    moment: float = 0.0

    def remaining(self, error: type[Exception]) -> float:
        remaining = self.moment - monotonic()
        if remaining <= 0:
            raise error("the time has passed")
        return remaining


class _DeadlineBackend(httpcore2.NetworkBackend):
    """Connects within the deadline of the current thread."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError(f"no address for {host}")
        for address in self._addresses(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    timeout=self._deadline.remaining(httpcore2.ConnectTimeout),
                    local_address=local_address,
                    socket_options=socket_options or [],
                )
            except httpcore2.ConnectError as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of the host, found within the deadline.

        The resolver of the system has no timeout, so a thread waits for it.
        """
        found: list[str] = []
        failures: list[OSError] = []

        def resolve() -> None:
            try:
                for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                    found.append(str(address[0]))
            except OSError as error:
                failures.append(error)

        thread = threading.Thread(target=resolve, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(self._deadline.remaining(httpcore2.ConnectTimeout))
        if failures:
            raise httpcore2.ConnectError(f"cannot resolve {host}: {failures[0]}") from failures[0]
        if thread.is_alive():
            raise httpcore2.ConnectTimeout(f"cannot resolve {host} in time")
        return found


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose operations end with the deadline of the current thread."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _BYTES_PER_WRITE):
            self._stream.write(
                buffer[start : start + _BYTES_PER_WRITE],
                self._deadline.remaining(httpcore2.WriteTimeout),
            )

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(
            ssl_context, server_hostname, self._deadline.remaining(httpcore2.ConnectTimeout)
        )
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
