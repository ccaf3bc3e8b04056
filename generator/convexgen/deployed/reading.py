"""Reading the schema and the functions of a deployment, as Convex's own command line does.

Source: `mcp/tools/tables.ts` and `functionSpec.ts` of `src/cli/lib` of the npm package `convex`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from convexgen.diagnostics.display import printable
from convexgen.guards import is_list, is_mapping

_TIMEOUT = 60.0
"""Within which all of an answer is there."""
_MOST_BYTES = 64 * 2**20
"""Of an answer. A schema is less than 1 MiB, which a document of Convex may have."""
_SHOWN = 500
"""Of what it says that is no answer."""
_SYSTEM = "_system/"
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class DeploymentFailed(Exception):
    """A deployment does not answer, or not as one does; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A deployment with the key that opens it."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeploymentSchema:
    """What a deployment holds."""

    url: str
    declared: Mapping[str, Any]
    """What its schema exports, as Convex's own tools push it."""
    shapes: Mapping[str, Any]
    """What the documents of each of its tables have."""
    functions: list[Mapping[str, Any]]
    """Those of its own, as a function spec has them."""


def find_deployment(env_file: Path | None) -> _Named:
    """The deployment that clients find. Raises DeploymentFailed where there is none, or no key."""
    # It loads pydantic, which other ways to import do not need.
    from convexgen.runtime.environment import (
        check_deploy_key,
        check_url,
        deployment_from_environment,
    )
    from convexgen.runtime.errors import InvalidArgument

    try:
        found = deployment_from_environment(env_file)
        url, key = check_url(found.url), check_deploy_key(found.deploy_key)
    except InvalidArgument as error:
        raise DeploymentFailed(str(error)) from error
    if key is None:
        raise DeploymentFailed(
            f"What {url} holds is for who has its key: set CONVEX_DEPLOY_KEY, or "
            "CONVEX_SELF_HOSTED_ADMIN_KEY."
        )
    return _Named(url, key)


def read_deployment(named: _Named) -> DeploymentSchema:
    """The schema and the functions of a deployment. Raises DeploymentFailed."""
    # It loads pydantic, which other ways to import do not need.
    from convexgen.deployed.answers import UnknownForm, check_schema, check_shapes

    schemas = _query(named, "frontend/getSchemas:default")
    active = schemas.get("active") if is_mapping(schemas) else None
    functions = _query(named, "cli/modules:apiSpec")
    shapes = _answer(named, "/api/shapes2", None)
    declared: object = {"tables": []}
    if isinstance(active, str):
        declared = _parsed(named, active)
    if not (
        is_list(functions)
        and is_mapping(shapes)
        and is_mapping(declared)
        and is_list(declared.get("tables"))
    ):
        raise _unknown(named, "what it holds")
    try:
        check_schema(declared)
        check_shapes(shapes)
    except UnknownForm as error:
        raise _unknown_form(named, error) from error
    return DeploymentSchema(
        named.url,
        declared,
        shapes,
        # HTTP actions are no functions that a client calls.
        [_described(one) for one in functions if is_mapping(one) and "identifier" in one],
    )


def _described(function: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**function, "identifier": str(function["identifier"]).replace(".js:", ":")}


def _query(named: _Named, path: str) -> object:
    """What a query of the deployment itself returns."""
    body: dict[str, object] = {"path": _SYSTEM + path, "args": {}, "format": "convex_encoded_json"}
    answer = _answer(named, "/api/query", body)
    if not is_mapping(answer) or answer.get("status") != "success":
        said = answer.get("errorMessage") if is_mapping(answer) else None
        raise DeploymentFailed(
            f"{named.url} does not say what it holds: {_shown(str(said or answer))}"
        )
    return answer.get("value")


def _answer(named: _Named, path: str, body: Mapping[str, object] | None) -> object:
    request = Request(
        named.url + path,
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Convex {named.key}",
            "Content-Type": "application/json",
            "Convex-Client": f"convexgen-{version('convexgen')}",
        },
    )
    answers: SimpleQueue[bytes | DeploymentFailed] = SimpleQueue()

    def exchange() -> None:
        try:
            answers.put(_content(named, path, request))
        except DeploymentFailed as error:
            answers.put(error)

    # The timeout of a socket is that of each part of an answer, of which there may be no end.
    Thread(target=exchange, daemon=True).start()
    try:
        content = answers.get(timeout=_TIMEOUT)
    except Empty as error:
        raise _late(named, path) from error
    if isinstance(content, DeploymentFailed):
        raise content
    return _parsed(named, content)


def _content(named: _Named, path: str, request: Request) -> bytes:
    try:
        with _opener().open(request, timeout=_TIMEOUT) as response:
            content: bytes = response.read(_MOST_BYTES + 1)
    except HTTPError as error:
        with error:
            said = _shown(error.read(_SHOWN).decode("utf-8", "replace"))
        if error.code in _REFUSED:
            raise DeploymentFailed(
                f"{named.url} does not take the key, or it may not read data: {said}"
            ) from error
        raise DeploymentFailed(f"{named.url}{path} answers {error.code}: {said}") from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            raise _late(named, path) from error
        raise DeploymentFailed(f"{named.url} cannot be reached: {_shown(str(reason))}") from error
    if len(content) > _MOST_BYTES:
        raise DeploymentFailed(f"{named.url}{path} answers more than {_MOST_BYTES // 2**20} MiB")
    return content


def _parsed(named: _Named, content: str | bytes) -> object:
    from convexgen.deployed.answers import UnknownForm, check_levels

    try:
        parsed: object = json.loads(content)
        check_levels(parsed)
    except UnknownForm as error:
        raise _unknown_form(named, error) from error
    except (ValueError, RecursionError) as error:
        raise _unknown(named, "JSON") from error
    return parsed


def _shown(text: str) -> str:
    return printable(text[:_SHOWN])


def _late(named: _Named, path: str) -> DeploymentFailed:
    return DeploymentFailed(f"{named.url}{path} has not answered to the end within {_TIMEOUT:g} s")


def _unknown_form(named: _Named, error: Exception) -> DeploymentFailed:
    return DeploymentFailed(
        f"{named.url} does not say what it holds as deployments do that this tool knows: "
        f"{_shown(str(error))}"
    )


def _unknown(named: _Named, what: str) -> DeploymentFailed:
    return DeploymentFailed(
        f"{named.url} does not answer with {what}: is that the URL of a deployment?"
    )


class _NoRedirects(HTTPRedirectHandler):
    """The key is for the deployment alone: where it sends elsewhere, that is no answer."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """None: the answer stands as it is."""


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects())
