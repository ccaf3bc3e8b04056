"""Functions that functions call: what their callers catch, and how deep they may go.

Sources: `From<JsError>` in the backend's `common/src/errors.rs`, and `run_udf` in its
`isolate/src/environment/udf/async_syscall.rs`.
"""

from collections.abc import Iterator

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject

from convex import ConvexInt64

FUNCTIONS = """
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { ConvexError, v } from "convex/values";
class Own extends Error { code = 42; name = "Own"; }
class OwnConvexError extends ConvexError {}
const thrown = {
  own: () => { throw new Own("m"); },
  type: () => { throw new TypeError("m"); },
  text: () => { throw "text"; },
  convex: () => { throw new ConvexError({ code: 1n }); },
  ownConvex: () => { throw new OwnConvexError("words"); },
};
const fails = (_ctx, { how }) => thrown[how]();
export const query_ = query(fails);
export const mutation_ = mutation(fails);
export const action_ = action(fails);
export const checked = query({ args: { n: v.number() }, handler: () => null });
const describe = (error) => ({
  message: error.message, name: error.name, isError: error instanceof Error,
  isOwn: error instanceof Own, isConvexError: error instanceof ConvexError,
  constructor: error.constructor?.name ?? null,
  keys: Object.keys(error).sort(),
  data: error.data ?? null,
});
const catching = async (ctx, { kind, how }) => {
  const run = { query: ctx.runQuery, mutation: ctx.runMutation, action: ctx.runAction }[kind];
  try { await run(ref(`a:${kind}_`), { how }); } catch (error) { return describe(error); }
};
export const inQuery = query(catching);
export const inMutation = mutation(catching);
export const inAction = action(catching);
export const passing = mutation(
  async (ctx) => await ctx.runMutation(ref("a:mutation_"), { how: "own" }));
export const ofArguments = action(async (ctx) => {
  try { await ctx.runQuery(ref("a:checked"), { n: "x" }); } catch (error) { return error.message; }
});
const deeper = async (ctx, { levels }) =>
  levels === 0 ? 0 : 1 + await ctx.runQuery(ref("a:down"), { levels: levels - 1 });
export const down = query(deeper);
export const downFromMutation = mutation(deeper);
export const downFromAction = action(
  async (ctx, { levels }) => await ctx.runQuery(ref("a:down"), { levels }));
const absent = (ctx) => ctx.runQuery(ref("a:absent"));
const otherKind = (ctx) => ctx.runMutation(ref("a:down"), { levels: 0 });
export const absentInMutation = mutation(absent);
export const absentInAction = action(absent);
export const otherKindInMutation = mutation(otherKind);
export const otherKindInAction = action(otherKind);
export const absentLater = mutation((ctx) => ctx.scheduler.runAfter(0, ref("a:absent")));
export const loop = mutation(async (ctx) => await ctx.runMutation(ref("a:loop")));
"""
CALLERS = {
    "inQuery": ("query",),
    "inMutation": ("query", "mutation"),
    "inAction": ("query", "mutation", "action"),
}
CALLS = [(caller, kind) for caller, kinds in CALLERS.items() for kind in kinds]
TOO_DEEP = "Cross component call depth limit exceeded. Do you have an infinite loop in your app?"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConvexHttpClient]:
    project = SmallProject(tmp_path_factory.mktemp("called"))
    project.write("a.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as backend:
        yield ConvexHttpClient(backend.url)


def call(client: ConvexHttpClient, path: str, **args: object) -> object:
    kind = {
        "inQuery": "query",
        "inAction": "action",
        "downFromAction": "action",
        "ofArguments": "action",
    }
    found: object = getattr(client, kind.get(path, "mutation"))(f"a:{path}", args)
    return found


@pytest.mark.parametrize(("caller", "kind"), CALLS)
def test_fault_24_a_caller_catches_a_plain_error(
    client: ConvexHttpClient, caller: str, kind: str
) -> None:
    """Whose message is the whole text: no class, no property and no value outlives the call."""
    for how, first in {
        "own": "Uncaught Own: m",
        "type": "Uncaught TypeError: m",
        "text": "Uncaught text",
    }.items():
        caught = call(client, caller, kind=kind, how=how)
        assert isinstance(caught, dict)
        message = caught.pop("message")
        assert message.split("\n")[0] == first
        if how != "text":
            assert "\n    at " in message
            assert "(../convex/a.js:" in message
        assert caught == {
            "name": "Error",
            "isError": True,
            "isOwn": False,
            "isConvexError": False,
            "constructor": "Error",
            "keys": [],
            "data": None,
        }


@pytest.mark.parametrize(("caller", "kind"), CALLS)
def test_fault_24_a_caller_catches_the_data_of_a_convex_error(
    client: ConvexHttpClient, caller: str, kind: str
) -> None:
    for how, data, first in (
        ("convex", {"code": ConvexInt64(1)}, 'Uncaught ConvexError: {"code":"1n"}'),
        ("ownConvex", "words", "Uncaught ConvexError: words"),
    ):
        caught = call(client, caller, kind=kind, how=how)
        assert isinstance(caught, dict)
        assert caught.pop("message").split("\n")[0] == first
        assert "data" in caught.pop("keys")
        assert caught == {
            "name": "ConvexError",
            "isError": True,
            "isOwn": False,
            "isConvexError": True,
            "constructor": "ConvexError",
            "data": data,
        }


def test_fault_24_an_error_that_is_passed_on_has_the_frames_of_both(
    client: ConvexHttpClient,
) -> None:
    with pytest.raises(Exception, match="Uncaught Error: Uncaught Own: m") as caught:
        call(client, "passing")
    lines = [line.strip() for line in str(caught.value).strip().split("\n")]
    assert [line.split(":")[0] for line in lines if "Uncaught" in line] == ["Uncaught Error"]
    frames = [line for line in lines if line.startswith("at ")]
    assert len(frames) == len(set(frames))


def test_fault_24_what_arguments_violate_is_no_uncaught_error(client: ConvexHttpClient) -> None:
    message = call(client, "ofArguments")
    assert str(message).startswith("ArgumentValidationError: Value does not match validator.")


def test_fault_24_calls_are_nested_eight_times(client: ConvexHttpClient) -> None:
    """Those of queries and mutations; each call of an action begins anew."""
    assert call(client, "downFromMutation", levels=8) == 8
    assert call(client, "downFromAction", levels=8) == 8
    for path in ("downFromMutation", "downFromAction"):
        with pytest.raises(Exception, match="Uncaught Error: ") as caught:
            call(client, path, levels=9)
        assert TOO_DEEP in str(caught.value)
    with pytest.raises(Exception, match="depth limit exceeded"):
        call(client, "loop")


@pytest.mark.parametrize("where", ["Mutation", "Action"])
def test_fault_24_functions_that_cannot_be_called(client: ConvexHttpClient, where: str) -> None:
    for name in ("absent", "otherKind"):
        with pytest.raises(Exception, match=r'exported from module "a"'):
            getattr(client, where.lower())(f"a:{name}In{where}")
    with pytest.raises(Exception, match="Attempted to schedule function at nonexistent path"):
        client.mutation("a:absentLater")


NO_ERRORS = """
import { actionGeneric as action, httpActionGeneric as httpAction } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { makeFunctionReference as ref } from "convex/server";
const hostile = Object.defineProperty(new Error(), "message", { get() { throw 1; } });
const thrown = {
  null: null, undefined, text: "a text", object: { a: 1 }, bare: Object.create(null), hostile,
};
const throws = async (_ctx, { what }) => { throw thrown[what]; };
export const inQuery = query(throws);
export const inMutation = mutation(throws);
export const inAction = action(throws);
export const inTimer = action(async (_ctx, { what }) => {
  setTimeout(() => { throw thrown[what]; }, 1);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
export const forNobody = action(async (_ctx, { what }) => {
  void Promise.reject(thrown[what]);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
export const caught = mutation(async (ctx, { what }) => {
  try { await ctx.runMutation(ref("a:inMutation"), { what }); }
  catch (error) { return error.message; }
});
export const ofHttp = httpAction(async (_ctx, request) => {
  throw thrown[new URL(request.url).searchParams.get("what")];
});
"""
NO_ERRORS_HTTP = """
import { httpRouter } from "convex/server";
import { ofHttp } from "./a";
const http = httpRouter();
http.route({ path: "/throws", method: "GET", handler: ofHttp });
export default http;
"""
SAID = {
    "null": "Uncaught null",
    "undefined": "Uncaught undefined",
    "text": "Uncaught a text",
    "object": "Uncaught #<Object>",
    "bare": "Uncaught [object Object]",
    "hostile": "Uncaught Error",
}


@pytest.fixture(scope="module")
def thrower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("no_errors"))
    project.write("a.js", NO_ERRORS)
    project.write("http.js", NO_ERRORS_HTTP)
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.mark.parametrize("what", SAID)
def test_fault_24_what_is_no_error_is_thrown(thrower: EmbeddedBackend, what: str) -> None:
    client = ConvexHttpClient(thrower.url)
    calls = {"inQuery": client.query, "inMutation": client.mutation}
    for name in ("inQuery", "inMutation", "inAction", "inTimer", "forNobody"):
        with pytest.raises(Exception, match="Server Error") as raised:
            calls.get(name, client.action)(f"a:{name}", {"what": what})
        assert str(raised.value).splitlines()[1] == SAID[what]
    assert client.mutation("a:caught", {"what": what}).splitlines()[0] == SAID[what]
    answer = web.get(f"{thrower.site_url}/throws?what={what}")
    assert answer.status_code == 500
    assert SAID[what] in answer.json()["code"]
