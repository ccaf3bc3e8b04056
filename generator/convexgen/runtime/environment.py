"""The settings that a client takes from the environment, and the checks of settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from .errors import InvalidArgument

_EXAMPLE = "write it as https://<name>.convex.cloud, or http://127.0.0.1:3210 locally"


EnvFile: TypeAlias = str | PathLike[str]
"""The path of a file of variables."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a deployment is, and the key that opens it, as the environment says."""

    url: str
    deploy_key: str | None = field(repr=False)


def deployment_from_environment(env_file: EnvFile | None = None) -> Deployment:
    """The deployment that the environment names, else a file of variables such as `.env.local`.

    That is CONVEX_URL with CONVEX_DEPLOY_KEY, else CONVEX_SELF_HOSTED_URL with
    CONVEX_SELF_HOSTED_ADMIN_KEY. Raises `InvalidArgument` if neither URL is set anywhere.
    """
    places: list[Mapping[str, str]] = [os.environ]
    if env_file is not None:
        places.append(_variables_of(env_file))
    for place in places:
        url = _value(place, "CONVEX_URL")
        hosted = _value(place, "CONVEX_SELF_HOSTED_URL")
        if url is None and hosted is None:
            continue
        names: list[str] = []
        if url is not None:
            names.append("CONVEX_DEPLOY_KEY")
        # A key goes to the deployment that it is of, and to no other.
        if url is None or hosted is None or url.rstrip("/") == hosted.rstrip("/"):
            names.append("CONVEX_SELF_HOSTED_ADMIN_KEY")
        keys = [_value(source, name) for source in places for name in names]
        found = next((key for key in keys if key is not None), None)
        return Deployment(url or hosted or "", found)
    file = "" if env_file is None else f" or in {fspath(env_file)}"
    raise InvalidArgument(
        "CONVEX_URL is not set to the URL of a deployment, nor is CONVEX_SELF_HOSTED_URL, "
        f"in the environment{file}; {_EXAMPLE}"
    )


def _value(variables: Mapping[str, str], name: str) -> str | None:
    return variables.get(name, "").strip() or None


# As the npm package dotenv reads lines, with which `npx convex` does: quotes, comments, `export`.
_LINE = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|`(?P<back>[^`]*)`|(?P<bare>[^#]*))
    [ \t]*(?:\#.*)?""",
    re.ASCII | re.VERBOSE,
)


def _variables_of(path: EnvFile) -> dict[str, str]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidArgument(f"{fspath(path)} cannot be read: {reason}") from error
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            values = match.group("single", "double", "back")
            quoted = next((one for one in values if one is not None), None)
            found[match["name"]] = match["bare"].strip() if quoted is None else quoted
    return found


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


def require_one(deploy_key: str | None, auth: object) -> None:
    """Raises `InvalidArgument` for both a key and a token: a call is of one of them."""
    if deploy_key and auth is not None:
        raise InvalidArgument("give a deploy key or auth, a token of a user, not both")


def check_timeout(timeout: float) -> float:
    """The timeout in seconds. Raises `InvalidArgument` unless it is positive and finite."""
    if not 0 < timeout < float("inf"):
        raise InvalidArgument(
            f"the timeout is a positive number of seconds, not {timeout!r}",
        )
    return float(timeout)
