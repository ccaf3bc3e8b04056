"""`ctx`: all that the types of `convex/server` say that it has, called wherever functions run."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from convex.http_client import ConvexExecutionError, ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script
from waiting import wait_until
from web_tokens import SECRET, claims, signed

from convex import ConvexClient

PROJECT = Path(__file__).parent / "context"
TOKEN = signed(claims())
SUBJECT = claims()["sub"]

Kind = Literal["query", "mutation", "action"]

METRICS = [
    *["bytesRead", "bytesWritten", "databaseQueries", "documentsRead", "documentsWritten"],
    *["fileReadBytes", "fileWriteBytes", "filesRead", "filesWritten", "functionsScheduled"],
    "scheduledFunctionArgsBytes",
]
REQUEST_METADATA = ["authToken", "ip", "requestId", "scheduledFunctionId", "userAgent"]

EVERYWHERE: dict[str, Any] = {
    "meta.getDeploymentMetadata": {"name": "embedded", "region": None, "class": "s16"},
    "runQuery": "query",
    "storage.getMetadata": 4,
    "storage.getUrl": True,
}
IN_TRANSACTIONS = {
    "db.get": "note",
    "db.normalizeId": True,
    "db.query": "note",
    "db.system.get": 4,
    "db.system.normalizeId": True,
    "db.system.query": 4,
    "meta.getSnapshotTs": True,
    "meta.getTransactionMetrics": METRICS,
}
WRITING = {
    "meta.getRequestMetadata": REQUEST_METADATA,
    "runMutation": "mutation",
    "scheduler.cancel": None,
    "scheduler.runAfter": "string",
    "scheduler.runAt": "string",
    "storage.delete": None,
    "storage.generateUploadUrl": True,
    "storage.get": "text",
    "storage.store": "string",
}
GIVES: dict[Kind, dict[str, Any]] = {
    "query": EVERYWHERE | IN_TRANSACTIONS,
    "mutation": EVERYWHERE
    | IN_TRANSACTIONS
    | WRITING
    | {
        "auth.signJwt": 3,
        "db.delete": None,
        "db.insert": "string",
        "db.patch": None,
        "db.replace": None,
        "db.vars.commitTs": "string",
    },
    "action": EVERYWHERE | WRITING | {"runAction": "action", "vectorSearch": 1},
}


def expected(
    kind: Kind, name: str, *, component: str = "", is_public: bool = True, user: str | None = None
) -> dict[str, Any]:
    return GIVES[kind] | {
        "auth.getUserIdentity": user,
        "meta.getFunctionMetadata": {
            "name": name,
            "componentPath": component,
            "type": kind,
            "visibility": "public" if is_public else "internal",
        },
    }


def expect(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Of each member, with `ctx` as it is and with a copy of it."""
    assert found == {member: [result, result] for member, result in wanted.items()}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, jwt_secret=SECRET) as started:
        yield started


@pytest.fixture
def user(backend: EmbeddedBackend) -> ConvexHttpClient:
    client = ConvexHttpClient(backend.url)
    client.set_auth(TOKEN)
    return client


@pytest.fixture
def admin(backend: EmbeddedBackend) -> ConvexHttpClient:
    client = ConvexHttpClient(backend.url)
    client.set_admin_auth(backend.admin_key)
    return client


@cache
def members() -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = run_script("contextMembers.mjs")
    return found


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_fault_01_every_member_is_called_below(kind: Kind) -> None:
    """A member that a newer `convex` adds fails here, until it is called too."""
    assert set(members()[kind]) == set(expected(kind, ""))


CALLED: list[tuple[Kind, str]] = [
    ("query", "aQuery"),
    ("mutation", "aMutation"),
    ("action", "anAction"),
    ("query", "ownQuery"),
    ("mutation", "ownMutation"),
    ("action", "ownAction"),
]


@pytest.mark.parametrize(("kind", "name"), CALLED)
def test_fault_01_called_by_a_client(
    user: ConvexHttpClient, admin: ConvexHttpClient, kind: Kind, name: str
) -> None:
    given = user.mutation("members:prepare", {"isOfComponent": False})
    is_public = name.startswith("a")
    client = user if is_public else admin
    found = getattr(client, kind)(f"members:{name}", given)
    subject = SUBJECT if is_public else None
    expect(found, expected(kind, f"members:{name}", is_public=is_public, user=subject))


@pytest.mark.parametrize("component", ["", "part"])
@pytest.mark.parametrize(("kind", "name"), CALLED)
@pytest.mark.parametrize("caller", ["inQuery", "inMutation", "inAction", "http"])
def test_fault_01_called_by_a_function(
    backend: EmbeddedBackend,
    user: ConvexHttpClient,
    caller: str,
    kind: Kind,
    name: str,
    component: str,
) -> None:
    """Whatever a caller can call; the user is unknown to a component."""
    if (caller == "inQuery" and kind != "query") or (caller == "inMutation" and kind == "action"):
        with pytest.raises(ConvexExecutionError, match="is not a function"):
            nested(backend, user, caller, name, component)
        return
    is_public = name.startswith("a")
    if component and not is_public:
        with pytest.raises((ConvexExecutionError, AssertionError), match="does not export"):
            nested(backend, user, caller, name, component)
        return
    found = nested(backend, user, caller, name, component)
    subject = None if component else SUBJECT
    path = f"members:{name}"
    expect(found, expected(kind, path, component=component, is_public=is_public, user=subject))


