"""What a component does not offer, by Convex's sources."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from small_project import SmallProject

CONFIG = """
import { defineApp } from "convex/server";
import inner from "./inner/convex.config";
const app = defineApp();
app.use(inner);
export default app;
"""
INNER_CONFIG = """
import { defineComponent } from "convex/server";
export default defineComponent("inner");
"""
INNER = """
import { createFunctionHandle, makeFunctionReference as ref } from "convex/server";
import { internalMutationGeneric as internalMutation } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
export const page = query(async (ctx) =>
  await ctx.db.query("rows").paginate({ cursor: null, numItems: 1 }));
export const hidden = internalMutation(async (ctx) => { await ctx.db.insert("rows", {}); });
export const callsHidden = mutation(async (ctx) => { await ctx.runMutation(ref("m:hidden")); });
export const handle = mutation(async () => await createFunctionHandle(ref("m:hidden")));
export const count = query(async (ctx) => (await ctx.db.query("rows").collect()).length);
"""
APP = """
import { actionGeneric as action, componentsGeneric, createFunctionHandle } from "convex/server";
import { httpActionGeneric as httpAction, httpRouter } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
const { inner, missing } = componentsGeneric();
export const page = query(async (ctx) => await ctx.runQuery(inner.m.page));
export const pageOfAction = action(async (ctx) => await ctx.runQuery(inner.m.page));
export const count = query(async (ctx) => await ctx.runQuery(inner.m.count));
export const hidden = mutation(async (ctx) => await ctx.runMutation(inner.m.hidden));
export const hiddenOfAction = action(async (ctx) => await ctx.runMutation(inner.m.hidden));
export const scheduled = mutation(async (ctx) => await ctx.scheduler.runAfter(0, inner.m.hidden));
export const scheduledByAction = action(
  async (ctx) => await ctx.scheduler.runAfter(0, inner.m.hidden));
export const handled = mutation(async () => await createFunctionHandle(inner.m.hidden));
export const absent = mutation(async (ctx) => await ctx.runMutation(missing.m.f));
export const absentOfAction = action(async (ctx) => await ctx.runMutation(missing.m.f));
export const own = mutation(async (ctx) => {
  await ctx.runMutation(inner.m.callsHidden);
  await ctx.runMutation(await ctx.runMutation(inner.m.handle));
});
export const ownOfAction = action(async (ctx) => {
  await ctx.runMutation(inner.m.callsHidden);
  await ctx.runMutation(await ctx.runMutation(inner.m.handle));
});
"""
HTTP = """
import { componentsGeneric, httpActionGeneric as httpAction, httpRouter } from "convex/server";
const { inner } = componentsGeneric();
const http = httpRouter();
http.route({
  path: "/hidden", method: "POST",
  handler: httpAction(async (ctx) => {
    await ctx.runMutation(inner.m.hidden);
    return new Response();
  }),
});
export default http;
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("boundaries"))
    project.write("convex.config.js", CONFIG)
    project.write("inner/convex.config.js", INNER_CONFIG)
    project.write("inner/m.js", INNER)
    project.write("a.js", APP)
    project.write("http.js", HTTP)
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


NOT_EXPORTED = 'Child component "inner" does not export "m/hidden"'
NOT_FOUND = 'Child component "missing" not found'
REFUSED = {
    ("query", "page"): "paginate() is only supported in the app. Learn more at ",
    ("action", "pageOfAction"): "paginate() is only supported in the app. Learn more at ",
    ("mutation", "hidden"): NOT_EXPORTED,
    ("action", "hiddenOfAction"): NOT_EXPORTED,
    ("mutation", "scheduled"): NOT_EXPORTED,
    ("action", "scheduledByAction"): NOT_EXPORTED,
    ("mutation", "handled"): NOT_EXPORTED,
    ("mutation", "absent"): NOT_FOUND,
    ("action", "absentOfAction"): NOT_FOUND,
}


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_fault_24_what_a_component_does_not_offer(
    client: ConvexHttpClient, kind: str, name: str
) -> None:
    """Pages, and its internal functions, which are no exports."""
    with pytest.raises(Exception, match="Uncaught Error") as caught:
        getattr(client, kind)(f"a:{name}")
    assert REFUSED[kind, name] in str(caught.value)


def test_fault_24_an_http_action_cannot_call_what_is_internal(backend: EmbeddedBackend) -> None:
    answer = web.post(f"{backend.site_url}/hidden")
    assert NOT_EXPORTED in answer.json()["code"]


def test_fault_24_a_component_uses_its_own_internal_functions(client: ConvexHttpClient) -> None:
    """And others by handles that it gives them."""
    client.mutation("a:own")
    client.action("a:ownOfAction")
    assert client.query("a:count") == 4


