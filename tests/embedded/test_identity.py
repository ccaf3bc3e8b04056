"""Whose tokens are taken, and what functions see of the caller."""

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from node_scripts import run_script
from small_project import SmallProject
from web_tokens import DAY, ISSUER, SECRET, claims, encode, signed

from convex import ConvexClient

WHO_AM_I = """
import { internalQueryGeneric as internalQuery, queryGeneric as query } from "convex/server";
const handler = async (ctx) => await ctx.auth.getUserIdentity();
export const whoAmI = query({ args: {}, handler });
export const whoAmIInside = internalQuery({ args: {}, handler });
"""


def sign_with_keys(
    algorithm: str, *payloads: dict[str, Any], key_id: str = "first"
) -> tuple[str, list[str]]:
    """A key set with a new key, and a token signed with it for each payload."""
    printed = run_script("sign.mjs", algorithm, json.dumps(payloads), key_id)
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
    response = web.post(
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
        (signed(claims(nbf=time.time() + DAY)), "it is not valid yet"),
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


class KeyServer:
    """An identity provider: JSON at paths, and how often it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        asked, answers = self.asked, self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = json.dumps(answers.get(self.path)).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def keys() -> Iterator[KeyServer]:
    made = KeyServer()
    yield made
    made.server.shutdown()
    made.server.server_close()


DISCOVERY = "/.well-known/openid-configuration"


def test_keys_that_a_provider_discovers(project: SmallProject, keys: KeyServer) -> None:
    """OpenID Connect: fetched for the first token, and again when there is a new key."""
    good = claims(iss=f"{keys.url}/")
    jwks, (token, wrong_audience) = sign_with_keys("RS256", good, {**good, "aud": "other"})
    keys.answers[DISCOVERY] = {"issuer": keys.url, "jwks_uri": f"{keys.url}/keys"}
    keys.answers["/keys"] = json.loads(jwks)
    write_provider(project, domain=keys.url, applicationID="app")
    with EmbeddedBackend.start(project.root) as backend:
        assert keys.asked == []
        for _ in range(3):
            assert identity_of(backend, token)["tokenIdentifier"] == f"{keys.url}/|user 1"
        assert keys.asked == [DISCOVERY, "/keys"]
        assert refusal_of(backend, wrong_audience)["code"] == "NoAuthProvider"
        for algorithm in ("HS256", "none"):
            refusal = refusal_of(backend, signed(good, algorithm=algorithm))
            assert f"signed with {algorithm}, not with RS256 or ES256" in refusal["message"]
        rotated, (new_token,) = sign_with_keys("ES256", good, key_id="second")
        assert "none with the id second" in refusal_of(backend, new_token)["message"]
        keys.answers["/keys"] = json.loads(rotated)
        assert identity_of(backend, new_token)["subject"] == "user 1"
        assert "none with the id first for RS256" in refusal_of(backend, token)["message"]
        client = ConvexClient(backend.url)
        client.set_auth(new_token)
        assert client.query("users:whoAmI")["subject"] == "user 1"


def test_keys_at_a_url(project: SmallProject, keys: KeyServer) -> None:
    """`jwks` of a custom provider."""
    jwks, (token,) = sign_with_keys("ES256", claims())
    keys.answers["/keys.json"] = json.loads(jwks)
    write_provider(
        project,
        type="customJwt",
        issuer=ISSUER,
        jwks=f"{keys.url}/keys.json",
        algorithm="ES256",
    )
    with EmbeddedBackend.start(project.root) as backend:
        assert identity_of(backend, token)["subject"] == "user 1"
        assert identity_of(backend, token)["subject"] == "user 1"
        assert keys.asked == ["/keys.json"]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, "/.well-known/openid-configuration answered 404"),
        ({DISCOVERY: {}}, "/.well-known/openid-configuration has no jwks_uri"),
        ({DISCOVERY: {"jwks_uri": "URL/keys"}}, "/keys answered 404"),
        ({DISCOVERY: {"jwks_uri": "URL/keys"}, "/keys": {}}, "it has no list `keys`"),
        ({DISCOVERY: {"jwks_uri": "http://127.0.0.1:1/"}}, "bad port"),
    ],
    ids=["nothing", "no jwks_uri", "no keys", "no set", "nobody there"],
)
def test_keys_that_cannot_be_fetched(
    project: SmallProject, keys: KeyServer, answers: dict[str, Any], reason: str
) -> None:
    """A token is refused then, and why is said; it is looked for again with the next one."""
    keys.answers.update(json.loads(json.dumps(answers).replace("URL", keys.url)))
    write_provider(project, domain=keys.url, applicationID="app")
    jwks, (token,) = sign_with_keys("RS256", claims(iss=keys.url))
    with EmbeddedBackend.start(project.root) as backend:
        refusal = refusal_of(backend, token)
        assert refusal["code"] == "AuthProviderDiscoveryFailed"
        assert reason in refusal["message"]
        keys.answers[DISCOVERY] = {"jwks_uri": f"{keys.url}/keys"}
        keys.answers["/keys"] = json.loads(jwks)
        assert identity_of(backend, token)["subject"] == "user 1"


def test_a_provider_that_does_not_answer() -> None:
    """Requests have a deadline, and those at the same time are one."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        refusals = run_script("silentProvider.mjs", url, "200")
    assert refusals["codes"] == ["AuthProviderDiscoveryFailed"] * 2
    assert "timeout" in refusals["message"]
    assert refusals["isShared"]


def test_tokens_without_an_auth_config(project: SmallProject) -> None:
    """They are read, not verified, and that is said once. A real deployment refuses them."""
    with EmbeddedBackend.start(project.root) as backend:
        for _ in range(2):
            assert identity_of(backend, signed(claims()))["subject"] == "user 1"
        assert "expired" in refusal_of(backend, signed(claims(exp=1)))["message"]
        (note,) = backend.log_lines()
        assert "does not verify them" in note


def test_the_secret_stands_for_the_keys_of_a_provider(project: SmallProject) -> None:
    write_provider(project, domain=ISSUER, applicationID="app")
    with EmbeddedBackend.start(project.root, jwt_secret=SECRET) as backend:
        assert identity_of(backend, signed(claims()))["subject"] == "user 1"
        assert refusal_of(backend, signed(claims(aud="x")))["code"] == "NoAuthProvider"
        assert "secret" in refusal_of(backend, signed(claims(), secret="x"))["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export default {};", "a list of provider credentials: missing field `providers`"),
        (
            'export default { providers: [{ domain: process.env.NOT_SET, applicationID: "a" }] };',
            "Environment variable NOT_SET is used in auth config file but its value was not set",
        ),
        (
            'export default { providers: [{ type: "credentials" }] };',
            "Provider at index 0 has unexpected 'type' value 'credentials'",
        ),
        (
            'export default { providers: [{ type: "customJwt", issuer: "https://a", '
            'jwks: "nowhere.json", algorithm: "RS256" }] };',
            "has a `jwks` that cannot be read as a JSON Web Key Set: ENOENT",
        ),
        (
            'export default { providers: [{ domain: "ftp://a.example", applicationID: "a" }] };',
            'Invalid provider domain URL "ftp://a.example": scheme should be http or https',
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


# Tokens that functions sign


SIGNER = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def signer() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(SIGNER) as started:
        yield started


def test_tokens_that_functions_sign(signer: EmbeddedBackend, project: SmallProject) -> None:
    """Whoever has the public keys of the deployment can verify them, such as another one."""
    keys = f"{signer.url}/.well-known/jwks.json"
    write_provider(project, type="customJwt", issuer=signer.url, jwks=keys, algorithm="ES256")
    request = {"claims": {"sub": "user", "roles": ["a"]}, "expiresInSeconds": 60.0}
    client = ConvexHttpClient(signer.url)
    before = int(time.time())
    through_action = client.action("secret:signThroughAction", request)
    assert not through_action["isOfActions"]
    with EmbeddedBackend.start(project.root) as verifier:
        for token in (client.mutation("secret:signToken", request), through_action["token"]):
            identity = identity_of(verifier, token)
            assert identity["tokenIdentifier"] == f"{signer.url}|user"
            assert identity["roles"] == ["a"]
            payload = json.loads(base64.urlsafe_b64decode(f"{token.split('.')[1]}=="))
            assert payload["exp"] - payload["iat"] == 60
            assert before <= payload["iat"]
        head, _, signature = token.split(".")
        changed = encode(json.dumps({**payload, "sub": "other"}).encode())
        assert "signature" in refusal_of(verifier, f"{head}.{changed}.{signature}")["message"]


@pytest.mark.parametrize(
    ("claims_asked", "lifetime", "reason"),
    [
        ({"iss": "me"}, 60, 'The claim "iss" is reserved'),
        ({"nbf": 1}, 60, 'The claim "nbf" is reserved'),
        ({"cvxRole": "a"}, 60, 'The claim "cvxRole" is reserved'),
        ({"ConvexId": "a"}, 60, 'The claim "ConvexId" is reserved'),
        ({}, 0, "expiresInSeconds must be from 1 to 3600, not 0"),
        ({}, 3601, "expiresInSeconds must be from 1 to 3600, not 3601"),
    ],
)
def test_tokens_that_functions_cannot_sign(
    signer: EmbeddedBackend, claims_asked: dict[str, Any], lifetime: float, reason: str
) -> None:
    request = {"claims": claims_asked, "expiresInSeconds": float(lifetime)}
    with pytest.raises(Exception, match=re.escape(reason)):
        ConvexHttpClient(signer.url).mutation("secret:signToken", request)


def test_functions_know_their_deployment(signer: EmbeddedBackend) -> None:
    """`CONVEX_CLOUD_URL` and `CONVEX_SITE_URL`."""
    urls = ConvexHttpClient(signer.url).query("secret:deploymentUrls")
    assert urls == [signer.url, signer.site_url]
