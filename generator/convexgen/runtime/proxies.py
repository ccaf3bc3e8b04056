"""Which proxy the environment names for an origin: one rule for calls and subscriptions.

`HTTP_PROXY` and `HTTPS_PROXY` are for origins of their scheme, `ALL_PROXY` for both, `NO_PROXY`
lists the hosts that are reached without one; names in lower case come first. There is no standard:
this is what curl and Python's urllib agree on, and IPv6, networks and ports as in Go
(https://pkg.go.dev/golang.org/x/net/http/httpproxy). Where the environment has none, macOS and
Windows may have one in their settings.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from .origins import Origin, bracketed
from .transport import ConnectFailed

ProxyKind: TypeAlias = Literal["http", "socks4", "socks5"]

# As in curl: the proxy resolves names in any case, which needs no name server here.
_KINDS: Final[dict[str, ProxyKind]] = {
    "http": "http",
    "socks": "socks5",
    "socks5": "socks5",
    "socks5h": "socks5",
    "socks4": "socks4",
    "socks4a": "socks4",
}
_HTTP_PORT, _SOCKS_PORT = 80, 1080


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and who asks it."""

    kind: ProxyKind
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a message calls it, without a password."""
        return f"{self.kind}://{bracketed(self.host)}:{self.port}"


def proxy_for(origin: Origin) -> Proxy | None:
    """The proxy that is named for the origin. Raises `ConnectFailed` for one that cannot be."""
    scheme = "https" if origin.is_secure else "http"
    named = _variable(scheme) or _variable("all")
    if named is None:
        named = _of_system(scheme, origin)
    elif _is_excepted(origin):
        named = None
    return None if named is None else _parsed(*named)


def _variable(scheme: str) -> tuple[str, str] | None:
    """The name of the variable, and what it says."""
    lower, upper = f"{scheme}_proxy", f"{scheme}_proxy".upper()
    names = [lower, upper]
    if scheme == "http" and "REQUEST_METHOD" in os.environ:
        # In a CGI script it is what a client sent as the header "Proxy": https://httpoxy.org.
        names.remove(upper)
    for name in names:
        value = os.environ.get(name)
        if value is not None:
            return (name, value.strip()) if value.strip() else None
    return None


def _of_system(scheme: str, origin: Origin) -> tuple[str, str] | None:
    if sys.platform != "darwin" and sys.platform != "win32":
        return None
    # It is slow to import.
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    for name in (scheme, "socks"):
        if name in proxies and not proxy_bypass(origin.authority):
            url = proxies[name]
            if name == "socks":
                url = f"socks5://{url.partition('://')[2] or url}"
            return "the settings of the system", url
    return None


def _parsed(variable: str, url: str) -> Proxy:
    written = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refusal(variable, "is not a URL") from None
    scheme = parts.scheme.lower()
    if scheme == "https":
        raise _refusal(
            variable,
            "names a proxy that is reached over TLS, which this client does not do: write its "
            "http:// address, within whose tunnel TLS goes on to the deployment",
        )
    if scheme not in _KINDS:
        raise _refusal(
            variable, f"has the scheme {scheme!r}: proxies are http://, socks5:// or socks4://"
        )
    if not host or not host.isascii():
        raise _refusal(variable, "names no host: write it as http://host:port")
    kind = _KINDS[scheme]
    usual = _HTTP_PORT if kind == "http" else _SOCKS_PORT
    return Proxy(kind, host, port or usual, *_user(parts))


def _user(parts: SplitResult) -> tuple[str | None, str]:
    if parts.username is None:
        return None, ""
    return unquote(parts.username), unquote(parts.password or "")


def _refusal(variable: str, reason: str) -> ConnectFailed:
    return ConnectFailed(f"the proxy of {variable} {reason}")


def _is_excepted(origin: Origin) -> bool:
    variable = _variable("no")
    return variable is not None and any(_matches(entry, origin) for entry in _entries(variable[1]))


def _entries(listed: str) -> Iterator[str]:
    return (entry.lower() for entry in re.split(r"[\s,]+", listed) if entry)


_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>\d+)")


def _matches(entry: str, origin: Origin) -> bool:
    """Whether an entry of NO_PROXY means the origin."""
    if entry == "*":
        return True
    ported = _WITH_PORT.fullmatch(entry)
    if ported is not None:
        if int(ported["port"]) != origin.port:
            return False
        entry = ported["host"]
    entry = entry.removeprefix("[").removesuffix("]")
    address = _address(origin.host)
    if address is not None:
        network = _network(entry)
        return network is not None and address in network
    name, host = entry.removeprefix("*").strip("."), origin.host.rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
