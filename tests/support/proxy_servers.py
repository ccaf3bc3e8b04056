"""Proxies on loopback: HTTP, SOCKS 4 and SOCKS 5. They resolve names ending in `.invalid`, which
nothing else does, to this machine."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from raw_server import listening


@dataclass(slots=True)
class ProxyServer:
    """A proxy that runs."""

    address: str = ""
    """Host and port."""
    asked: list[str] = field(default_factory=list[str])
    """The origins that it was asked for."""


@contextmanager
def http_proxy(user: str | None = None) -> Generator[ProxyServer, None, None]:
    """It makes tunnels, and passes requests on. `user` is a user and a password, with a colon."""
    proxy = ProxyServer()
    expected = user and f"Basic {base64.b64encode(user.encode()).decode()}"

    def serve(client: socket.socket) -> None:
        head = _until(client, b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, where, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if line)
        if expected != headers.get("Proxy-Authorization"):
            _exactly(client, int(headers.get("Content-Length", "0")))
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        if method == "CONNECT":
            proxy.asked.append(where)
            host, _, port = where.rpartition(":")
            with _connected(host.strip("[]"), int(port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
                relay(client, server)
            return
        url = urlsplit(where)
        proxy.asked.append(url.netloc)
        with _connected(url.hostname or "", url.port or 80) as server:
            server.sendall(head.replace(where.encode(), url.path.encode(), 1))
            relay(client, server)

    with listening(serve) as port:
        proxy.address = f"127.0.0.1:{port}"
        yield proxy


@contextmanager
def socks5_proxy(user: str | None = None) -> Generator[ProxyServer, None, None]:
    """RFC 1928, with a user and a password of RFC 1929 if they are given."""
    proxy = ProxyServer()

    def serve(client: socket.socket) -> None:
        _, count = _exactly(client, 2)
        methods = _exactly(client, count)
        method = 0 if user is None else 2
        if method not in methods:
            client.sendall(b"\5\xff")
            return
        client.sendall(bytes([5, method]))
        if user is not None:
            _, length = _exactly(client, 2)
            name = _exactly(client, length)
            password = _exactly(client, _exactly(client, 1)[0])
            is_right = name + b":" + password == user.encode()
            client.sendall(b"\1\0" if is_right else b"\1\1")
            if not is_right:
                return
        _, _, _, kind = _exactly(client, 4)
        if kind == 3:
            host = _exactly(client, _exactly(client, 1)[0]).decode()
        else:
            host = str(ip_address(_exactly(client, 4 if kind == 1 else 16)))
        port = int.from_bytes(_exactly(client, 2))
        proxy.asked.append(_authority(host, port))
        try:
            server = _connected(host, port)
        except OSError:
            client.sendall(b"\5\5\0\1\0\0\0\0\0\0")
            return
        with server:
            client.sendall(b"\5\0\0\3\4name\0\0")
            relay(client, server)

    with listening(serve) as port:
        proxy.address = f"127.0.0.1:{port}"
        yield proxy


@contextmanager
def socks4_proxy(user: str = "") -> Generator[ProxyServer, None, None]:
    """SOCKS 4, and 4a for names."""
    proxy = ProxyServer()

    def serve(client: socket.socket) -> None:
        request = _exactly(client, 8)
        port, packed = int.from_bytes(request[2:4]), request[4:]
        name = _until(client, b"\0")[:-1].decode()
        host = str(ip_address(packed))
        if packed[:3] == b"\0\0\0":
            host = _until(client, b"\0")[:-1].decode()
        proxy.asked.append(_authority(host, port))
        if name != user:
            client.sendall(b"\0\x5d" + bytes(6))
            return
        try:
            server = _connected(host, port)
        except OSError:
            client.sendall(b"\0\x5b" + bytes(6))
            return
        with server:
            client.sendall(b"\0\x5a" + bytes(6))
            relay(client, server)

    with listening(serve) as port:
        proxy.address = f"127.0.0.1:{port}"
        yield proxy


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connected(host: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1" if host.endswith(".invalid") else host, port))


def _exactly(client: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = client.recv(count - len(received))
        if not piece:
            raise ConnectionError
        received += piece
    return received


def _until(client: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        received += _exactly(client, 1)
    return received


def relay(client: socket.socket, server: socket.socket) -> None:
    """Pass on what both say, until one ends."""

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
    back.start()
    pass_on(client, server)
    back.join()
