"""How a proxy is asked for a tunnel to an origin: what is said and answered, without any waiting.

A handshake yields what is to be sent, and is sent what has come, until it returns; so clients for
threads and for asyncio share it, and its bytes are read within their deadlines. It raises
`ConnectFailed`: in a tunnel that is not there nothing was sent.

Sources: RFC 9110, section 9.3.6 (CONNECT); RFC 1928 and RFC 1929 (SOCKS 5);
https://www.openssh.org/txt/socks4.protocol and https://www.openssh.org/txt/socks4a.protocol.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Generator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from .origins import Origin
from .proxies import Proxy
from .transport import ConnectFailed

Handshake: TypeAlias = Generator[bytes, bytes, None]

HEARD_BYTES = 4096
"""How much of an answer is read at once."""
_MOST_BYTES = 16 * 1024
"""Of what a proxy may answer."""
_STATUS = re.compile(rb"HTTP/1\.[01] +(\d{3})[ \r]")
_LONGEST_NAME = 255
"""As SOCKS has one byte for its length."""

_SOCKS_5, _SOCKS_4 = 5, 4
_CONNECT = 1
_NO_METHOD, _WITH_PASSWORD, _WITHOUT = 0xFF, 2, 0
_WANTS_USER = 407
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED_4 = 90
_REPLIES_5 = {
    1: "it failed",
    2: "its rules do not allow it",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the host refused the connection",
    6: "the host did not answer",
    7: "it does not do that",
    8: "it does not take such addresses",
}
_REPLIES_4 = {
    91: "it refused, or failed",
    92: "it wants an identd of this machine",
    93: "the identd of this machine says another user",
}


def handshake(proxy: Proxy, origin: Origin) -> Handshake:
    """What is said to the proxy, and heard of it, until it passes on what is sent to the origin."""
    match proxy.kind:
        case "http":
            return _http(proxy, origin)
        case "socks5":
            return _socks5(proxy, origin)
        case "socks4":
            return _socks4(proxy, origin)


def basic_credentials(proxy: Proxy) -> str | None:
    """The header with which the proxy is told who asks it; None for nobody."""
    if proxy.user is None:
        return None
    said = f"{proxy.user}:{proxy.password}".encode()
    return f"Basic {base64.b64encode(said).decode()}"


def require_user(status: int, proxy: Proxy) -> None:
    """Raises `ConnectFailed` where a proxy does not pass on what this user asks for."""
    if status == _WANTS_USER:
        raise ConnectFailed(
            "it wants a user and a password: http://user:password@host:port (HTTP 407)"
            if proxy.user is None
            else "it does not take the user and password (HTTP 407)"
        )


def _http(proxy: Proxy, origin: Origin) -> Handshake:
    authority = origin.authority
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    credentials = basic_credentials(proxy)
    if credentials is not None:
        lines.append(f"Proxy-Authorization: {credentials}")
    answer = bytearray()
    said = "\r\n".join((*lines, "", "")).encode()
    while (end := answer.find(b"\r\n\r\n")) < 0:
        if len(answer) > _MOST_BYTES:
            raise ConnectFailed("its answer has no end")
        yield from _hear(said, answer)
        said = b""
    status = _STATUS.match(answer)
    if status is None:
        raise ConnectFailed("it does not answer as an HTTP proxy does")
    number = int(status[1])
    require_user(number, proxy)
    if not 200 <= number < 300:
        raise ConnectFailed(f"it refused to connect to {authority} (HTTP {number})")
    _require_no_more(answer, end + 4)


def _socks5(proxy: Proxy, origin: Origin) -> Handshake:
    received = bytearray()
    methods = [_WITHOUT] if proxy.user is None else [_WITHOUT, _WITH_PASSWORD]
    yield from _say(bytes([_SOCKS_5, len(methods), *methods]), received, 2)
    version, method = received[:2]
    if version != _SOCKS_5:
        raise ConnectFailed("it does not speak SOCKS 5")
    if method == _NO_METHOD or method not in methods:
        raise ConnectFailed(
            "it wants a user and a password: socks5://user:password@host:port"
            if proxy.user is None
            else "it takes no user and password",
        )
    del received[:2]
    if method == _WITH_PASSWORD:
        user, password = _short(proxy.user or ""), _short(proxy.password)
        yield from _say(
            bytes([1, len(user), *user, len(password), *password]),
            received,
            2,
        )
        if received[1] != 0:
            raise ConnectFailed("it does not take the user and password")
        del received[:2]
    port = origin.port.to_bytes(2)
    where = _address_5(origin.host)
    yield from _say(bytes([_SOCKS_5, _CONNECT, 0]) + where + port, received, 5)
    version, reply, _, kind, length = received[:5]
    if version != _SOCKS_5:
        raise ConnectFailed("it does not speak SOCKS 5")
    if reply != 0:
        raise _unconnected(origin, _REPLIES_5, reply)
    sizes = {_IPV4: 4, _IPV6: 16, _NAME: 1 + length}
    if kind not in sizes:
        raise ConnectFailed("it does not speak SOCKS 5")
    whole = 4 + sizes[kind] + 2
    yield from _say(b"", received, whole)
    _require_no_more(received, whole)


def _socks4(proxy: Proxy, origin: Origin) -> Handshake:
    received = bytearray()
    address = _ip_address(origin.host)
    if isinstance(address, IPv6Address):
        raise ConnectFailed("SOCKS 4 has no IPv6: use socks5://")
    # An impossible address means that a name follows, which the proxy resolves.
    packed = b"\0\0\0\1" if address is None else address.packed
    name = b"" if address is not None else _short(origin.host) + b"\0"
    user = _short(proxy.user or "")
    if b"\0" in user:
        raise ConnectFailed("its user has a character that SOCKS 4 has no place for")
    request = bytes([_SOCKS_4, _CONNECT]) + origin.port.to_bytes(2) + packed
    yield from _say(request + user + b"\0" + name, received, 8)
    if received[0] != 0:
        raise ConnectFailed("it does not speak SOCKS 4")
    if received[1] != _GRANTED_4:
        raise _unconnected(origin, _REPLIES_4, received[1])
    _require_no_more(received, 8)


def _say(said: bytes, received: bytearray, count: int) -> Handshake:
    """Send, and wait for so many bytes in all."""
    while len(received) < count:
        yield from _hear(said, received)
        said = b""


def _hear(said: bytes, received: bytearray) -> Handshake:
    """Send, and wait for some bytes."""
    heard = yield said
    if not heard:
        raise ConnectFailed("it closed the connection")
    received += heard


def _address_5(host: str) -> bytes:
    match _ip_address(host):
        case IPv4Address() as address:
            return bytes([_IPV4]) + address.packed
        case IPv6Address() as address:
            return bytes([_IPV6]) + address.packed
        case None:
            name = _short(host)
            return bytes([_NAME, len(name)]) + name


def _ip_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _LONGEST_NAME:
        raise ConnectFailed(f"SOCKS takes names and passwords of {_LONGEST_NAME} bytes at most")
    return encoded


def _require_no_more(received: bytearray, count: int) -> None:
    """Nothing can have come of the origin, which was sent nothing."""
    if len(received) > count:
        raise ConnectFailed("it answered more than it was asked")


def _unconnected(origin: Origin, replies: dict[int, str], reply: int) -> ConnectFailed:
    because = replies.get(reply, "for no reason that is known")
    return ConnectFailed(f"it does not connect to {origin.authority}: {because} ({reply})")
