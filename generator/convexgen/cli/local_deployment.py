"""What `dev` keeps in `.env.local`: where it serves, and the key that it takes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from convexgen.cli.generation import tell_waiting
from convexgen.cli.project import CannotRun, shown, unwritable
from convexgen.files.env_file import NAME, read_env_file, write_env_file

_URL = "CONVEX_SELF_HOSTED_URL"
_KEY = "CONVEX_SELF_HOSTED_ADMIN_KEY"
# `npx convex` refuses these beside the two above.
# Source: npm package convex, src/cli/lib/deploymentSelection.ts.
_OF_THE_CLOUD = ("CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY")
_LOCAL = re.compile(r"localhost|127(?:\.\d+){3}|::1")


def given_key(argument: str | None) -> str | None:
    """The key of an argument, else of the environment. Raises CannotRun for what can be none."""
    if argument is not None:
        return _checked(argument)
    key = os.environ.get("CONVEXGEN_ADMIN_KEY")
    return _checked(key) if key else None


def _checked(key: str) -> str:
    """The key that is given. Raises CannotRun for what can be none."""
    if not re.fullmatch(r"[!-~]+", key) or re.search(r"""['"`\\]|^-""", key):
        raise CannotRun(
            "An admin key has letters, digits and signs, no spaces, quotes or backslashes, and "
            "does not start with a hyphen."
        )
    return key


def recorded_key(project: Path) -> str | None:
    """The key of the deployment on this machine that `.env.local` names, if it names one."""
    variables = _read(project)
    url, key = variables.get(_URL), variables.get(_KEY)
    if not key or (url and not _is_local(url)):
        return None
    return _checked(key)


def check_recordable(project: Path) -> None:
    """Raises CannotRun where `.env.local` names a deployment of another kind."""
    variables = _read(project)
    url = variables.get(_URL)
    if url and not _is_local(url):
        raise CannotRun(
            f"{shown(project / NAME)} names the deployment {url}. Remove {_URL} and {_KEY} there, "
            "or start without --write-env."
        )
    for name in _OF_THE_CLOUD:
        if variables.get(name):
            raise CannotRun(
                f"{shown(project / NAME)} has {name}, which `npx convex` does not take beside "
                f"{_URL}. Remove it there, or start without --write-env."
            )


def record(project: Path, url: str, key: str) -> None:
    """Write both to `.env.local`, by the names that Convex's tools and the clients know."""
    path = project / NAME
    try:
        write_env_file(path, {"CONVEX_URL": url, _URL: url, _KEY: key}, tell_waiting)
    except OSError as error:
        raise unwritable(error) from error
    except UnicodeError as error:
        raise CannotRun(f"{shown(path)} is not UTF-8.") from error


def _read(project: Path) -> Mapping[str, str]:
    path = project / NAME
    try:
        return read_env_file(path)
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise CannotRun(f"{shown(path)} is not UTF-8.") from error


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and _LOCAL.fullmatch(host) is not None
