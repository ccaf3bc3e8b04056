"""How an origin is reached: directly or through a proxy, plain or encrypted."""

from __future__ import annotations

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from .certificates import tls_context
from .origins import Origin
from .proxies import Proxy, proxy_for
from .transport import ConnectFailed
from .tunnels import require_user


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an origin."""

    origin: Origin
    proxy: Proxy | None
    is_tunnelled: bool
    """Whether the proxy passes bytes on; else it is asked for what a URL leads to."""
    context: ssl.SSLContext | None
    """How to verify the certificate of the origin; None where there is none."""

    @property
    def first(self) -> tuple[str, int]:
        """The host and the port to connect to."""
        first = self.origin if self.proxy is None else self.proxy
        return first.host, first.port

    @property
    def tunnel(self) -> Proxy | None:
        """The proxy that is asked for a tunnel."""
        return self.proxy if self.is_tunnelled else None

    @property
    def forwarder(self) -> Proxy | None:
        """The proxy that is sent requests."""
        return None if self.is_tunnelled else self.proxy

    def require_passed_on(self, status: int) -> None:
        """Raises `ConnectFailed` where an answer is that of a proxy, which sent nothing on."""
        if self.forwarder is not None:
            with as_connect_failed(self.forwarder):
                require_user(status, self.forwarder)


def route_to(origin: Origin, *, for_web_sockets: bool = False) -> Route:
    """The way to the origin, as the environment says now.

    Raises `ConnectFailed` for a proxy or certificates that cannot be used.
    """
    proxy = proxy_for(origin)
    return Route(
        origin,
        proxy,
        is_tunnelled=for_web_sockets
        or origin.is_secure
        or (proxy is not None and proxy.kind != "http"),
        context=tls_context() if origin.is_secure else None,
    )


@contextmanager
def as_connect_failed(proxy: Proxy | None) -> Generator[None, None, None]:
    """Turn what breaks into `ConnectFailed`, which says of which proxy it is."""
    try:
        yield
    except OSError as error:
        if isinstance(error, ConnectFailed):
            reason = str(error)
        elif isinstance(error, TimeoutError):
            reason = "no connection in time"
        else:
            reason = error.strerror or str(error)
        if proxy is not None:
            reason = f"the proxy {proxy.name}: {reason}"
        raise ConnectFailed(reason) from error
