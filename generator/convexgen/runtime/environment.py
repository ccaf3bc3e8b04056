"""The settings that a client takes from the environment, and the checks of settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from .env_file import variables
from .errors import InvalidArgument
from .foreign_values import in_python, type_name

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
    CONVEX_SELF_HOSTED_ADMIN_KEY. A key is sent to its own deployment alone: it is where the URL
    is, else in the other place if that has the same URL, or none and the key names no other one.
    Raises `InvalidArgument` if neither URL is set anywhere.
    """
    places = [_Place.of(os.environ)]
    if env_file is not None:
        places.append(_Place.of(variables(_text_of(env_file))))
    for place in places:
        if place.cloud_url or place.hosted_url:
            url = place.cloud_url or place.hosted_url or ""
            others = [other for other in places if other is not place]
            keys = [place.key_of(url), *(other.key_for(place) for other in others)]
            return Deployment(url, next((key for key in keys if key is not None), None))
    file = "" if env_file is None else f" or in {fspath(env_file)}"
    raise InvalidArgument(
        "CONVEX_URL is not set to the URL of a deployment, nor is CONVEX_SELF_HOSTED_URL, "
        f"in the environment{file}; {_EXAMPLE}"
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """What one place, the environment or a file, says of deployments."""

    cloud_url: str | None
    cloud_key: str | None = field(repr=False)
    hosted_url: str | None
    hosted_key: str | None = field(repr=False)

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> _Place:
        names = ("URL", "DEPLOY_KEY", "SELF_HOSTED_URL", "SELF_HOSTED_ADMIN_KEY")
        return cls(*(variables.get(f"CONVEX_{name}", "").strip() or None for name in names))

    def key_of(self, url: str) -> str | None:
        """The key of a deployment whose URL this place has."""
        is_cloud = _is_same(self.cloud_url, url)
        is_hosted = _is_same(self.hosted_url, url)
        if is_cloud and self.cloud_key is not None:
            return self.cloud_key
        return self.hosted_key if is_hosted or (is_cloud and self.hosted_url is None) else None

    def key_for(self, other: _Place) -> str | None:
        """The key of the deployment that another place names, and this one does not contradict."""
        url = other.cloud_url or other.hosted_url or ""
        if self.cloud_url is not None or self.hosted_url is not None:
            return self.key_of(url)
        key = replace(self, cloud_url=other.cloud_url, hosted_url=other.hosted_url).key_of(url)
        return None if key is None or _is_of_another(key, url) else key


def _is_same(url: str | None, other: str) -> bool:
    return url is not None and url.rstrip("/") == other.rstrip("/")


def _is_of_another(key: str, url: str) -> bool:
    """Whether a key says of which deployment on Convex's cloud it is, and the URL is another's.

    Such keys are `prod:name|…`, `dev:name|…`, `preview:team:project|…`, `project:team:project|…`.
    """
    said = re.match(r"(?:(?:prod|dev):(?P<name>[^|]*)|(?:preview|project):[^|]*)\|", key)
    if said is None:
        return False
    name = "[^./]+" if said["name"] is None else re.escape(said["name"])
    return not re.fullmatch(rf"https://{name}(?:\.[^./]+)?\.convex\.cloud/*", url)


def _text_of(path: EnvFile) -> str:
    try:
        return Path(path).read_bytes().decode()
    except FileNotFoundError:
        reason = "there is no such file. `convexgen dev --write-env` writes .env.local"
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    # Outside of the handlers: what the system said is in the words, and no error of its own.
    raise InvalidArgument(f"{fspath(path)} cannot be read: {reason}")


def check_url(url: object) -> str:
    """The URL of the deployment without a trailing slash; a path prefix is kept.

    Raises `InvalidArgument` for what cannot be the URL of a deployment.
    """
    if not isinstance(url, str):  # such as None, of a variable that is not set
        raise InvalidArgument(
            f"the URL of the deployment is text, not of type {type_name(url)}; {_EXAMPLE}"
        )
    # Of what may have a secret, nothing is repeated.
    if "|" in unquote(url):
        raise InvalidArgument(f"a deploy key is in place of the URL of the deployment; {_EXAMPLE}")
    if url.strip().startswith("eyJ"):  # as every JWT does
        raise InvalidArgument(f"a token is in place of the URL of the deployment; {_EXAMPLE}")
    if "@" in unquote(url):
        raise InvalidArgument(f"the URL of the deployment has a user; {_EXAMPLE}")
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArgument(f"{url!r} is not a URL: {error}; {_EXAMPLE}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidArgument(f"{url!r} is not an http or https URL; {_EXAMPLE}")
    if parts.query or parts.fragment:
        raise InvalidArgument(
            f"the URL of the deployment at {host} has a query or a fragment; {_EXAMPLE}"
        )
    if not text.isascii() or any(character <= " " for character in text):
        raise InvalidArgument(f"{url!r} has characters that no URL has; {_EXAMPLE}")
    if host.endswith(".convex.site"):
        raise InvalidArgument(
            f"{url!r} is where HTTP actions are; functions are at "
            f"https://{host.removesuffix('.convex.site')}.convex.cloud"
        )
    return text


def check_deploy_key(deploy_key: object) -> str | None:
    """The key, if there is one. Raises `InvalidArgument`, without repeating the key."""
    if deploy_key is None:
        return None
    if not isinstance(deploy_key, str):
        raise InvalidArgument(f"the deploy key is text, not of type {type_name(deploy_key)}")
    if not is_for_headers(deploy_key):
        raise InvalidArgument("the deploy key is empty, or has characters that no key has")
    return deploy_key


def is_for_headers(credential: str) -> bool:
    """Whether a deploy key or a token can be sent as it is, in a header."""
    return re.fullmatch("[!-~]+", credential) is not None


def require_one(deploy_key: str | None, auth: object) -> None:
    """Raises `InvalidArgument` for both a key and a token: a call is of one of them."""
    if deploy_key is not None and auth is not None:
        raise InvalidArgument("give a deploy key or auth, a token of a user, not both")


def check_timeout(timeout: float) -> float:
    """The timeout in seconds. Raises `InvalidArgument` unless it is positive and finite."""
    if not isinstance(in_python(timeout), (int, float)) or not 0 < timeout < float("inf"):
        raise InvalidArgument(
            f"the timeout is a positive number of seconds, not {timeout!r}",
        )
    return float(timeout)