ENVIRONMENT_APP = """
import { defineApp } from "convex/server";
import { v } from "convex/values";
import middle from "./middle/convex.config";
const app = defineApp({ env: { OF_APP: v.string() } });
app.use(middle, { env: { GIVEN: "a text", PASSED: app.env.OF_APP } });
export default app;
"""
ENVIRONMENT_MIDDLE = """
import { defineComponent } from "convex/server";
import { v } from "convex/values";
import inner from "../inner/convex.config";
const middle = defineComponent("middle", {
  env: { GIVEN: v.string(), PASSED: v.string(), UNSET: v.optional(v.string()) },
});
middle.use(inner, { env: { DEEP: middle.env.PASSED } });
export default middle;
"""
ENVIRONMENT_INNER = """
import { defineComponent } from "convex/server";
import { v } from "convex/values";
export default defineComponent("inner", { env: { DEEP: v.string() } });
"""
SEEN = """
import { actionGeneric as action, queryGeneric as query } from "convex/server";
const NAMES = ["GIVEN", "PASSED", "UNSET", "DEEP", "OF_APP", "HOME"];
const seen = () => Object.fromEntries(
  NAMES.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]));
const atImport = seen();
const sites = () => [process.env.CONVEX_SITE_URL, process.env.CONVEX_CLOUD_URL];
export const inQuery = query(() => [atImport, seen(), sites().every(Boolean)]);
export const inAction = action(() => [atImport, seen(), sites().every(Boolean)]);
"""
SEEN_MIDDLE = """
import { actionGeneric as action, queryGeneric as query, componentsGeneric } from "convex/server";
const { inner } = componentsGeneric();
export const ofInner = query(async (ctx) => await ctx.runQuery(inner.seen.inQuery));
export const ofInnerInAction = action(async (ctx) => await ctx.runAction(inner.seen.inAction));
"""
SEEN_APP = """
import { actionGeneric as action, queryGeneric as query, componentsGeneric } from "convex/server";
const { middle } = componentsGeneric();
export const inQuery = query(async (ctx) =>
  [await ctx.runQuery(middle.seen.inQuery), await ctx.runQuery(middle.m.ofInner),
   process.env.OF_APP]);
export const inAction = action(async (ctx) =>
  [await ctx.runAction(middle.seen.inAction), await ctx.runAction(middle.m.ofInnerInAction),
   process.env.OF_APP]);
"""


def environment_project(root: Path) -> SmallProject:
    project = SmallProject(root)
    project.write("convex.config.js", ENVIRONMENT_APP)
    project.write("middle/convex.config.js", ENVIRONMENT_MIDDLE)
    project.write("inner/convex.config.js", ENVIRONMENT_INNER)
    for component in ("middle", "inner"):
        project.write(f"{component}/seen.js", SEEN)
    project.write("middle/m.js", SEEN_MIDDLE)
    project.write("a.js", SEEN_APP)
    return project


def test_fault_24_a_component_sees_the_variables_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those of every deployment, when it is imported and when it runs."""
    monkeypatch.setenv("OF_APP", "of the app")
    middle = {"GIVEN": "a text", "PASSED": "of the app"}
    inner = {"DEEP": "of the app"}
    with EmbeddedBackend.start(environment_project(tmp_path).root) as backend:
        client = ConvexHttpClient(backend.url)
        expected = [[middle, middle, True], [inner, inner, True], "of the app"]
        assert client.query("a:inQuery") == expected
        assert client.action("a:inAction") == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{ GIVEN: "a", PASSED: "b", OTHER: "c" }', "Component middle has no env var named OTHER"),
        ('{ GIVEN: "a" }', "Component middle is missing required env var PASSED"),
        (
            '{ GIVEN: 1, PASSED: "b" }',
            'Env var "GIVEN" must be a string or an env var reference. Received: number',
        ),
    ],
)
def test_fault_24_variables_of_components_that_a_push_refuses(
    tmp_path: Path, given: str, message: str
) -> None:
    project = environment_project(tmp_path)
    named = '{ GIVEN: "a text", PASSED: app.env.OF_APP }'
    project.write("convex.config.js", ENVIRONMENT_APP.replace(named, given))
    with pytest.raises(BackendFailed, match=re.escape(message)):
        EmbeddedBackend.start(project.root)


def test_fault_24_a_component_has_no_files_for_node(tmp_path: Path) -> None:
    project = environment_project(tmp_path)
    project.write("inner/node.js", '"use node";')
    message = '"use node" directive is not supported in components. Remove it from the component at'
    with pytest.raises(BackendFailed, match=message):
        EmbeddedBackend.start(project.root)
