"""Apps that sign their users in with `@convex-dev/auth` and with `better-auth`, unmodified."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script

HERE = Path(__file__).parent
EMAIL = "ada@example.com"
SITE_URL = "http://localhost:5173"
"""Of the app in the browser, as the libraries call it."""
CALLS = 6
"""A query, a mutation and an action, over HTTP and over a WebSocket."""


@pytest.fixture
def backend(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedBackend]:
    """With the functions of the folder that is the parameter."""
    environment = {
        **run_script("authKeys.mjs"),
        "BETTER_AUTH_SECRET": "a secret of a test, which is long enough",
        "SITE_URL": SITE_URL,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with EmbeddedBackend.start(HERE / request.param) as started:
        yield started


def run_app(backend: EmbeddedBackend, script: str) -> Any:
    return run_script(
        script,
        EMAIL,
        CONVEX_URL=backend.url,
        CONVEX_SITE_URL=backend.site_url,
        SITE_URL=SITE_URL,
    )


def expect_verified(backend: EmbeddedBackend, token: str) -> None:
    """Another signature is refused, so that the keys were found and used."""
    signed, _, signature = token.rpartition(".")
    forged = f"{signed}.{signature[::-1]}"
    answer = httpx2.post(
        f"{backend.url}/api/query",
        json={"path": "users:inQuery", "args": {}},
        headers={"Authorization": f"Bearer {forged}"},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("backend", ["convex_auth"], indirect=True)
def test_fault_03_convex_auth(backend: EmbeddedBackend) -> None:
    seen = run_app(backend, "convexAuth.mjs")
    expect_verified(backend, seen.pop("token"))
    nobody = {"issuer": None, "userId": None}
    user = seen["afterSignUp"][0]
    assert user["issuer"] == backend.site_url
    assert isinstance(user["userId"], str)
    assert "InvalidSecret" in seen.pop("wrong")
    assert seen == {
        "anonymous": [nobody] * CALLS,
        "afterSignUp": [user] * CALLS,
        "isNewToken": True,
        "afterRefresh": [user] * CALLS,
        "refreshedAfterSignOut": None,
        "afterSignIn": [user] * CALLS,
    }
    discovered = httpx2.get(f"{backend.site_url}/.well-known/openid-configuration").json()
    assert discovered["issuer"] == backend.site_url
    assert httpx2.get(discovered["jwks_uri"]).json()["keys"]


@pytest.mark.parametrize("backend", ["better_auth"], indirect=True)
def test_fault_03_better_auth(backend: EmbeddedBackend) -> None:
    seen = run_app(backend, "betterAuth.mjs")
    expect_verified(backend, seen.pop("token"))
    nobody = {"issuer": None, "email": None}
    user = {"issuer": backend.site_url, "email": EMAIL}
    assert seen == {
        "error": None,
        "sessionOf": EMAIL,
        "anonymous": [nobody] * CALLS,
        "afterSignUp": [user] * CALLS,
        "afterRefresh": [user] * CALLS,
        "afterSignOut": None,
        "afterSignIn": [user] * CALLS,
        "wrong": "INVALID_EMAIL_OR_PASSWORD",
    }
    url = f"{backend.site_url}/.well-known/openid-configuration"
    discovered = httpx2.get(url, follow_redirects=True).json()
    assert discovered["issuer"] == backend.site_url