def nested(
    backend: EmbeddedBackend, user: ConvexHttpClient, caller: str, name: str, component: str
) -> Any:
    given = user.mutation("members:prepare", {"isOfComponent": bool(component)})
    arguments = {"name": name, "isOfComponent": bool(component), **given}
    if caller == "http":
        return posted(backend, "/nested", arguments)
    kind = caller.removeprefix("in").lower()
    return getattr(user, kind)(f"members:{caller}", arguments)


def posted(backend: EmbeddedBackend, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx2.post(f"{backend.site_url}{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_fault_01_http_action(backend: EmbeddedBackend, user: ConvexHttpClient) -> None:
    given = user.mutation("members:prepare", {"isOfComponent": False})
    found = posted(backend, "/members", given)
    expect(found, expected("action", "http", user=SUBJECT))


@pytest.mark.parametrize(
    ("kind", "name"), [("mutation", "scheduledMutation"), ("action", "scheduledAction")]
)
def test_fault_01_scheduled(user: ConvexHttpClient, kind: Kind, name: str) -> None:
    """Without the user who has scheduled it."""
    given = user.mutation("members:prepare", {"isOfComponent": False})
    before = len(user.query("members:reports"))
    user.mutation("members:schedule", {"name": name, **given})
    reports = wait_until(lambda: user.query("members:reports")[before:])
    expect(reports[0], expected(kind, f"members:{name}", is_public=False))


def test_fault_01_an_identity_is_a_copy(user: ConvexHttpClient) -> None:
    assert user.query("members:changeIdentity") == SUBJECT
    assert user.query("members:changeIdentity") == SUBJECT


def test_fault_27_request_metadata_over_http(
    backend: EmbeddedBackend, user: ConvexHttpClient
) -> None:
    for kind in ("mutation", "action"):
        own, inside = call_known(backend, kind, {"Authorization": f"Bearer {TOKEN}"})
        assert own == inside
        assert own.pop("requestId") != call_known(backend, kind, {})[0]["requestId"]
        assert own == {
            "ip": "127.0.0.1",
            "userAgent": "a test",
            "scheduledFunctionId": None,
            "authToken": TOKEN,
        }
    forwarded = call_known(backend, "mutation", {"X-Forwarded-For": "10.1.2.3, 127.0.0.1"})[0]
    assert (forwarded["ip"], forwarded["authToken"]) == ("10.1.2.3", None)
    key = {"Authorization": f"Convex {backend.admin_key}"}
    assert call_known(backend, "mutation", key)[0]["authToken"] is None
    assert user.query("members:knownInQuery") is False


def call_known(backend: EmbeddedBackend, kind: str, headers: dict[str, str]) -> Any:
    answer = httpx2.post(
        f"{backend.url}/api/{kind}",
        json={"path": f"members:knownIn{kind.title()}", "args": {}},
        headers={"User-Agent": "a test", **headers},
    )
    return answer.json()["value"]


def test_fault_27_request_metadata_over_a_socket(backend: EmbeddedBackend) -> None:
    seen = run_script("requestMetadata.mjs", CONVEX_URL=backend.url, TOKEN=TOKEN)
    identifiers = {known.pop("requestId") for known in seen}
    assert len(identifiers) == len(seen) / 2  # one for a call and what it calls
    assert seen == [
        {
            "ip": "127.0.0.1",
            "userAgent": "a browser",
            "scheduledFunctionId": None,
            "authToken": TOKEN,
        }
    ] * len(seen)


def test_fault_27_request_metadata_over_the_socket_of_pypi(backend: EmbeddedBackend) -> None:
    own, inside = ConvexClient(backend.url).mutation("members:knownInMutation")
    assert own == inside
    assert (own["ip"], own["authToken"]) == ("127.0.0.1", None)


def test_fault_27_request_metadata_of_http_actions(backend: EmbeddedBackend) -> None:
    headers = {"User-Agent": "a test", "Authorization": f"Bearer {TOKEN}"}
    known = httpx2.get(f"{backend.site_url}/known", headers=headers).json()
    assert known.pop("requestId")
    assert known == {
        "ip": "127.0.0.1",
        "userAgent": "a test",
        "scheduledFunctionId": None,
        "authToken": TOKEN,
    }


def test_fault_27_request_metadata_of_scheduled_functions(user: ConvexHttpClient) -> None:
    before = len(user.query("members:reports"))
    job = user.mutation("members:scheduleKnown")
    own, inside = wait_until(lambda: user.query("members:reports")[before:])[0]
    assert own == inside
    assert own.pop("requestId")
    assert own == {"ip": None, "userAgent": None, "scheduledFunctionId": job, "authToken": None}


def test_fault_27_a_failure_names_its_request(user: ConvexHttpClient) -> None:
    with pytest.raises(ConvexExecutionError, match=r"\[Request ID: (\w{16})\](.|\n)*id \1"):
        user.mutation("members:failKnown")


def test_fault_27_snapshot_timestamps(user: ConvexHttpClient) -> None:
    own, inside = user.mutation("members:snapshots")
    assert own == inside
    note = user.mutation("members:commitTime")
    at, committed = user.query("members:committed", {"id": note})
    assert own.value < committed.value <= at.value


def test_fault_27_a_default_export_has_the_name_of_its_module(user: ConvexHttpClient) -> None:
    assert user.query("metadata")["name"] == "metadata"
