"""The bytes of a request."""

from __future__ import annotations

from collections.abc import Mapping

from .origins import Target
from .proxies import Proxy
from .tunnels import basic_credentials


def request_bytes(
    target: Target, headers: Mapping[str, str], body: bytes, forwarder: Proxy | None
) -> bytes:
    """A POST, to the origin itself or to a proxy that passes it on.

    Raises `ValueError` for headers that would end early, or are not ASCII.
    """
    own = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Content-Length": str(len(body)),
    }
    return request_head("POST", target, {**own, **headers}, forwarder) + body


def request_head(
    method: str, target: Target, headers: Mapping[str, str], forwarder: Proxy | None
) -> bytes:
    """What comes before the body of a request. Raises `ValueError` as `request_bytes` does."""
    where = target.path if forwarder is None else target.url
    lines = [f"{method} {where} HTTP/1.1", f"Host: {target.host}"]
    credentials = None if forwarder is None else basic_credentials(forwarder)
    if credentials is not None:
        lines.append(f"Proxy-Authorization: {credentials}")
    for name, value in headers.items():
        if not (name.isascii() and value.isascii() and name.isprintable() and value.isprintable()):
            raise ValueError(f"the header {name!r} has characters that no header has")
        lines.append(f"{name}: {value}")
    lines += ("", "")
    return "\r\n".join(lines).encode()
