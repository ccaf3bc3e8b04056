"""Components: what `convex.config.ts` installs, of npm packages and of the project itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from small_project import SmallProject
from waiting import wait_until
from web_tokens import SECRET, claims, signed

PROJECT = Path(__file__).parent / "components"


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, jwt_secret=SECRET) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


@pytest.fixture
def admin(backend: EmbeddedBackend) -> ConvexHttpClient:
    client = ConvexHttpClient(backend.url)
    client.set_admin_auth(backend.admin_key)
    return client


def test_aggregate() -> None:
    """`@convex-dev/aggregate`, installed twice, with a component of its own inside."""
    with EmbeddedBackend.start(PROJECT) as backend:
        client = ConvexHttpClient(backend.url)

        def summary() -> Any:
            return client.query("scores:summary", {"player": "ada"})

        empty = {"count": 0, "sum": 0, "best": None, "above10": 0, "ofPlayer": 0}
        assert summary() == empty
        ids = [
            client.mutation("scores:add", {"player": player, "points": float(points)})
            for points in range(40)
            for player in ("ada", "grace")
        ]
        full = {"count": 80, "sum": 1560, "best": 39, "above10": 58, "ofPlayer": 40}
        assert summary() == full
        with pytest.raises(Exception, match="boom"):
            client.mutation("scores:addAndFail", {"player": "ada", "points": 100.0})
        assert summary() == full
        for score_id in ids[::2]:
            client.mutation("scores:remove", {"id": score_id})
        assert summary() == {"count": 40, "sum": 780, "best": 39, "above10": 29, "ofPlayer": 0}


def test_migrations() -> None:
    """`@convex-dev/migrations`: in batches, by a scheduled function of the component."""
    with EmbeddedBackend.start(PROJECT) as backend:
        client = ConvexHttpClient(backend.url)
        client.set_admin_auth(backend.admin_key)
        for points in range(7, 14):
            client.mutation("scores:add", {"player": "ada", "points": float(points)})
        started = client.mutation("migrations:run", {"fn": "migrations:setLevel"})
        assert started is not None

        def levels() -> list[str | None]:
            return [score.get("level") for score in client.query("scores:list")]

        wait_until(lambda: None not in levels())
        assert levels() == ["low"] * 4 + ["high"] * 3
        broken = client.mutation("migrations:run", {"fn": "migrations:breaks"})
        status, place, *_ = broken["Status"].split("\n")
        assert status == "Migration failed: Uncaught Error: broken migration"
        assert place.startswith("    at migrateOne (../convex/migrations.ts:")


def test_a_component_has_a_database_of_its_own(client: ConvexHttpClient) -> None:
    """A table of the same name is another one, and nothing of it is seen from outside."""
    before = client.query("counting:read")
    assert client.mutation("counting:increment", {"by": 2.0}) == before + 2
    assert client.query("counting:read") == before + 2
    assert client.query("scores:list") == []


def test_a_component_is_a_part_of_the_transaction(client: ConvexHttpClient) -> None:
    """What a component wrote is undone with the mutation that called it."""
    before = client.query("counting:read")
    with pytest.raises(Exception, match="boom"):
        client.mutation("counting:incrementAndFail")
    assert client.query("counting:read") == before


def test_a_component_checks_arguments(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match=r"(?s)ArgumentValidationError.*Path: \.by"):
        client.mutation("counting:increment", {"by": "one"})


def test_a_component_does_not_know_the_user(client: ConvexHttpClient) -> None:
    client.set_auth(signed(claims()))
    assert client.query("counting:read") >= 0


def test_actions_call_components(client: ConvexHttpClient) -> None:
    before = client.query("counting:read")
    assert client.action("counting:incrementInAction", {"by": 3.0}) == before + 3


def test_functions_of_components_are_scheduled(client: ConvexHttpClient) -> None:
    before = client.query("counting:read")
    client.mutation("counting:incrementLater", {"by": 5.0})
    wait_until(lambda: client.query("counting:read") == before + 5)


def test_components_schedule_and_call_back(client: ConvexHttpClient) -> None:
    """Function handles: the component calls a function that it was given."""
    before = client.query("counting:read")
    client.mutation("counting:incrementAndCallBack", {"by": 7.0, "name": "called back"})
    wait_until(lambda: "called back" in client.query("counting:notes"))
    assert client.query("counting:read") == before + 7


def test_functions_of_components_are_not_public(
    client: ConvexHttpClient, admin: ConvexHttpClient
) -> None:
    """They are no functions of the project, whatever their path."""
    for name in ("counts:read", "counter/counts:read"):
        with pytest.raises(Exception, match="Could not find public function"):
            client.query(name)
        with pytest.raises(Exception, match="Could not find function"):
            admin.query(name)


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export default {};", "exporting the return value of `defineApp()`"),
        (
            'import missing from "./missing/convex.config";\nexport default missing;\n',
            'convex/convex.config.ts:1:21: Could not resolve "./missing/convex.config"',
        ),
    ],
)
def test_an_app_that_is_wrong(project: SmallProject, text: str, message: str) -> None:
    project.write("convex.config.ts", text)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert message in str(caught.value)


def test_an_error_in_a_component(project: SmallProject) -> None:
    project.write(
        "convex.config.ts",
        'import { defineApp } from "convex/server";\n'
        'import part from "./part/convex.config";\n'
        "const app = defineApp();\napp.use(part);\nexport default app;\n",
    )
    project.write(
        "part/convex.config.ts",
        'import { defineComponent } from "convex/server";\n'
        'export default defineComponent("part");\n',
    )
    project.write("part/functions.ts", "export const x = ;\n")
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert "convex/part/functions.ts:1:18: Unexpected" in str(caught.value)


FILES = """
import { action, mutation, query } from "./_generated/server";
import { v } from "convex/values";
export const store = action({ args: {}, handler: async (ctx) =>
  await ctx.storage.store(new Blob(["of the component"])) });
