"""Whose tokens are taken, and what functions see of the caller."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, find_node
from small_project import SmallProject
from web_tokens import ISSUER, SECRET, claims, encode, signed

from convex import ConvexClient

HERE = Path(__file__).parent
WHO_AM_I = """
import { internalQueryGeneric as internalQuery, queryGeneric as query } from "convex/server";
const handler = async (ctx) => await ctx.auth.getUserIdentity();
export const whoAmI = query({ args: {}, handler });
export const whoAmIInside = internalQuery({ args: {}, handler });
"""


def sign_with_keys(algorithm: str, *payloads: dict[str, Any]) -> tuple[str, list[str]]:
    command = [find_node(), HERE / "sign.mjs", algorithm, json.dumps(payloads)]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return json.dumps(printed["jwks"]), printed["tokens"]


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = SmallProject(tmp_path)
    made.write("users.js", WHO_AM_I)
    return made


def write_provider(project: SmallProject, **provider: str) -> None:
    text = f"export default {{ providers: [{json.dumps(provider)}] }};\n"
    project.write("auth.config.ts", text)


def identity_of(backend: EmbeddedBackend, token: str) -> Any:
    client = ConvexHttpClient(backend.url)
    client.set_auth(token)
    return client.query("users:whoAmI")


def refusal_of(backend: EmbeddedBackend, token: str) -> dict[str, Any]:
    response = httpx2.post(
        f"{backend.url}/api/query",
        json={"path": "users:whoAmI", "args": {}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 401
    refusal: dict[str, Any] = response.json()
    return refusal


@pytest.fixture(scope="module")
def with_secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("identity"))
    project.write("users.js", WHO_AM_I)
    with EmbeddedBackend.start(project.root, jwt_secret=SECRET) as started:
        yield started


def test_attributes_of_the_user(with_secret: EmbeddedBackend) -> None:
    token = signed(
        claims(
            name="Ada",
            email="ada@example.com",
            email_verified=True,
            given_name="Ada",
            picture="https://example.com/ada.png",
            role="admin",
        )
    )
    assert identity_of(with_secret, token) == {
        "tokenIdentifier": f"{ISSUER}|user 1",
        "issuer": ISSUER,
        "subject": "user 1",
        "name": "Ada",
        "email": "ada@example.com",
        "emailVerified": True,
        "givenName": "Ada",
        "pictureUrl": "https://example.com/ada.png",
        "role": "admin",
    }


def test_nobody_is_signed_in(with_secret: EmbeddedBackend) -> None:
    client = ConvexHttpClient(with_secret.url)
    assert client.query("users:whoAmI") is None
    client.set_auth(signed(claims()))
    assert client.query("users:whoAmI")["subject"] == "user 1"
    client.clear_auth()
    assert client.query("users:whoAmI") is None


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed(claims(), secret="another"), "its signature does not fit the secret"),
        (signed(claims(), algorithm="RS256"), "there is no key for its algorithm RS256"),
        (signed(claims(), algorithm="none"), "there is no key for its algorithm none"),
        (signed(claims(exp=time.time() - 5)), "it has expired"),
        (signed(claims(nbf=time.time() + 600)), "it is not valid yet"),
        (signed({"iss": ISSUER}), "expected a JSON Web Token with the claims `iss` and `sub`"),
        (signed(claims()) + ".more", "expected a JSON Web Token"),
        ("garbage", "expected a JSON Web Token"),
    ],
)
def test_tokens_that_the_secret_refuses(
    with_secret: EmbeddedBackend, token: str, reason: str
) -> None:
    refusal = refusal_of(with_secret, token)
    assert refusal["code"] == "InvalidAuthHeader"
    assert reason in refusal["message"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("place", ["data URL", "base64 data URL", "file"])
def test_keys_of_a_provider(project: SmallProject, algorithm: str, place: str) -> None:
    good = claims(iss=f"{ISSUER}/", properties={"role": "admin"})
    jwks, (token, expired, other_issuer, other_audience) = sign_with_keys(
        algorithm,
        good,
        claims(exp=time.time() - 5),
        claims(iss="https://elsewhere.example.com"),
        claims(aud=["other"]),
    )
    _, (other_key,) = sign_with_keys(algorithm, good)
    if place == "file":
        (project.root / "keys.json").write_text(jwks)
    source = {
        "data URL": f"data:text/plain;charset=utf-8,{jwks}",
        "base64 data URL": "data:application/json;base64,"
        + base64.b64encode(jwks.encode()).decode(),
        "file": "../keys.json",
    }[place]
    write_provider(
        project,
        type="customJwt",
        issuer=ISSUER,
        jwks=source,
        algorithm=algorithm,
        applicationID="app",
    )
    with EmbeddedBackend.start(project.root) as backend:
        identity = identity_of(backend, token)
        assert identity["tokenIdentifier"] == f"{ISSUER}/|user 1"
        assert identity["properties.role"] == "admin"
        tampered = token.split(".")
        tampered[1] = encode(json.dumps({**good, "sub": "user 2"}).encode())
        for wrong in (".".join(tampered), other_key):
            assert "its signature does not fit the keys" in refusal_of(backend, wrong)["message"]
        assert "it has expired" in refusal_of(backend, expired)["message"]
        assert "signed with HS256" in refusal_of(backend, signed(good))["message"]
        for unknown in (other_issuer, other_audience):
            refusal = refusal_of(backend, unknown)
            assert refusal["code"] == "NoAuthProvider"
            assert f"{ISSUER} for app" in refusal["message"]
        assert backend.log_lines() == []


def test_a_provider_whose_keys_are_elsewhere(project: SmallProject) -> None:
    """Its tokens are read, not verified; issuer, audience and expiry hold all the same."""
    write_provider(project, domain=ISSUER, applicationID="app")
    with EmbeddedBackend.start(project.root) as backend:
        assert identity_of(backend, signed(claims()))["subject"] == "user 1"
        refusal = refusal_of(backend, signed(claims(aud="other")))
        assert refusal["code"] == "NoAuthProvider"
        assert "expired" in refusal_of(backend, signed(claims(exp=1)))["message"]
        (note,) = backend.log_lines()
        assert "does not verify" in note


def test_the_secret_stands_for_the_keys_of_a_provider(project: SmallProject) -> None:
    write_provider(project, domain=ISSUER, applicationID="app")
    with EmbeddedBackend.start(project.root, jwt_secret=SECRET) as backend:
        assert identity_of(backend, signed(claims()))["subject"] == "user 1"
        assert refusal_of(backend, signed(claims(aud="x")))["code"] == "NoAuthProvider"
        assert "secret" in refusal_of(backend, signed(claims(), secret="x"))["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export default {};", "must have an object with a list `providers`"),
        (
            'export default { providers: [{ domain: process.env.NOT_SET, applicationID: "a" }] };',
            "the provider at index 0 needs `domain`, a text. Is it read from an environment",
        ),
        (
            'export default { providers: [{ type: "credentials" }] };',
            'has the type "credentials"; Convex knows "oidc" and "customJwt"',
        ),
        (
            'export default { providers: [{ type: "customJwt", issuer: "a", jwks: "nowhere.json", '
            'algorithm: "RS256" }] };',
            "has a `jwks` that cannot be read as a JSON Web Key Set: ENOENT",
        ),
        ("export default {", "convex/auth.config.ts:1:17: Expected identifier"),
    ],
)
def test_an_auth_config_that_is_wrong(project: SmallProject, text: str, message: str) -> None:
    project.write("auth.config.ts", text)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert message in str(caught.value)


ATTRIBUTES: list[tuple[dict[str, Any], str]] = [
    ({"tokenIdentifier": "someone|1", "name": "Ada"}, "someone|1"),
    ({"issuer": "someone", "subject": "1", "name": "Ada"}, "someone|1"),
]


@pytest.mark.parametrize(("attributes", "identifier"), ATTRIBUTES)
def test_acting_as_a_user_over_http(
    with_secret: EmbeddedBackend, attributes: dict[str, Any], identifier: str
) -> None:
    client = ConvexHttpClient(with_secret.url)
    acting = base64.b64encode(json.dumps(attributes).encode()).decode()
    client.set_admin_auth(f"{with_secret.admin_key}:{acting}")
    for function in ("users:whoAmI", "users:whoAmIInside"):
        identity = client.query(function)
        assert identity == {
            "tokenIdentifier": identifier,
            "issuer": "someone",
            "subject": "1",
            "name": "Ada",
        }
    client.set_admin_auth(with_secret.admin_key)
    assert client.query("users:whoAmI") is None


def test_acting_as_a_user_over_the_socket(
    with_secret: EmbeddedBackend, run_node: Callable[..., Any]
) -> None:
    arguments = [with_secret.url, with_secret.admin_key]
    assert run_node("acting.mjs", *arguments) == ["someone|1", "someone|1", None]


def test_a_user_of_the_socket(with_secret: EmbeddedBackend) -> None:
    client = ConvexClient(with_secret.url)
    client.set_auth(signed(claims()))
    assert client.query("users:whoAmI")["subject"] == "user 1"
    client.clear_auth()
    assert client.query("users:whoAmI") is None
