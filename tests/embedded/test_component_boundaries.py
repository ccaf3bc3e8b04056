"""What a component does not offer, by Convex's sources."""

from collections.abc import Iterator

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
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