export const uploadUrl = mutation({ args: {}, handler: async (ctx) =>
  await ctx.storage.generateUploadUrl() });
export const url = query({ args: { id: v.id("_storage") }, handler: async (ctx, { id }) =>
  await ctx.storage.getUrl(id) });
export const count = query({ args: {}, handler: async (ctx) =>
  (await ctx.db.system.query("_storage").collect()).length });
export const remove = mutation({ args: { id: v.id("_storage") }, handler: async (ctx, { id }) =>
  await ctx.storage.delete(id) });
"""


def test_components_have_files_of_their_own(project: SmallProject, tmp_path: Path) -> None:
    """Also when the server goes on with its data."""
    project.write(
        "convex.config.ts",
        'import { defineApp } from "convex/server";\n'
        'import part from "./part/convex.config";\n'
        "const app = defineApp();\napp.use(part);\nexport default app;\n",
    )
    project.write(
        "part/convex.config.ts",
        'import { defineComponent } from "convex/server";\n'
        'export default defineComponent("part");\n',
    )
    project.write("part/files.ts", FILES)
    project.write("files.ts", FILES)
    data = tmp_path / "data"

    def call(backend: EmbeddedBackend, kind: str, name: str, **arguments: str) -> Any:
        answer = httpx2.post(
            f"{backend.url}/api/{kind}",
            json={"path": f"files:{name}", "componentPath": "part", "args": arguments},
            headers={"Authorization": f"Convex {backend.admin_key}"},
        ).json()
        assert answer["status"] == "success", answer
        return answer["value"]

    with EmbeddedBackend.start(project.root, data=data) as backend:
        stored = call(backend, "action", "store")
        upload = call(backend, "mutation", "uploadUrl")
        uploaded = httpx2.post(upload, content=b"uploaded").json()["storageId"]
        assert call(backend, "query", "count") == 2
        assert ConvexHttpClient(backend.url).query("files:count") == 0
    with EmbeddedBackend.start(project.root, data=data) as backend:
        texts = [
            httpx2.get(call(backend, "query", "url", id=file)).text for file in (stored, uploaded)
        ]
        assert texts == ["of the component", "uploaded"]
        url = call(backend, "query", "url", id=stored)
        call(backend, "mutation", "remove", id=stored)
        assert httpx2.get(url).status_code == 404
        assert call(backend, "query", "count") == 1
