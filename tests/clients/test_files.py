"""Stored files: in pieces, by threads, in asyncio and in TypeScript."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from browsers import find_browser, report_of
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime.errors import (
    ConvexgenError,
    NotFound,
    ServerError,
    Timeout,
    Unavailable,
)
from convexgen.runtime.file_exchange import Transfer
from convexgen.runtime.file_pieces import PIECE_BYTES, pieces_of
from convexgen.runtime.file_transfers import receive_file, send_file
from convexgen.runtime.under_way import UnderWay
from node_program import bundle_text, run_node
from project import ROOT, Project
from raw_server import Raw, answer_of, answering, listening
from waiting import MOMENT, PATIENCE

SPEC = """\
convexgen: 1
name: desk
python: {package: desk_files_convex}
files: {read: public}
entities:
  Paper:
    table: papers
    key: name
    fields: {name: string, content: id<_storage>}
  File:
    table: files
    key: name
    fields: {name: string}
"""
CONTENT = bytes(range(256)) * 4096  # a mebibyte, in several pieces
WORK = "store it"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("files")
    (root / "schema").mkdir()
    (root / "schema" / "desk.yaml").write_text(SPEC)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module"}\n')
    project = Project(root)
    project.generate()
    return project


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("desk_files_convex")


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def storage(package: Any, backend: EmbeddedBackend) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


class Once(io.RawIOBase):
    """A stream that says nothing of its length."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


def in_pieces() -> Iterator[bytes]:
    yield CONTENT[:7]
    yield b""
    yield CONTENT[7:]


async def awaited() -> AsyncIterator[bytes]:
    for piece in in_pieces():
        await asyncio.sleep(0)
        yield piece


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    return path


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "text": str,
    "bytes": lambda _: CONTENT,
    "view": lambda _: memoryview(CONTENT),
    "file": lambda path: path.open("rb"),
    "stream": lambda _: Once(CONTENT),
    "pieces": lambda _: in_pieces(),
}


def content_type(url: str | None) -> str | None:
    assert url is not None
    with urlopen(url) as response:
        assert response.read() == CONTENT
        found: str | None = response.headers["Content-Type"]
        return found


@pytest.mark.parametrize("kind", SOURCES)
def test_files_come_back(kind: str, storage: Any, package: Any, path: Path, tmp_path: Path) -> None:
    # The table called files keeps its name.
    files = storage.files_
    sent: list[int] = []
    stored = files.upload(SOURCES[kind](path), progress=sent.append)
    assert sent == sorted(sent)
    assert sent[-1] == len(CONTENT)
    assert len(sent) > 1
    is_named = kind in {"path", "text"}
    assert content_type(files.url(stored)) == (
        "image/png" if is_named else "application/octet-stream"
    )
    received: list[int] = []
    target = tmp_path / "b.png"
    assert files.download(stored, target, progress=received.append) == len(CONTENT)
    assert target.read_bytes() == files.read(stored) == CONTENT
    assert received[-1] == len(CONTENT)
    assert {one.name for one in tmp_path.iterdir()} == {"a.png", "b.png"}
    storage.papers.save(package.Paper(name=kind, content=stored))
    assert storage.papers.get(kind).content == stored
    assert files.delete(stored) is True
    assert files.delete(stored) is False
    assert files.url(stored) is None
    with pytest.raises(package.NotFound, match="there is no such file"):
        files.read(stored)


@pytest.mark.parametrize("kind", [*SOURCES, "awaited"])
def test_files_come_back_in_asyncio(
    kind: str, package: Any, backend: EmbeddedBackend, path: Path, tmp_path: Path
) -> None:
    async def run() -> None:
        storage = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with storage:
            files = storage.files_
            sent: list[int] = []
            source = awaited() if kind == "awaited" else SOURCES[kind](path)
            stored = await files.upload(source, content_type="a/b", progress=sent.append)
            assert sent[-1] == len(CONTENT)
            assert await asyncio.to_thread(content_type, await files.url(stored)) == "a/b"
            received: list[int] = []
            target = io.BytesIO()
            assert await files.download(stored, target, progress=received.append) == len(CONTENT)
            assert target.getvalue() == await files.read(stored) == CONTENT
            assert received[-1] == len(CONTENT)
            assert await files.delete(stored) is True
            with pytest.raises(package.NotFound):
                await files.download(stored, tmp_path / "c")
            assert not (tmp_path / "c").exists()

    asyncio.run(run())


