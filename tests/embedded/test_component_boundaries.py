"""What a component does not offer, by Convex's sources."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from node_scripts import run_script
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


PASSED = "PASSED: v.string()"
DECLARED = "OF_APP: v.string()"
WRONG_VARIABLES = {
    "a number": (
        {"middle": (PASSED, "PASSED: v.number()")},
        "Env var `PASSED` on component middle has a non-string validator. Component env vars must "
        'be declared with `v.string()`, `v.literal("...")`, or a union of those.',
    ),
    "a number of the app": (
        {"": (DECLARED, "OF_APP: v.union(v.string(), v.number())")},
        "Env var `OF_APP` on the app has a non-string validator.",
    ),
    "another text": (
        {"middle": ("GIVEN: v.string()", 'GIVEN: v.literal("other")')},
        'Component middle has an invalid value for env var GIVEN: `"a text"` does not match '
        'literal validator `v.literal("other")`.',
    ),
    "any text for one": (
        {"middle": (PASSED, 'PASSED: v.literal("one")')},
        "Component middle env var PASSED validator is not satisfied by parent env var OF_APP "
        "validator",
    ),
    "an optional one": (
        {"": (DECLARED, "OF_APP: v.optional(v.string())")},
        "Component middle env var PASSED is required, but parent env var OF_APP is optional",
    ),
    "none of the parent": (
        {"": ("app.env.OF_APP", '{ __envVarRef: "OTHER" }')},
        "Component middle env var PASSED references undeclared parent env var OTHER",
    ),
    "not set": ({}, "Required environment variables are not set: OF_APP. Set them in"),
}


@pytest.mark.parametrize("name", WRONG_VARIABLES)
def test_fault_24_validators_of_variables(tmp_path: Path, name: str) -> None:
    changes, message = WRONG_VARIABLES[name]
    project = environment_project(tmp_path)
    for folder, (old, new) in changes.items():
        path = project.root / "convex" / folder / "convex.config.js"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert f"Hit an error while pushing:\n{message}" in str(caught.value)


def test_fault_24_a_variable_that_its_validator_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = SmallProject(tmp_path)
    project.write(
        "convex.config.js",
        'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\n'
        'const one = v.union(v.literal("a"), v.literal("b"));\n'
        "export default defineApp({ env: { MODE: v.optional(one) } });\n",
    )
    project.write("m.js", NAMED % "app")
    for value, is_taken in {None: True, "a": True, "c": False}.items():
        if value is not None:
            monkeypatch.setenv("MODE", value)
        if is_taken:
            EmbeddedBackend.start(project.root).stop()
            continue
        message = "Environment variable MODE does not match its declared validator: "
        with pytest.raises(BackendFailed, match=message):
            EmbeddedBackend.start(project.root)


def test_what_is_imported_at_the_same_time_is_kept_apart() -> None:
    refused = "Environment variables unsupported when evaluating schema"
    assert run_script("importing.mjs") == [["first", refused], ["second", None]]


def test_fault_24_a_component_has_no_files_for_node(tmp_path: Path) -> None:
    project = environment_project(tmp_path)
    project.write("inner/node.js", '"use node";')
    message = '"use node" directive is not supported in components. Remove it from the component at'
    with pytest.raises(BackendFailed, match=message):
        EmbeddedBackend.start(project.root)


HTTP_APP = """
import { defineApp } from "convex/server";
import outer from "./outer/convex.config";
const app = defineApp(%s);
app.use(outer, { httpPrefix: "/outer" });
export default app;
"""
HTTP_OUTER = """
import { defineComponent } from "convex/server";
import inner from "../inner/convex.config";
const outer = defineComponent("outer");
outer.use(inner, { httpPrefix: "/inner/" });
export default outer;
"""
HTTP_OF = """
import { httpActionGeneric as httpAction, httpRouter, queryGeneric as query } from "convex/server";
import { makeFunctionReference as ref } from "convex/server";
const site = process.env.CONVEX_SITE_URL;
const answer = httpAction(async (ctx, request) => {
  const said = await ctx.runQuery(ref("m:named"));
  const user = (await ctx.auth.getUserIdentity())?.subject ?? null;
  const { pathname } = new URL(request.url);
  return Response.json([said, pathname, user, process.env.CONVEX_SITE_URL === site]);
});
const streamed = httpAction(async (ctx) => {
  const pull = async (controller) => {
    controller.enqueue(new TextEncoder().encode(await ctx.runQuery(ref("m:named"))));
    controller.close();
  };
  return new Response(new ReadableStream({ pull }));
});
const http = httpRouter();
http.route({ path: "/here", method: "GET", handler: answer });
http.route({ path: "/stream", method: "GET", handler: streamed });
http.route({ path: "/site", method: "GET", handler: httpAction(async () => new Response(site)) });
http.route({ pathPrefix: "/below/", method: "GET", handler: answer });
http.route({ pathPrefix: "/", method: "POST", handler: answer });
export default http;
"""
NAMED = """
import { queryGeneric as query } from "convex/server";
export const named = query(async () => "%s");
"""


def http_project(root: Path, options: str = "") -> SmallProject:
    project = SmallProject(root)
    project.write("convex.config.js", HTTP_APP % options)
    project.write("outer/convex.config.js", HTTP_OUTER)
    project.write("inner/convex.config.js", INNER_CONFIG)
    for folder, name in {"": "app", "outer/": "outer", "inner/": "inner"}.items():
        project.write(f"{folder}http.js", HTTP_OF)
        project.write(f"{folder}m.js", NAMED % name)
    return project


def test_fault_24_components_answer_http_requests_below_their_prefixes(tmp_path: Path) -> None:
    with EmbeddedBackend.start(http_project(tmp_path).root) as backend:
        site = backend.site_url
        for path, name in {
            "/here": "app",
            "/below/a": "app",
            "/outer/here": "outer",
            "/outer/below/a/b": "outer",
            "/outer/inner/here": "inner",
        }.items():
            assert web.get(f"{site}{path}").json() == [name, path, None, True]
        for path, name in {"/a": "app", "/outer/a": "outer", "/outer/inner/a": "inner"}.items():
            assert web.post(f"{site}{path}").json() == [name, path, None, True]
        assert web.get(f"{site}/outer/inner/stream").text == "inner"
        assert web.get(f"{site}/site").text == site
        assert web.get(f"{site}/outer/site").text == f"{site}/outer"
        assert web.get(f"{site}/outer/inner/site").text == f"{site}/outer/inner"
        missing = web.get(f"{site}/outer/missing")
        assert (missing.status_code, missing.text) == (404, "No matching routes found")


def test_fault_24_a_prefix_of_the_app_is_not_that_of_its_components(tmp_path: Path) -> None:
    project = http_project(tmp_path, '{ httpPrefix: "/app" }')
    with EmbeddedBackend.start(project.root) as backend:
        site = backend.site_url
        assert web.get(f"{site}/app/here").json() == ["app", "/app/here", None, True]
        assert web.get(f"{site}/outer/here").json() == ["outer", "/outer/here", None, True]
        missing = web.get(f"{site}/here")
        assert missing.status_code == 404
        assert missing.text == "This Convex deployment does not have HTTP actions enabled."


MOUNT_IS_INVALID = "HTTP mount /outer/ is invalid: "
HTTP_REFUSED = {
    "no routes": (
        {
            "outer/http.js": "import { httpRouter } from 'convex/server';\n"
            "export default httpRouter();\n",
            "outer/convex.config.js": INNER_CONFIG.replace("inner", "outer"),
        },
        f"{MOUNT_IS_INVALID}Child component outer doesn't have any HTTP routes.",
    ),
    "an own route": (
        {"http.js": HTTP_OF.replace('"/below/"', '"/outer/"')},
        f"{MOUNT_IS_INVALID}Overlap with existing prefix route",
    ),
    "no slash": (
        {"convex.config.js": HTTP_APP.replace('"/outer"', '"outer"') % ""},
        'Uncaught Error: httpPrefix must start with "/". Received: "outer"',
    ),
    "a star": (
        {"convex.config.js": HTTP_APP.replace('"/outer"', '"/*"') % ""},
        "Condition failed: `!s.contains('*')`",
    ),
}


@pytest.mark.parametrize("name", HTTP_REFUSED)
def test_fault_24_prefixes_that_a_push_refuses(tmp_path: Path, name: str) -> None:
    files, message = HTTP_REFUSED[name]
    project = http_project(tmp_path)
    for file, text in files.items():
        project.write(file, text)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert f"Hit an error while pushing:\n{message}" in str(caught.value)
