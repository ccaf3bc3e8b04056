"""Where requests go: origins, and what of a URL a request says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port."""

    is_secure: bool
    host: str
    """A name or an IP address, which has no brackets."""
    port: int

    @property
    def authority(self) -> str:
        """Host and port as they stand in URLs."""
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL leads to."""

    origin: Origin
    key: str
    """That of the origin."""
    url: str
    path: str
    host: str
    """As the header has it: the port is left out where it is that of the scheme."""


@lru_cache(maxsize=256)
def target_of(url: str) -> Target:
    """What the URL of a deployment leads to; `check_url` has seen it."""
    parts = urlsplit(url)
    is_secure = parts.scheme == "https"
    usual = 443 if is_secure else 80
    origin = Origin(is_secure, parts.hostname or "", parts.port or usual)
    host = bracketed(origin.host) if origin.port == usual else origin.authority
    key = f"{parts.scheme}://{origin.authority}"
    return Target(origin, key, f"{parts.scheme}://{host}{parts.path}", parts.path or "/", host)


def bracketed(host: str) -> str:
    """The host as it stands in URLs: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
