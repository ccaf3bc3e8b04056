"""The settings that a client takes from the environment, and the checks of settings."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from .errors import InvalidArgument

URL_VARIABLE = "CONVEX_URL"
DEPLOY_KEY_VARIABLE = "CONVEX_DEPLOY_KEY"

_EXAMPLE = "write it as https://<name>.convex.cloud, or http://127.0.0.1:3210 locally"


def url_from_environment() -> str:
    """CONVEX_URL. Raises `InvalidArgument` if it is not set."""
    url = os.environ.get(URL_VARIABLE, "").strip()
    if not url:
        raise InvalidArgument(
            f"{URL_VARIABLE} is not set to the URL of a deployment; {_EXAMPLE}",
        )
    return url


def deploy_key_from_environment() -> str | None:
    """CONVEX_DEPLOY_KEY, or None if it is not set."""
    return os.environ.get(DEPLOY_KEY_VARIABLE, "").strip() or None


def check_url(url: str) -> str:
    """The URL of the deployment without a trailing slash; a path prefix is kept.

    Raises `InvalidArgument` for what cannot be the URL of a deployment.
    """
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArgument(f"{url!r} is not a URL: {error}; {_EXAMPLE}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidArgument(f"{url!r} is not an http or https URL; {_EXAMPLE}")
    if parts.query or parts.fragment or parts.username is not None:
        raise InvalidArgument(
            f"the URL of the deployment at {host} has a user, a query or a fragment; {_EXAMPLE}"
        )
    if not text.isascii() or any(character <= " " for character in text):
        raise InvalidArgument(f"{url!r} has characters that no URL has; {_EXAMPLE}")
    if host.endswith(".convex.site"):
        raise InvalidArgument(
            f"{url!r} is where HTTP actions are; functions are at "
            f"https://{host.removesuffix('.convex.site')}.convex.cloud"
        )
    return text


def check_deploy_key(deploy_key: str | None) -> str | None:
    """The key, or None if it is empty. Raises `InvalidArgument`, without repeating the key."""
    if not deploy_key:
        return None
    if not deploy_key.isascii() or any(character <= " " for character in deploy_key):
        raise InvalidArgument("the deploy key has spaces or characters that no key has")
    return deploy_key


def check_timeout(timeout: float) -> float:
    """The timeout in seconds. Raises `InvalidArgument` unless it is positive and finite."""
    if not 0 < timeout < float("inf"):
        raise InvalidArgument(
            f"the timeout is a positive number of seconds, not {timeout!r}",
        )
    return float(timeout)
