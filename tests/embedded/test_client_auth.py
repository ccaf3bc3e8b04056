"""Clients whose calls and subscriptions are of a user, and where clients find their deployment."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AccessDenied,
    AsyncClient,
    AsyncStorage,
    Call,
    Client,
    ConvexgenError,
    Decoder,
    InvalidArgument,
    PagedCall,
    Storage,
    Timeout,
    Unavailable,
)
from convexgen.runtime.auth import TokenSource
from node_program import CLIENT, bundle, bundle_text, run_node
from small_project import SmallProject
from waiting import MOMENT, PATIENCE
from web_tokens import SECRET, claims, signed

FUNCTIONS = """
import { actionGeneric as action, internalQueryGeneric as internalQuery } from "convex/server";
import { queryGeneric as query } from "convex/server";
const who = async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null;
export const whoAmI = query({ args: {}, handler: who });
export const again = query({ args: {}, handler: who });
export const write = action({ args: {}, handler: who });
export const inside = internalQuery({ args: {}, handler: who });
"""


def call(kind: str = "query", name: str = "whoAmI") -> Call[Any]:
    decoder: Decoder[Any] = Decoder(Any)
    more: dict[str, Any] = {} if kind == "query" else {"idempotent": False}
    made: Call[Any] = getattr(Call, kind)(f"users:{name}", {}, decoder, "ask", **more)
    return made


def token(user: str, seconds: float = 600) -> str:
    return signed(claims(sub=user, exp=time.time() + seconds))


def expired(user: str) -> str:
    return signed(claims(sub=user, exp=time.time() - 5))


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("auth"))
    project.write("users.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root, jwt_secret=SECRET) as started:
        yield started


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of clients, not that of the backend, to which tokens of before are good."""
    passed = 0.0

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    clock = SimpleNamespace(time=lambda: time.time() + passed, monotonic=time.monotonic)
    monkeypatch.setattr("convexgen.runtime.auth.time", clock)
    # How often a subscription looks at the clock.
    monkeypatch.setattr("convexgen.runtime.sync_credentials._LONGEST_SLEEP", 0.01)
    return move


class Tokens:
    """Gives tokens one after another, the last one again and again; how it was asked."""

    def __init__(self, *texts: str | None) -> None:
        self.texts = list(texts)
        self.asked: list[bool] = []

    def __call__(self, *, force_refresh_token: bool) -> str | None:
        self.asked.append(force_refresh_token)
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


def test_fault_15_a_token(backend: EmbeddedBackend) -> None:
    with Client(backend.url, auth=token("Ada")) as client:
        assert client.run(call()) == "Ada"
        assert client.run(call("action", "write")) == "Ada"
        with client.watch(call()) as results:
            assert results.next(PATIENCE) == "Ada"
        with pytest.raises(AccessDenied):
            client.run(call(name="inside"))
    with Storage(backend.url, auth=lambda: token("Bob")) as storage:
        assert storage.client.run(call()) == "Bob"


def test_fault_15_a_token_from_asyncio(backend: EmbeddedBackend) -> None:
    async def fetch() -> str:
        await asyncio.sleep(0)
        return token("Eve")

    class Given:
        async def __call__(self, *, force_refresh_token: bool) -> str | None:
            return token("Kim") if force_refresh_token else expired("Kim")

    async def main() -> None:
        given: list[tuple[Any, str | None]] = [
            (token("Ada"), "Ada"),
            (lambda: token("Bob"), "Bob"),
            (fetch, "Eve"),
            (Given(), "Kim"),
            (lambda: None, None),
        ]
        for auth, user in given:
            async with AsyncStorage(backend.url, auth=auth) as storage:
                client = storage.client
                assert await client.run(call()) == user
                assert await client.run(call("action", "write")) == user
                async with client.watch(call()) as results:
                    assert await results.next(PATIENCE) == user

    asyncio.run(main())