def test_an_empty_file(storage: Any, tmp_path: Path) -> None:
    stored = storage.files_.upload(b"")
    assert storage.files_.download(stored, tmp_path / "empty") == 0
    assert (tmp_path / "empty").read_bytes() == b""


def test_who_has_no_key_finds_files_and_changes_none(
    storage: Any, package: Any, backend: EmbeddedBackend
) -> None:
    stored = storage.files_.upload(b"a")
    with package.ConvexStorage(backend.url) as other:
        assert other.files_.read(stored) == b"a"
        for change in (lambda: other.files_.upload(b"b"), lambda: other.files_.delete(stored)):
            with pytest.raises(package.AccessDenied):
                change()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (5, "a int is no file: give a path, bytes, or an open file"),
        (["text"], "the pieces of a file are bytes, not str"),
        (io.StringIO("text"), "the pieces of a file are bytes, not str: open it as binary"),
    ],
)
def test_what_is_no_file(source: Any, said: str, storage: Any, package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match=said):
        storage.files_.upload(source)


def test_what_is_no_content_type(storage: Any, package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match=r"'a\\nb' is no content type"):
        storage.files_.upload(b"a", content_type="a\nb")


def test_a_path_that_is_not_there(storage: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.files_.upload(tmp_path / "nowhere")


def test_a_source_that_fails(storage: Any) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        storage.files_.upload(failing())


def test_a_file_that_changes_while_it_is_sent(storage: Any, package: Any, path: Path) -> None:
    def shorten(done: int) -> None:
        if done == PIECE_BYTES:
            os.truncate(path, PIECE_BYTES + 1)

    with pytest.raises(package.InvalidArgument, match=f"{PIECE_BYTES + 1} bytes of {len(CONTENT)}"):
        storage.files_.upload(path, progress=shorten)


def test_a_file_that_grows_while_it_is_sent(storage: Any, package: Any, path: Path) -> None:
    """All that was announced is sent, and may be stored."""

    def grow(done: int) -> None:
        if done == PIECE_BYTES:
            with path.open("ab") as file:
                file.write(b"more")

    with pytest.raises(package.InvalidArgument, match=f"of {len(CONTENT)} were there") as caught:
        storage.files_.upload(path, progress=grow)
    assert caught.value.may_have_run


def test_a_download_that_fails_leaves_what_was_there(storage: Any, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    stored = storage.files_.upload(CONTENT)

    def fail(done: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        storage.files_.download(stored, tmp_path / "kept", progress=fail)
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"kept"


def send(url: str, content: bytes = CONTENT, timeout: float = PATIENCE) -> str:
    transfer = Transfer(WORK, timeout, UnderWay(), stores=True)
    with pieces_of(content) as pieces:
        return send_file(url, pieces, None, lambda _: None, transfer)


def send_in_asyncio(url: str, content: bytes = CONTENT, timeout: float = PATIENCE) -> str:
    from convexgen.runtime.async_file_transfers import send_file as send_async

    async def given() -> AsyncIterator[bytes]:
        yield content

    transfer = Transfer(WORK, timeout, UnderWay(), stores=True)
    return asyncio.run(send_async(url, given(), len(content), None, lambda _: None, transfer))


def receive(url: str, timeout: float = PATIENCE) -> bytes:
    found = io.BytesIO()
    transfer = Transfer(WORK, timeout, UnderWay(), stores=False)
    receive_file(url, found.write, lambda _: None, transfer)
    return found.getvalue()


def receive_in_asyncio(url: str, timeout: float = PATIENCE) -> bytes:
    from convexgen.runtime.async_file_transfers import receive_file as receive_async

    found = io.BytesIO()
    transfer = Transfer(WORK, timeout, UnderWay(), stores=False)
    asyncio.run(receive_async(url, found.write, lambda _: None, transfer))
    return found.getvalue()


SENDING = [send, send_in_asyncio]
RECEIVING = [receive, receive_in_asyncio]


def failing(status: bytes, body: bytes) -> Raw:
    return Raw(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body), True)


@pytest.mark.parametrize("sending", SENDING)
@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (failing(b"413 Too Large", b"too large"), ServerError, "was 413: too large"),
        (failing(b"502 Bad Gateway", b"<html>"), ServerError, "was 502: <html>"),
        (failing(b"307 Temporary Redirect\r\nLocation: /", b"no"), ServerError, "was 307: no"),
        (answer_of(b"{}"), ServerError, "was 200: {}"),
        (answer_of(b'{"storageId": 1}'), ServerError, "was 200"),
        (Raw(b"", closes=True), Unavailable, "closed without an answer"),
        (b"no HTTP at all\r\n\r\n", Unavailable, "is not HTTP"),
    ],
)
def test_answers_that_are_no_id(
    sending: Callable[..., str], answer: Raw | bytes, error: type[ConvexgenError], said: str
) -> None:
    """The file may be stored: none of them says that it is not."""
    with answering(answer) as server, pytest.raises(error, match=said) as caught:
        sending(server.url, b"content")
    assert caught.value.operation == WORK
    assert caught.value.may_have_run
    assert str(caught.value).count("the file may be stored") == 1


