"""What the transports for threads and for asyncio share.

They use `httpcore2`, the engine of `httpx2`, because only there a deadline can hold for a whole
exchange: the timeouts of `httpx2` start anew with every byte that arrives. Proxies are taken from
the environment (`HTTPS_PROXY`, `NO_PROXY`, …), certificates from the system or from
`SSL_CERT_FILE`. HTTP/2 is off, redirects are not followed.
"""

from __future__ import annotations

import ssl
import zlib
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

from .transport import ConnectFailed

# More than a thread pool or a burst of tasks has; a request above it waits for a connection.
MAX_CONNECTIONS = 100
MAX_IDLE_CONNECTIONS = 20
# Shorter than the idle timeouts of common proxies, so that they seldom close a connection in use.
IDLE_SECONDS = 15.0

FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)


HEADERS: list[tuple[str, str]] = [
    ("Accept-Encoding", "gzip"),
    ("Accept", "application/json"),
]


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL."""
    return url[: url.index("/", url.index("://") + 3)]


def ssl_context_for(origin: str) -> ssl.SSLContext | None:
    """How to verify the certificate of the origin; None where there is none."""
    return httpcore2.default_ssl_context() if origin.startswith("https") else None


def proxy_url_for(origin: str) -> str | None:
    """The URL of the proxy that the environment names for the origin."""
    parts = urlsplit(origin)
    url = getproxies().get(parts.scheme) or getproxies().get("all")
    if not url or proxy_bypass(parts.netloc):
        return None
    return url if "://" in url else f"http://{url}"


def proxy_for(origin: str) -> httpcore2.Proxy | None:
    """The proxy that the environment names for the origin."""
    url = proxy_url_for(origin)
    if url is None:
        return None
    proxy = urlsplit(url)
    auth = None
    if proxy.username is not None:
        auth = (unquote(proxy.username), unquote(proxy.password or ""))
    host = proxy.netloc.rpartition("@")[2]
    return httpcore2.Proxy(f"{proxy.scheme}://{host}/", auth=auth)


def as_os_error(error: Exception) -> OSError:
    """The failure in the terms of `Transport.post`."""
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore2.ConnectTimeout):
        return ConnectFailed("no connection in time")
    if isinstance(error, httpcore2.ConnectError | httpcore2.ProxyError):
        return ConnectFailed(text)
    if isinstance(error, httpcore2.TimeoutException):
        return TimeoutError(text)
    return ConnectionError(text)


def decompressed(response: httpcore2.Response) -> bytes:
    """The body of the answer. Raises ConnectionError where it is damaged."""
    for name, value in response.headers:
        if name.lower() == b"content-encoding" and value.lower() == b"gzip":
            try:
                return zlib.decompress(response.content, wbits=16 + zlib.MAX_WBITS)
            except zlib.error as error:
                raise ConnectionError(
                    f"the answer is not valid gzip: {error}",
                ) from error
    return response.content
