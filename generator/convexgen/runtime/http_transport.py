"""The transport for threads, with connections that are kept open and shared.

This module is imported at the first call, since the import takes longer than everything else here.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

import httpcore2

from .http_connections import (
    FAILURES,
    HEADERS,
    IDLE_SECONDS,
    MAX_CONNECTIONS,
    MAX_IDLE_CONNECTIONS,
    as_os_error,
    decompressed,
    origin_of,
    proxy_for,
    ssl_context_for,
)

_BYTES_PER_WRITE = 256 * 1024


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
                headers=HEADERS + list(headers.items()),
                content=body,
                extensions={"timeout": {"pool": timeout}},
            )
        except FAILURES as error:
            raise as_os_error(error) from error
        return response.status, decompressed(response)

    def close(self) -> None:
        """Close all connections. The transport opens new ones if it is used again."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def _pool(self, url: str) -> httpcore2.ConnectionPool:
        origin = origin_of(url)
        pool = self._pools.get(origin)
        if pool is not None:
            return pool
        with self._lock:
            if origin not in self._pools:
                self._pools[origin] = httpcore2.ConnectionPool(
                    ssl_context=ssl_context_for(origin),
                    proxy=proxy_for(origin),
                    max_connections=MAX_CONNECTIONS,
                    max_keepalive_connections=MAX_IDLE_CONNECTIONS,
                    keepalive_expiry=IDLE_SECONDS,
                    network_backend=_DeadlineBackend(self._deadline),
                )
            return self._pools[origin]


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
                for *_, address in socket.getaddrinfo(
                    host,
                    port,
                    type=socket.SOCK_STREAM,
                ):
                    found.append(str(address[0]))
            except OSError as error:
                failures.append(error)

        thread = threading.Thread(target=resolve, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(self._deadline.remaining(httpcore2.ConnectTimeout))
        if failures:
            raise httpcore2.ConnectError(
                f"cannot resolve {host}: {failures[0]}",
            ) from failures[0]
        if thread.is_alive():
            raise httpcore2.ConnectTimeout(f"cannot resolve {host} in time")
        return found


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose operations end with the deadline of the current thread."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(
            max_bytes,
            self._deadline.remaining(httpcore2.ReadTimeout),
        )

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
            ssl_context,
            server_hostname,
            self._deadline.remaining(httpcore2.ConnectTimeout),
        )
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