@pytest.mark.parametrize("sending", SENDING)
def test_what_a_deployment_refuses_is_not_stored(sending: Callable[..., str]) -> None:
    refusal = b'{"code": "StorageTokenInvalid", "message": "generate another one"}'
    with (
        answering(failing(b"401 Unauthorized", refusal)) as server,
        pytest.raises(ServerError, match="StorageTokenInvalid") as caught,
    ):
        sending(server.url, b"content")
    assert not caught.value.may_have_run


@pytest.mark.parametrize("receiving", RECEIVING)
@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (failing(b"404 Not Found", b""), NotFound, "there is no such file"),
        (failing(b"500 Oops", b"oops"), ServerError, "500 and no file: oops"),
        (
            Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", True),
            Unavailable,
            "closed within the answer",
        ),
    ],
)
def test_answers_that_are_no_file(
    receiving: Callable[..., bytes], answer: Raw, error: type[ConvexgenError], said: str
) -> None:
    with answering(answer) as server, pytest.raises(error, match=said):
        receiving(server.url)


@pytest.mark.parametrize("sending", SENDING)
def test_the_query_of_a_url_is_sent(sending: Callable[..., str]) -> None:
    with answering(answer_of(b'{"storageId": "kg1"}')) as server:
        assert sending(f"{server.url}?token=a%20b", b"content") == "kg1"
    (request,) = server.requests
    assert request.startswith(b"POST /api/query?token=a%20b HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\ncontent")


@pytest.mark.parametrize("receiving", RECEIVING)
def test_a_file_that_ends_with_its_connection(receiving: Callable[..., bytes]) -> None:
    with answering(Raw(b"HTTP/1.1 200 OK\r\n\r\ncontent", True)) as server:
        assert receiving(server.url) == b"content"


@pytest.mark.parametrize("work", [*SENDING, *RECEIVING])
def test_where_nothing_moves_it_ends(work: Callable[..., Any]) -> None:
    with answering(b"") as server, pytest.raises(Timeout, match="nothing moved for") as caught:
        work(server.url, timeout=MOMENT)
    assert caught.value.may_have_run == (work in SENDING)


@pytest.mark.parametrize("work", [*SENDING, *RECEIVING])
@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://", "/api/storage"])
def test_what_is_no_url_is_not_asked(work: Callable[..., Any], url: str) -> None:
    with pytest.raises(ServerError, match="is no URL of a file"):
        work(url)


@pytest.mark.parametrize("work", [*SENDING, *RECEIVING])
def test_where_nobody_is_it_did_not_begin(work: Callable[..., Any]) -> None:
    with answering(b"") as server:
        url = server.url
    with pytest.raises(Unavailable) as caught:
        work(url)
    assert not caught.value.may_have_run


# What a deployment may have said when a client is closed: nothing, or a part of what ends with
# its connection alone.
SAID = {"nothing": b"", "half": b"HTTP/1.1 200 OK\r\n\r\nhalf"}