def test_fault_15_a_refused_token_is_replaced(backend: EmbeddedBackend) -> None:
    """Once for a call: nothing has run before. Then the new one is kept."""
    wrong = signed(claims(sub="Ada"), secret="another")
    tokens = Tokens(wrong, token("Ada"))
    with Client(backend.url, auth=tokens) as client:
        assert client.run(call("action", "write")) == "Ada"
        assert client.run(call()) == "Ada"
        with client.watch(call()) as results:
            assert results.next(PATIENCE) == "Ada"
    assert tokens.asked == [False, True]

    tokens = Tokens(wrong)
    with Client(backend.url, auth=tokens) as client:
        with pytest.raises(AccessDenied, match="refused the credentials") as caught:
            client.run(call())
        with pytest.raises(AccessDenied), client.watch(call()):
            pass
    assert tokens.asked == [False, True, True]
    assert wrong not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    with Client(backend.url, auth=wrong) as client, pytest.raises(AccessDenied):
        client.run(call())


def test_fault_15_an_expiring_token_is_replaced_before(backend: EmbeddedBackend) -> None:
    tokens = Tokens(expired("Ada"), token("Bob"))
    with Client(backend.url, auth=tokens) as client:
        # The first is refused, whatever it says; the second lasts.
        assert [client.run(call()) for _ in range(3)] == ["Bob"] * 3
    assert tokens.asked == [False, True]


def test_fault_15_nobody_is_asked_for_again(backend: EmbeddedBackend) -> None:
    tokens = Tokens(None, None, token("Ada"))
    with Client(backend.url, auth=tokens) as client:
        assert [client.run(call()) for _ in range(4)] == [None, None, "Ada", "Ada"]
    assert tokens.asked == [False] * 3


def test_fault_15_calls_that_wait_share_a_new_token(backend: EmbeddedBackend) -> None:
    wrong = signed(claims(sub="Ada"), secret="another")
    together = threading.Barrier(8)
    asked: list[bool] = []

    def fetch(*, force_refresh_token: bool) -> str:
        asked.append(force_refresh_token)
        return token("Ada") if force_refresh_token else wrong

    with Client(backend.url, auth=fetch) as client, ThreadPoolExecutor(8) as pool:

        def run(_: int) -> Any:
            together.wait()
            return client.run(call())

        assert list(pool.map(run, range(8))) == ["Ada"] * 8
    assert asked == [False, True]

    asked.clear()

    async def fetch_later(*, force_refresh_token: bool) -> str:
        await asyncio.sleep(0.01)
        return fetch(force_refresh_token=force_refresh_token)

    async def main() -> None:
        async with AsyncClient(backend.url, auth=fetch_later) as client:
            found = await asyncio.gather(*(client.run(call()) for _ in range(8)))
            assert found == ["Ada"] * 8

    asyncio.run(main())
    assert asked == [False, True]