class Saying:
    """A transport that answers each call with a value."""

    def __init__(self, value: str) -> None:
        self._answer = 200, json.dumps({"status": "success", "value": value}).encode()

    def post(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        return self._answer

    def close(self) -> None:
        """There is nothing to close."""


class AsyncSaying:
    """The same, awaited."""

    def __init__(self, value: str) -> None:
        self._saying = Saying(value)

    async def post(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        return self._saying.post()

    async def close(self) -> None:
        """There is nothing to close."""


@contextmanager
def standing_still(said: bytes) -> Generator[tuple[str, threading.Event]]:
    """The URL of what says this and then nothing, and whether somebody has come."""
    came = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(said)
        came.set()
        while connection.recv(65536):
            pass

    with listening(serve) as port:
        yield f"http://127.0.0.1:{port}/", came


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("is_sent", [True, False], ids=["upload", "download"])
def test_closing_ends_what_threads_send_and_receive(
    package: Any, is_sent: bool, said: str, tmp_path: Path
) -> None:
    to = tmp_path / "received"
    with standing_still(SAID[said]) as (url, came), ThreadPoolExecutor(1) as pool:
        storage = package.ConvexStorage(url, transport=Saying(url))
        files = storage.files_
        waiting = (
            pool.submit(files.upload, CONTENT)
            if is_sent
            else pool.submit(files.download, "kg1", to)
        )
        assert came.wait(PATIENCE)
        storage.close()
        with pytest.raises(package.Unavailable, match="the client was closed") as caught:
            waiting.result(PATIENCE)
    assert caught.value.may_have_run == is_sent
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_sent", [True, False], ids=["upload", "download"])
def test_closing_ends_threads_that_connect_for_files(
    package: Any, is_sent: bool, tmp_path: Path
) -> None:
    with standing_still(b"") as (url, came), ThreadPoolExecutor(1) as pool:
        # Nobody shakes hands for TLS.
        encrypted = url.replace("http", "https")
        storage = package.ConvexStorage(url, transport=Saying(encrypted))
        files = storage.files_
        waiting = (
            pool.submit(files.upload, CONTENT)
            if is_sent
            else pool.submit(files.download, "kg1", tmp_path / "received")
        )
        assert came.wait(PATIENCE)
        storage.close()
        with pytest.raises(package.Unavailable, match="the client was closed") as caught:
            waiting.result(PATIENCE)
    assert not caught.value.may_have_run
    assert list(tmp_path.iterdir()) == []


async def never_more() -> AsyncIterator[bytes]:
    yield CONTENT
    await asyncio.Event().wait()


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("kind", ["upload", "source", "download"])
def test_closing_ends_what_tasks_send_and_receive(
    package: Any, kind: str, said: str, tmp_path: Path
) -> None:
    to = tmp_path / "received"

    async def main(url: str, came: threading.Event) -> None:
        storage = package.AsyncConvexStorage(url, transport=AsyncSaying(url))
        files = storage.files_
        works = {
            "upload": lambda: files.upload(CONTENT),
            "source": lambda: files.upload(never_more()),
            "download": lambda: files.download("kg1", to),
        }
        waiting = asyncio.create_task(works[kind]())
        assert await asyncio.to_thread(came.wait, PATIENCE)
        await storage.close()
        await waiting

    with (
        standing_still(SAID[said]) as (url, came),
        pytest.raises(package.Unavailable, match="the client was closed") as caught,
    ):
        asyncio.run(main(url, came))
    assert caught.value.may_have_run == (kind != "download")
    assert list(tmp_path.iterdir()) == []


def test_closing_again_while_a_source_ends_is_nothing_more(package: Any) -> None:
    ending, may_end = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            yield CONTENT
            await asyncio.Event().wait()
        finally:
            ending.set()
            await may_end.wait()

    async def main(url: str, came: threading.Event) -> None:
        storage = package.AsyncConvexStorage(url, transport=AsyncSaying(url))
        waiting = asyncio.create_task(storage.files_.upload(source()))
        assert await asyncio.to_thread(came.wait, PATIENCE)
        await storage.close()
        await ending.wait()
        await storage.close()
        may_end.set()
        with pytest.raises(package.Unavailable, match="the client was closed"):
            await waiting

    with standing_still(SAID[next(iter(SAID))]) as (url, came):
        asyncio.run(main(url, came))


PAGE = """\
import {{ ConvexStorage }} from "{client}/index.ts";

const [url, deployKey] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const {{ files_: files }} = new ConvexStorage(url, {{ deployKey }});
const content = new Uint8Array(1024 * 1024).map((_, at) => at % 256);
const report = [];
try {{
  for (const source of [content, new File([content], "a.txt"), new Blob([content]).stream()]) {{
    const sent: number[] = [];
    const id = await files.upload(source, {{ progress: (done) => sent.push(done) }});
    const found = new Uint8Array(await (await files.download(id)).arrayBuffer());
    report.push([sent.at(-1), found.length, found.every((byte, at) => byte === content[at])]);
    await files.delete(id);
  }}
  const signal = AbortSignal.abort();
  report.push(await files.upload(content, {{ signal }}).catch((error) => error.name));
}} catch (error) {{
  report.push(String(error));
}}
await fetch("/report", {{ method: "POST", body: JSON.stringify(report) }});
"""


def test_files_in_a_browser(project: Project, backend: EmbeddedBackend, tmp_path: Path) -> None:
    browser = find_browser(tmp_path)
    client = project.root / "generated" / "typescript"
    script = bundle_text(PAGE.format(client=client), tmp_path, is_for_browsers=True).read_text()
    page = f"<script type=module>{script}</script>".encode()
    fragment = quote(json.dumps([backend.url, backend.admin_key]))
    found = report_of(browser, page, "localhost", fragment, tmp_path / "profile")
    assert found == [[len(CONTENT), len(CONTENT), True]] * 3 + ["AbortError"]


PROGRAM = """\
import {{ openAsBlob }} from "node:fs";
import {{ ConvexStorage }} from "{client}/index.ts";

const storage = ConvexStorage.fromEnv();
const files = storage.files_;
const content = new Uint8Array(1024 * 1024).map((_, at) => at % 256);
const same = async (blob: Blob) =>
  Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(content)) === 0;
for (const source of [
  content,
  content.buffer,
  new Blob([content], {{ type: "image/png" }}),
  new Blob([content]).stream(),
  await openAsBlob("{path}", {{ type: "image/png" }}),
]) {{
  const sent: number[] = [];
  const received: number[] = [];
  const id = await files.upload(source, {{ progress: (done) => sent.push(done) }});
  await storage.papers.save({{ name: "typescript", content: id }});
  const blob = await files.download(id, {{ progress: (done) => received.push(done) }});
  const type = (await fetch((await files.url(id)) ?? "")).headers.get("content-type");
  console.log(await same(blob), sent.at(-1), received.at(-1), type);
}}
const id = await files.upload(content, {{ contentType: "a/b" }});
const reader = (await files.stream(id)).getReader();
console.log((await reader.read()).value !== undefined);
await reader.cancel();
console.log(await files.delete(id), await files.delete(id), await files.url(id));
const name = async (work: Promise<unknown>) =>
  await work.then(
    () => "done",
    (error) => `${{error.name}}: ${{error.reason}}`,
  );
console.log(await name(files.download(id)));
const signal = AbortSignal.abort();
console.log((await name(files.upload(content, {{ signal }}))).split(":")[0]);
const hanging = new ReadableStream({{ pull: () => new Promise(() => {{}}) }});
console.log(await name(files.upload(hanging, {{ timeout: 300 }})));
const odd = (status: number, body: string) =>
  new ConvexStorage(process.env.CONVEX_URL ?? "", {{
    deployKey: process.env.CONVEX_DEPLOY_KEY ?? "",
    fetch: async (request, init) =>
      String(request).includes("/storage/")
        ? new Response(body, {{ status }})
        : await fetch(request, init),
  }});
console.log(await name(odd(413, "too large").files_.upload(content)));
console.log(await name(odd(200, "{{}}").files_.upload(content)));
const other = await files.upload(content);
console.log(await name(odd(500, "").files_.download(other)));
console.log(await name(odd(404, "").files_.download(other)));
await storage.close();
"""


def test_files_in_typescript(project: Project, backend: EmbeddedBackend, path: Path) -> None:
    client = project.root / "generated" / "typescript"
    program = bundle_text(PROGRAM.format(client=client, path=path), path.parent)
    lines = run_node([program], backend).splitlines()
    whole = f"true {len(CONTENT)} {len(CONTENT)}"
    plain = "application/octet-stream"
    assert lines == [
        f"{whole} {plain}",
        f"{whole} {plain}",
        f"{whole} image/png",
        f"{whole} {plain}",
        f"{whole} image/png",
        "true",
        "true false null",
        "NotFound: there is no such file",
        "AbortError",
        "Timeout: nothing moved for 300 ms; the file may be stored",
        "ServerError: the answer was 413: too large; the file may be stored",
        "ServerError: the answer was 200: {}; the file may be stored",
        "ServerError: the answer was 500: nothing was said",
        "NotFound: there is no such file",
    ]