def test_fault_15_who_is_asked_for_changes_while_it_is_watched(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    """The token is replaced before it expires, and results are those of the user it is of."""
    with (
        Client(backend.url, auth=Tokens(token("Ada"), token("Bob", 6000))) as client,
        client.watch(call()) as results,
    ):
        assert results.next(PATIENCE) == "Ada"
        pass_time(595)
        assert results.next(PATIENCE) == "Bob"

    async def main() -> None:
        given = Tokens(token("Ada", 1200), None)
        async with (
            AsyncClient(backend.url, auth=given) as client,
            client.watch(call()) as results,
        ):
            assert await results.next(PATIENCE) == "Ada"
            pass_time(600)
            assert await results.next(PATIENCE) is None

    asyncio.run(main())


def test_fault_15_a_subscription_says_when_no_token_comes(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    given = [token("Ada")]

    def fetch() -> str:
        return given.pop()

    with Client(backend.url, auth=fetch) as client, client.watch(call()) as results:
        assert results.next(PATIENCE) == "Ada"
        pass_time(595)
        with pytest.raises(AccessDenied, match="function that gives tokens failed") as caught:
            results.next(PATIENCE)
    assert isinstance(caught.value.__cause__, IndexError)


def test_fault_15_a_subscription_says_that_its_only_token_expired(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    with (
        Client(backend.url, auth=token("Ada")) as client,
        client.watch(call()) as results,
    ):
        assert results.next(PATIENCE) == "Ada"
        pass_time(600)
        with pytest.raises(AccessDenied, match="Failed to ask: the token expired: give `auth`"):
            results.next(PATIENCE)


def test_fault_15_a_later_refusal_is_a_first_one_again(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    """A connection lasts for days, and outlives more than one refused token."""
    wrong = signed(claims(sub="Ada"), secret="another")
    tokens = Tokens(wrong, token("Ada"), wrong, token("Bob", 6000))
    with Client(backend.url, auth=tokens) as client, client.watch(call()) as results:
        assert results.next(PATIENCE) == "Ada"
        pass_time(595)
        assert results.next(PATIENCE) == "Bob"
    assert tokens.asked == [False, True, True, True]


def test_fault_15_a_function_that_gives_worn_tokens(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    """It would be asked again and again."""
    tokens = Tokens(token("Ada"))
    with Client(backend.url, auth=tokens) as client, client.watch(call()) as results:
        assert results.next(PATIENCE) == "Ada"
        pass_time(700)
        with pytest.raises(AccessDenied, match="gave one that expires"):
            results.next(PATIENCE)
    assert tokens.asked == [False, True]


def test_fault_15_a_slow_function_stops_no_other_subscription(
    backend: EmbeddedBackend, pass_time: Callable[[float], None]
) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()
    given = [token("Ada")]

    def fetch() -> str:
        if given:
            return given.pop()
        is_asked.set()
        may_answer.wait(PATIENCE)
        return token("Bob", 6000)

    with Client(backend.url, auth=fetch) as client, client.watch(call()) as results:
        assert results.next(PATIENCE) == "Ada"
        pass_time(595)
        assert is_asked.wait(PATIENCE)
        with client.watch(call(name="again")) as others:
            assert others.next(PATIENCE) == "Ada"
            may_answer.set()
            assert results.next(PATIENCE) == others.next(PATIENCE) == "Bob"


@pytest.mark.parametrize(("lasts", "early"), [(8, 2), (40, 10), (600, 10), (0, 0), (-5, 0)])
def test_fault_15_when_a_token_is_replaced(
    monkeypatch: pytest.MonkeyPatch, lasts: float, early: float
) -> None:
    now = 1_800_000_000.0
    clock = SimpleNamespace(time=lambda: now, monotonic=time.monotonic)
    monkeypatch.setattr("convexgen.runtime.auth.time", clock)
    given = TokenSource(signed(claims(exp=now + lasts))).token("ask", PATIENCE)
    assert (given.expiry, given.until) == (now + lasts, now + lasts - early)


def test_fault_15_a_subscription_says_when_no_first_token_comes(
    backend: EmbeddedBackend,
) -> None:
    given: list[str | None] = []
    with (
        Client(backend.url, auth=given.pop) as client,
        pytest.raises(AccessDenied, match="function that gives tokens failed") as caught,
        client.watch(call()),
    ):
        pass
    assert isinstance(caught.value.__cause__, IndexError)


@pytest.mark.parametrize("kind", [StopIteration, StopAsyncIteration])
def test_fault_15_a_function_that_raises_the_end_of_an_iteration(
    kind: type[Exception],
) -> None:
    """Or a page of results would end with it."""

    def fetch() -> str:
        raise kind

    page: Decoder[Any] = Decoder(Any)
    paged: PagedCall[Any] = PagedCall("users:list", {}, page, "list")
    said = f"the function that gives tokens raised {kind.__name__}"
    with Client("http://127.0.0.1:1", auth=fetch) as client:
        with pytest.raises(RuntimeError, match=said):
            client.run(call())
        with pytest.raises(RuntimeError, match=said):
            list(client.iterate(paged, 10))

    async def main() -> None:
        async with AsyncClient("http://127.0.0.1:1", auth=fetch) as client:
            with pytest.raises(RuntimeError, match=said):
                await client.run(call())
            with pytest.raises(RuntimeError, match=said):
                async for _ in client.iterate(paged, 10):
                    pass

    asyncio.run(main())


@pytest.mark.parametrize(
    "expiry", [f"1{'0' * 400}", "1e999", "-Infinity", "NaN", '"soon"', "[" * 9000]
)
def test_fault_15_a_token_whose_expiry_is_no_time(backend: EmbeddedBackend, expiry: str) -> None:
    """Only the deployment can say that it is none, which it does."""
    parts = ('{"alg":"HS256"}', f'{{"exp":{expiry}}}', "signature")
    text = ".".join(base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in parts)
    for auth in (text, lambda: text):
        with Client(backend.url, auth=auth) as client, pytest.raises(AccessDenied):
            client.run(call())


def test_fault_15_a_function_that_gives_no_token_in_time() -> None:
    """The time of a call is that of its token, too, and of who waits for the same one."""
    late = "Failed to ask: the function that gives tokens gave none in time"
    is_over = threading.Event()

    def fetch() -> str:
        is_over.wait(PATIENCE)
        return token("Ada")

    with Client("http://127.0.0.1:1", auth=fetch, timeout=MOMENT) as client:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.run, call())
            tokens: Any = client.__dict__["_tokens"]
            while not tokens._lock.locked():
                time.sleep(0.001)
            with pytest.raises(Timeout, match=late):
                client.run(call())
            is_over.set()
            with pytest.raises(Timeout, match=late):
                first.result(PATIENCE)
        # What it gave is kept for the next call, which finds no deployment.
        with pytest.raises((Unavailable, Timeout)) as caught:
            client.run(call())
        assert late not in str(caught.value)

    async def fetch_never() -> str:
        await asyncio.Event().wait()
        return ""

    async def fetch_in_vain() -> str:
        raise TimeoutError("of another service")

    async def main() -> None:
        async with AsyncClient("http://127.0.0.1:1", auth=fetch_never, timeout=MOMENT) as other:
            calls = [other.run(call()) for _ in range(2)]
            found = await asyncio.gather(*calls, return_exceptions=True)
            assert [late in str(one) for one in found] == [True, True]
        async with AsyncClient("http://127.0.0.1:1", auth=fetch_in_vain) as other:
            with pytest.raises(TimeoutError, match="another service"):
                await other.run(call())

    asyncio.run(main())


def _coroutine() -> Any:
    async def fetch() -> str:
        return "a"

    return fetch


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"auth": 5}, "auth is a token or a function that gives one, not of type int"),
        ({"auth": "secretToken", "deploy_key": "secretKey"}, "not both"),
        ({"auth": _coroutine()}, "only clients for asyncio"),
    ],
)
def test_fault_15_what_is_no_token(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        Client("http://127.0.0.1:1", **options)
    assert "secret" not in str(caught.value)


NO_HEADERS = (
    "",
    " ",
    "a secret",
    "secret\nsecret",
    "secret\0",
    "secret\u00e9",
    "secret\u2713",
    "secret\x7f",
)


@pytest.mark.parametrize("text", NO_HEADERS)
def test_fault_15_what_no_header_takes(text: str) -> None:
    for option, words in (
        ("auth", "the token is empty, or has characters that no token has"),
        ("deploy_key", "the deploy key is empty, or has characters that no key has"),
    ):
        for make in (Client, AsyncClient):
            made: Any = make
            with pytest.raises(InvalidArgument, match=f"^{words}$"):
                made("http://127.0.0.1:1", **{option: text})


@pytest.mark.parametrize("given", [b"secret", 5, *NO_HEADERS])
def test_fault_15_what_a_function_gives_that_is_no_token(given: Any) -> None:
    fetch: Callable[[], Any] = lambda: given  # noqa: E731
    with Client("http://127.0.0.1:1", auth=fetch) as client:
        with pytest.raises(InvalidArgument, match="token") as caught:
            client.run(call())
        assert "sec" not in str(caught.value)


def test_fault_15_errors_of_the_function_are_its_own(backend: EmbeddedBackend) -> None:
    def fetch() -> str:
        raise KeyError("the session is over")

    with Client(backend.url, auth=fetch) as client, pytest.raises(KeyError, match="session"):
        client.run(call())


def test_fault_15_tokens_in_typescript(
    backend: EmbeddedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", token("Ada"))
    monkeypatch.setenv("OTHER_TOKEN", token("Bob"))
    monkeypatch.setenv("WRONG_TOKEN", signed(claims(sub="Ada"), secret="another"))
    run_node(["--test", bundle("tokens.test.mjs", tmp_path, CLIENT / "runtime")], backend)


WITHOUT_SOCKETS = """
import { Client, functionCall } from "./generated/typescript/runtime/index.js";

delete globalThis.WebSocket;
const client = new Client(process.env.CONVEX_URL);
const call = functionCall({ kind: "query", path: "users:whoAmI" }, {});
const ended = [];
try {
  for await (const user of client.watch(call)) ended.push(user);
} catch (error) {
  ended.push(error.name, error.message);
}
console.log(JSON.stringify(ended));
await client.close();
"""


def test_a_subscription_that_cannot_begin_blames_no_token(
    backend: EmbeddedBackend, tmp_path: Path
) -> None:
    program = bundle_text(WITHOUT_SOCKETS, tmp_path, is_for_browsers=True)
    name, message = json.loads(run_node([program], backend))
    assert name == "Error"
    assert message.startswith("No WebSocket global variable defined!")


def test_tokens_are_shown_nowhere(
    backend: EmbeddedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    text = token("Ada")
    with caplog.at_level(logging.DEBUG), Client(backend.url, auth=lambda: text) as client:
        client.run(call())
        tokens: Any = client.__dict__["_tokens"]
        shown = f"{client!r} {tokens!r} {tokens.token('ask', 60.0)!r} {caplog.text}"
        watcher: Any = client.watcher("ask")
        shown += repr(watcher.__dict__)
    assert text not in shown
    assert text.split(".")[1] not in shown
    assert base64.b64encode(text.encode()).decode() not in shown


# The environment


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        *("CONVEX_URL", "CONVEX_DEPLOY_KEY"),
        *("CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY"),
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


A, B = "http://a.invalid", "http://b.invalid"
CLOUD, OTHER = "https://a-b-1.convex.cloud", "https://c-d-2.convex.cloud"
# As `convexgen dev --write-env` writes it.
LOCAL = f"CONVEX_URL={A}\nCONVEX_SELF_HOSTED_URL={A}\nCONVEX_SELF_HOSTED_ADMIN_KEY='embedded|k'\n"


@pytest.mark.parametrize(
    ("variables", "file", "expected"),
    [
        ({"URL": A, "DEPLOY_KEY": "k"}, None, (A, "k")),
        ({"SELF_HOSTED_URL": B, "SELF_HOSTED_ADMIN_KEY": "s"}, None, (B, "s")),
        # A key goes to its deployment alone.
        (
            {"URL": A, "SELF_HOSTED_URL": B, "SELF_HOSTED_ADMIN_KEY": "s"},
            None,
            (A, None),
        ),
        ({"SELF_HOSTED_URL": B, "DEPLOY_KEY": "k"}, None, (B, None)),
        # As `convexgen dev --write-env` writes them.
        (
            {"URL": A, "SELF_HOSTED_URL": f"{A}/", "SELF_HOSTED_ADMIN_KEY": "s"},
            None,
            (A, "s"),
        ),
        ({"URL": A, "SELF_HOSTED_ADMIN_KEY": "s"}, None, (A, "s")),
        ({}, f"CONVEX_URL={A} # a comment\nexport CONVEX_DEPLOY_KEY='k|#1'", (A, "k|#1")),
        ({}, f'# x\n\nCONVEX_SELF_HOSTED_URL = "{B}"\nOTHER\nX=\r\n', (B, None)),
        # The environment goes before the file.
        ({"SELF_HOSTED_URL": B}, f"CONVEX_URL={A}\nCONVEX_DEPLOY_KEY=k", (B, None)),
        ({"URL": A}, "CONVEX_DEPLOY_KEY=k", (A, "k")),
        ({"DEPLOY_KEY": "e", "URL": " "}, f"CONVEX_URL={A}\nCONVEX_DEPLOY_KEY=k", (A, "k")),
        # A key is of the place whose URL it goes to.
        ({"URL": CLOUD}, LOCAL, (CLOUD, None)),
        ({"SELF_HOSTED_URL": B}, LOCAL, (B, None)),
        ({"DEPLOY_KEY": "prod:a-b-1|SECRET"}, LOCAL, (A, "embedded|k")),
        ({"URL": A, "DEPLOY_KEY": "mine"}, LOCAL, (A, "mine")),
        # One is borrowed of a place that has the same URL,
        ({"URL": A}, LOCAL, (A, "embedded|k")),
        ({"SELF_HOSTED_URL": f"{A}/"}, LOCAL, (f"{A}", "embedded|k")),
        (
            {"SELF_HOSTED_URL": A, "URL": CLOUD, "SELF_HOSTED_ADMIN_KEY": "s"},
            f"CONVEX_URL={A}",
            (CLOUD, None),
        ),
        (
            {"SELF_HOSTED_URL": B},
            f"CONVEX_URL={A}\nCONVEX_SELF_HOSTED_URL={B}\nCONVEX_SELF_HOSTED_ADMIN_KEY=s",
            (B, "s"),
        ),
        # or none, unless it says that it is of another deployment.
        ({"SELF_HOSTED_ADMIN_KEY": "s"}, f"CONVEX_SELF_HOSTED_URL={B}", (B, "s")),
        ({"DEPLOY_KEY": "s"}, f"CONVEX_SELF_HOSTED_URL={B}", (B, None)),
        ({"DEPLOY_KEY": "prod:a-b-1|SECRET"}, f"CONVEX_URL={A}", (A, None)),
        ({"DEPLOY_KEY": "preview:t:p|SECRET"}, f"CONVEX_URL={A}", (A, None)),
        ({"DEPLOY_KEY": "prod:a-b-1|S"}, "CONVEX_URL=https://c-d-2.convex.cloud", (OTHER, None)),
        (
            {"DEPLOY_KEY": "prod:c-d-2|S"},
            "CONVEX_URL=https://c-d-2.convex.cloud",
            (OTHER, "prod:c-d-2|S"),
        ),
        (
            {"DEPLOY_KEY": "prod:c-d-2|S"},
            "CONVEX_URL=http://c-d-2.convex.cloud",
            (OTHER.replace("https", "http"), None),
        ),
        ({"DEPLOY_KEY": "project:t:p|S"}, f"CONVEX_URL={OTHER}", (OTHER, "project:t:p|S")),
        ({"URL": OTHER}, "CONVEX_DEPLOY_KEY=prod:a-b-1|S", (OTHER, None)),
    ],
)
def test_fault_15_the_environment_and_a_file(
    no_variables: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    file: str | None,
    expected: tuple[str, str | None],
) -> None:
    for name, value in variables.items():
        no_variables.setenv(f"CONVEX_{name}", value)
    path = tmp_path / ".env.local"
    if file is not None:
        path.write_text(file, encoding="utf-8")
    env_file = None if file is None else path
    for made in (
        Client.from_env(env_file=env_file),
        AsyncClient.from_env(env_file=env_file),
        Storage.from_env(env_file=env_file).client,
        AsyncStorage.from_env(env_file=env_file).client,
    ):
        connection: Any = made.__dict__["_connection"]
        assert (connection.url, connection.deploy_key) == expected
        assert connection.headers.get("Authorization") == (
            None if expected[1] is None else f"Convex {expected[1]}"
        )


def test_fault_15_a_token_goes_before_the_key_of_the_environment(
    no_variables: pytest.MonkeyPatch, backend: EmbeddedBackend
) -> None:
    no_variables.setenv("CONVEX_SELF_HOSTED_URL", backend.url)
    no_variables.setenv("CONVEX_SELF_HOSTED_ADMIN_KEY", backend.admin_key)
    with Client.from_env() as client:
        assert client.run(call(name="inside")) is None
    with Storage.from_env(auth=token("Ada")) as storage:
        assert storage.client.run(call()) == "Ada"
        with pytest.raises(AccessDenied):
            storage.client.run(call(name="inside"))


def test_fault_15_what_was_looked_for(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env.local").write_text("CONVEX_DEPLOYMENT=dev:a\nCONVEX_DEPLOY_KEY=secret\n")
    no_variables.chdir(tmp_path)
    for make in (Client, AsyncClient, Storage, AsyncStorage):
        from_env: Any = make.from_env
        with pytest.raises(InvalidArgument) as caught:
            from_env(env_file=".env.local")
        said = str(caught.value)
        for words in ("CONVEX_URL", "CONVEX_SELF_HOSTED_URL", "environment or in .env.local"):
            assert words in said
        assert "secret" not in said
        with pytest.raises(ConvexgenError, match=r"^no\.env cannot be read: there is") as missing:
            from_env(env_file="no.env")
        assert "`convexgen dev --write-env` writes" in str(missing.value)
        assert missing.value.__cause__ is missing.value.__context__ is None
